import { DirectoryDescriptor } from "../fs/directory-descriptor.mjs";
import {
  ADVICE_NOREUSE,
  ERRNO_AGAIN,
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_NAMETOOLONG,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_OVERFLOW,
  ERRNO_SUCCESS,
  FDFLAGS_ALL,
  FDFLAGS_NONBLOCK,
  PREOPENTYPE_DIR,
  RIGHTS_FD_ADVISE,
  RIGHTS_FD_ALLOCATE,
  RIGHTS_FD_DATASYNC,
  RIGHTS_FD_FDSTAT_SET_FLAGS,
  RIGHTS_FD_FILESTAT_GET,
  RIGHTS_FD_FILESTAT_SET_SIZE,
  RIGHTS_FD_FILESTAT_SET_TIMES,
  RIGHTS_FD_READDIR,
  RIGHTS_FD_SEEK,
  RIGHTS_FD_SYNC,
  RIGHTS_FD_TELL,
  WHENCE_CUR,
} from "./abi.mjs";
import { fstflagsErrno, setFilestat, setInodeTimes } from "./filestat.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./filestat.mjs").Layout} Layout */

const DIRENT_SIZE = 24;
const IOVEC_SIZE = 8;

/**
 * fd_*.
 * @param {Process} process
 * @param {Layout} layout
 */
export function fdFunctions({ memory, descriptors, clock, turnstile }, layout) {
  const encoder = new TextEncoder();
  const dirent = new Uint8Array(DIRENT_SIZE);
  const direntView = new DataView(dirent.buffer);

  /**
   * Checks an array of iovec and all that it points to.
   * @param {number} iovs
   * @param {number} count
   */
  function buffersFit(iovs, count) {
    if (!memory.fits(iovs, count * IOVEC_SIZE)) return false;
    const { view, bytes } = memory;
    const size = bytes.length;
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end; at += IOVEC_SIZE) {
      if (view.getUint32(at, true) + view.getUint32(at + 4, true) > size) return false;
    }
    return true;
  }

  /**
   * @param {number} fd
   * @param {number} iovs
   * @param {number} count
   * @param {number} nread
   * @returns {number | Promise<number>}
   */
  function fd_read(fd, iovs, count, nread) {
    iovs >>>= 0;
    count >>>= 0;
    nread >>>= 0;
    const descriptor = descriptors.get(fd);
    if (descriptor === undefined) return ERRNO_BADF;
    if (!buffersFit(iovs, count) || !memory.fits(nread, 4)) return ERRNO_FAULT;
    const { view, bytes } = memory;
    let total = 0;
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end; at += IOVEC_SIZE) {
      const length = view.getUint32(at + 4, true);
      const got = descriptor.read(bytes, view.getUint32(at, true), length);
      if (got < 0) {
        if (total > 0) break;
        if (got !== -ERRNO_AGAIN || (descriptor.flags & FDFLAGS_NONBLOCK) !== 0) return -got;
        // The whole call again, once there is something: memory may have changed by then.
        return turnstile.wait("fd_read", () => descriptor.readable()).then(() => fd_read(fd, iovs, count, nread));
      }
      total += got;
      if (got < length) break;
    }
    view.setUint32(nread, total, true);
    return ERRNO_SUCCESS;
  }

  /**
   * @param {number} fd
   * @param {number} iovs
   * @param {number} count
   * @param {number} nwritten
   * @returns {number | Promise<number>}
   */
  function fd_write(fd, iovs, count, nwritten) {
    iovs >>>= 0;
    count >>>= 0;
    nwritten >>>= 0;
    const descriptor = descriptors.get(fd);
    if (descriptor === undefined) return ERRNO_BADF;
    if (!buffersFit(iovs, count) || !memory.fits(nwritten, 4)) return ERRNO_FAULT;
    const { view, bytes } = memory;
    let total = 0;
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end; at += IOVEC_SIZE) {
      const length = view.getUint32(at + 4, true);
      const put = descriptor.write(bytes, view.getUint32(at, true), length);
      if (put < 0) {
        if (total > 0) break;
        return -put;
      }
      total += put;
      if (put < length) break;
    }
    view.setUint32(nwritten, total, true);
    return descriptor.settled();
  }

  /**
   * fd_pread and fd_pwrite.
   * @param {boolean} write
   * @param {number} fd
   * @param {number} iovs
   * @param {number} count
   * @param {bigint} offset
   * @param {number} result
   */
  function positioned(write, fd, iovs, count, offset, result) {
    iovs >>>= 0;
    count >>>= 0;
    result >>>= 0;
    const descriptor = descriptors.get(fd);
    if (descriptor === undefined) return ERRNO_BADF;
    if (!buffersFit(iovs, count) || !memory.fits(result, 4)) return ERRNO_FAULT;
    // Offsets beyond 2^63 are negative to the host of wasmtime.
    if (offset < 0n) return ERRNO_INVAL;
    const position = Number(offset);
    const { view, bytes } = memory;
    let total = 0;
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end; at += IOVEC_SIZE) {
      const pointer = view.getUint32(at, true);
      const length = view.getUint32(at + 4, true);
      const done = write
        ? descriptor.pwrite(bytes, pointer, length, position + total)
        : descriptor.pread(bytes, pointer, length, position + total);
      if (done < 0) {
        if (total > 0) break;
        return -done;
      }
      total += done;
      if (done < length) break;
    }
    view.setUint32(result, total, true);
    return ERRNO_SUCCESS;
  }

  return {
    fd_read,
    fd_write,

    /** @param {number} fd @param {number} iovs @param {number} count @param {bigint} offset @param {number} nread */
    fd_pread: (fd, iovs, count, offset, nread) => positioned(false, fd, iovs, count, offset, nread),

    /** @param {number} fd @param {number} iovs @param {number} count @param {bigint} offset @param {number} nwritten */
    fd_pwrite: (fd, iovs, count, offset, nwritten) => positioned(true, fd, iovs, count, offset, nwritten),

    /** @param {number} fd */
    fd_close: (fd) => descriptors.close(fd),

    /** @param {number} from @param {number} to */
    fd_renumber: (from, to) => descriptors.renumber(from, to),

    /** @param {number} fd @param {bigint} offset @param {number} whence @param {number} result */
    fd_seek(fd, offset, whence, result) {
      result >>>= 0;
      const origin = layout.whence[whence];
      if (origin === undefined) return ERRNO_INVAL;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if (!memory.fits(result, 8)) return ERRNO_FAULT;
      // Asking for the position needs only the right to tell it.
      const telling = offset === 0n && origin === WHENCE_CUR && (descriptor.denied & RIGHTS_FD_TELL) === 0;
      if ((descriptor.denied & RIGHTS_FD_SEEK) !== 0 && !telling) return ERRNO_NOTCAPABLE;
      const position = descriptor.seek(Number(offset), origin);
      if (position < 0) return -position;
      memory.setUint64(result, position);
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {number} result */
    fd_tell(fd, result) {
      result >>>= 0;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if (!memory.fits(result, 8)) return ERRNO_FAULT;
      if ((descriptor.denied & RIGHTS_FD_TELL) !== 0) return ERRNO_NOTCAPABLE;
      const position = descriptor.tell();
      if (position < 0) return -position;
      memory.setUint64(result, position);
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {bigint} offset @param {bigint} length @param {number} advice */
    fd_advise(fd, offset, length, advice) {
      if (advice >>> 0 > ADVICE_NOREUSE) return ERRNO_INVAL;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if ((descriptor.denied & RIGHTS_FD_ADVISE) !== 0) return ERRNO_NOTCAPABLE;
      return descriptor.advise(Number(offset), Number(length));
    },

    /** @param {number} fd @param {bigint} offset @param {bigint} length */
    fd_allocate(fd, offset, length) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if ((descriptor.denied & RIGHTS_FD_ALLOCATE) !== 0) return ERRNO_NOTCAPABLE;
      return descriptor.allocate(Number(offset), Number(length));
    },

    /** @param {number} fd */
    fd_sync(fd) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      return (descriptor.denied & RIGHTS_FD_SYNC) !== 0 ? ERRNO_NOTCAPABLE : descriptor.sync();
    },

    /** @param {number} fd */
    fd_datasync(fd) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      return (descriptor.denied & RIGHTS_FD_DATASYNC) !== 0 ? ERRNO_NOTCAPABLE : descriptor.sync();
    },

    /** @param {number} fd @param {number} result */
    fd_fdstat_get(fd, result) {
      result >>>= 0;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if (!memory.fits(result, 24)) return ERRNO_FAULT;
      const view = memory.view;
      view.setUint16(result, descriptor.filetype, true);
      view.setUint16(result + 2, descriptor.flags, true);
      view.setUint32(result + 4, 0, true);
      memory.setUint64(result + 8, descriptor.rights);
      memory.setUint64(result + 16, descriptor.rightsInheriting);
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {number} flags */
    fd_fdstat_set_flags(fd, flags) {
      if ((flags & ~FDFLAGS_ALL) !== 0) return ERRNO_INVAL;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      return (descriptor.denied & RIGHTS_FD_FDSTAT_SET_FLAGS) !== 0 ? ERRNO_NOTCAPABLE : descriptor.setFlags(flags);
    },

    /** @param {number} fd @param {bigint} base @param {bigint} inheriting */
    fd_fdstat_set_rights(fd, base, inheriting) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if ((base & ~BigInt(descriptor.rights)) !== 0n || (inheriting & ~BigInt(descriptor.rightsInheriting)) !== 0n) {
        return ERRNO_NOTCAPABLE;
      }
      descriptor.denied |= descriptor.rights & ~Number(base);
      descriptor.deniedInheriting |= descriptor.rightsInheriting & ~Number(inheriting);
      descriptor.rights = Number(base);
      descriptor.rightsInheriting = Number(inheriting);
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {number} result */
    fd_filestat_get(fd, result) {
      result >>>= 0;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if (!memory.fits(result, layout.filestatSize)) return ERRNO_FAULT;
      if ((descriptor.denied & RIGHTS_FD_FILESTAT_GET) !== 0) return ERRNO_NOTCAPABLE;
      if (descriptor.inode !== null) {
        setFilestat(memory, layout, result, descriptor.inode);
      } else {
        memory.bytes.fill(0, result, result + layout.filestatSize);
        memory.view.setUint8(result + 16, descriptor.filetype);
      }
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {bigint} size */
    fd_filestat_set_size(fd, size) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if ((descriptor.denied & RIGHTS_FD_FILESTAT_SET_SIZE) !== 0) return ERRNO_NOTCAPABLE;
      return descriptor.setSize(Number(size));
    },

    /** @param {number} fd @param {bigint} atim @param {bigint} mtim @param {number} flags */
    fd_filestat_set_times(fd, atim, mtim, flags) {
      const invalid = fstflagsErrno(flags);
      if (invalid !== ERRNO_SUCCESS) return invalid;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined || descriptor.inode === null) return ERRNO_BADF;
      if ((descriptor.denied & RIGHTS_FD_FILESTAT_SET_TIMES) !== 0) return ERRNO_NOTCAPABLE;
      clock.read();
      setInodeTimes(descriptor.inode, atim, mtim, flags, clock.timestamp());
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {number} result */
    fd_prestat_get(fd, result) {
      result >>>= 0;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined || descriptor.preopen === null) return ERRNO_BADF;
      if (!memory.fits(result, 8)) return ERRNO_FAULT;
      memory.view.setUint32(result, PREOPENTYPE_DIR, true);
      memory.view.setUint32(result + 4, encoder.encode(descriptor.preopen).length, true);
      return ERRNO_SUCCESS;
    },

    /** @param {number} fd @param {number} path @param {number} length */
    fd_prestat_dir_name(fd, path, length) {
      path >>>= 0;
      length >>>= 0;
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return ERRNO_BADF;
      if (descriptor.preopen === null) return ERRNO_NOTDIR;
      const name = encoder.encode(descriptor.preopen);
      if (name.length > length) return ERRNO_NAMETOOLONG;
      if (!memory.fits(path, name.length)) return ERRNO_FAULT;
      memory.bytes.set(name, path);
      return ERRNO_SUCCESS;
    },

    /**
     * Fills the buffer to its end, cutting the last entry off where it must: a full buffer says that there is more.
     * @param {number} fd
     * @param {number} buffer
     * @param {number} length
     * @param {bigint} cookie
     * @param {number} result
     */
    fd_readdir(fd, buffer, length, cookie, result) {
      buffer >>>= 0;
      length >>>= 0;
      result >>>= 0;
      const descriptor = descriptors.get(fd);
      if (!(descriptor instanceof DirectoryDescriptor)) return ERRNO_BADF;
      if (!memory.fits(buffer, length) || !memory.fits(result, 4)) return ERRNO_FAULT;
      if ((descriptor.denied & RIGHTS_FD_READDIR) !== 0) return ERRNO_NOTCAPABLE;
      const from = BigInt.asUintN(64, cookie);
      if (from > BigInt(Number.MAX_SAFE_INTEGER)) return ERRNO_OVERFLOW;
      const { bytes, view } = memory;
      let used = 0;
      /** @param {Uint8Array} part */
      const put = (part) => {
        const size = Math.min(part.length, length - used);
        bytes.set(size === part.length ? part : part.subarray(0, size), buffer + used);
        used += size;
      };
      for (const { name, inode, next } of descriptor.readdir(Number(from))) {
        if (used === length) break;
        const encoded = encoder.encode(name);
        direntView.setUint32(0, next, true);
        direntView.setUint32(8, inode.ino, true);
        direntView.setUint32(16, encoded.length, true);
        direntView.setUint8(20, inode.filetype);
        put(dirent);
        put(encoded);
      }
      view.setUint32(result, used, true);
      return ERRNO_SUCCESS;
    },
  };
}
