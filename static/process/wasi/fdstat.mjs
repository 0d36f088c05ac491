import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_NOTCAPABLE,
  ERRNO_SUCCESS,
  FDFLAGS_ALL,
  RIGHTS_FD_FDSTAT_SET_FLAGS,
  RIGHTS_FD_FILESTAT_GET,
  RIGHTS_FD_FILESTAT_SET_SIZE,
  RIGHTS_FD_FILESTAT_SET_TIMES,
} from "./abi.mjs";
import { fstflagsErrno, setFilestat, setInodeTimes } from "./filestat.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/**
 * fd_fdstat_* and fd_filestat_*: what an open descriptor is, and may.
 * @param {Process} process
 * @param {Layout} layout
 */
export function fdstatFunctions({ memory, descriptors, clock }, layout) {
  return {
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
      return setInodeTimes(descriptor.inode, atim, mtim, flags, clock.timestamp());
    },
  };
}
