import { DirectoryDescriptor } from "../fs/directory-descriptor.mjs";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_NAMETOOLONG,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_OVERFLOW,
  ERRNO_SUCCESS,
  PREOPENTYPE_DIR,
  RIGHTS_FD_READDIR,
} from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

const DIRENT_SIZE = 24;

/**
 * fd_prestat_* and fd_readdir: the directories a program was given, and what is in one.
 * @param {Process} process
 */
export function directoryFunctions({ memory, descriptors, fs }) {
  const encoder = new TextEncoder();
  const dirent = new Uint8Array(DIRENT_SIZE);
  const direntView = new DataView(dirent.buffer);

  return {
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
      fs.accessed(descriptor.inode);
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
