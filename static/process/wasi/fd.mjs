import {
  ADVICE_NOREUSE,
  ERRNO_AGAIN,
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_NOTCAPABLE,
  ERRNO_SUCCESS,
  FDFLAGS_NONBLOCK,
  RIGHTS_FD_ADVISE,
  RIGHTS_FD_ALLOCATE,
  RIGHTS_FD_DATASYNC,
  RIGHTS_FD_SEEK,
  RIGHTS_FD_SYNC,
  RIGHTS_FD_TELL,
  WHENCE_CUR,
} from "./abi.mjs";
import { directoryFunctions } from "./directories.mjs";
import { fdstatFunctions } from "./fdstat.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./filestat.mjs").Layout} Layout */

const IOVEC_SIZE = 8;
/** What one call moves at most, as in Linux: a million buffers may all be the same one. */
const TRANSFER_BYTES_MAX = 0x7fff_f000;

/**
 * fd_*.
 * @param {Process} process
 * @param {Layout} layout
 */
export function fdFunctions(process, layout) {
  const { memory, descriptors, turnstile } = process;

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
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end && total < TRANSFER_BYTES_MAX; at += IOVEC_SIZE) {
      const length = Math.min(view.getUint32(at + 4, true), TRANSFER_BYTES_MAX - total);
      const got = descriptor.read(bytes, view.getUint32(at, true), length);
      if (got < 0) {
        if (total > 0) break;
        if (got !== -ERRNO_AGAIN || (descriptor.flags & FDFLAGS_NONBLOCK) !== 0) return -got;
        // The whole call again, once there is something: memory may have changed by then.
        return turnstile.waitInterruptibly("fd_read", () => descriptor.readable()).then(() => fd_read(fd, iovs, count, nread));
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
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end && total < TRANSFER_BYTES_MAX; at += IOVEC_SIZE) {
      const length = Math.min(view.getUint32(at + 4, true), TRANSFER_BYTES_MAX - total);
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
    // Offsets beyond 2^63 are negative, as to pread(2); what is no file says so first.
    const position = Number(offset);
    const { view, bytes } = memory;
    let total = 0;
    for (let at = iovs, end = iovs + count * IOVEC_SIZE; at < end && total < TRANSFER_BYTES_MAX; at += IOVEC_SIZE) {
      const pointer = view.getUint32(at, true);
      const length = Math.min(view.getUint32(at + 4, true), TRANSFER_BYTES_MAX - total);
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

    ...fdstatFunctions(process, layout),
    ...directoryFunctions(process),
  };
}
