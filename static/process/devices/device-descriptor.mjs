import { Descriptor } from "../descriptors.mjs";
import {
  ERRNO_INVAL,
  ERRNO_NODEV,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FDFLAGS_NONBLOCK,
  FILETYPE_CHARACTER_DEVICE,
  RIGHTS_FD_FDSTAT_SET_FLAGS,
  RIGHTS_FD_FILESTAT_GET,
  RIGHTS_FD_FILESTAT_SET_TIMES,
  RIGHTS_FD_READ,
  RIGHTS_FD_SEEK,
  RIGHTS_FD_TELL,
  RIGHTS_FD_WRITE,
  RIGHTS_POLL_FD_READWRITE,
} from "../wasi/abi.mjs";

/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */

/** What polling says can be written at once to a device that takes everything. */
export const READY_BYTES = 65_536;

/**
 * What devices have in common: no place in them to seek to, nothing to synchronise, no size to set, each as Linux answers for a
 * character device. The rights to seek and tell are there all the same: a character device without them is a terminal to
 * wasi-libc's `isatty`.
 */
export class DeviceDescriptor extends Descriptor {
  /** @override */
  filetype = FILETYPE_CHARACTER_DEVICE;
  /** @override */
  rights =
    RIGHTS_FD_READ |
    RIGHTS_FD_WRITE |
    RIGHTS_FD_SEEK |
    RIGHTS_FD_TELL |
    RIGHTS_FD_FDSTAT_SET_FLAGS |
    RIGHTS_FD_FILESTAT_GET |
    RIGHTS_FD_FILESTAT_SET_TIMES |
    RIGHTS_POLL_FD_READWRITE;

  /** @param {DeviceInode} inode */
  constructor(inode) {
    super();
    this.inode = inode;
  }

  /** Whether the descriptor was opened for reading. */
  get mayRead() {
    return (this.denied & RIGHTS_FD_READ) === 0;
  }

  /** Whether the descriptor was opened for writing. */
  get mayWrite() {
    return (this.denied & RIGHTS_FD_WRITE) === 0;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @param {number} offset @returns {number} */
  pread(bytes, pointer, length, offset) {
    void [bytes, pointer, length, offset];
    return -ERRNO_SPIPE;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @param {number} offset @returns {number} */
  pwrite(bytes, pointer, length, offset) {
    void [bytes, pointer, length, offset];
    return -ERRNO_SPIPE;
  }

  /** @override @param {number} delta @param {number} whence @returns {number} */
  seek(delta, whence) {
    void [delta, whence];
    return -ERRNO_SPIPE;
  }

  /** @override @returns {number} */
  tell() {
    return -ERRNO_SPIPE;
  }

  /** posix_fadvise(2): advice about anything but a pipe is taken. @override @returns {number} */
  advise() {
    return ERRNO_SUCCESS;
  }

  /** fallocate(2): neither a file nor a directory. @override @returns {number} */
  allocate() {
    return ERRNO_NODEV;
  }

  /** fsync(2): nothing to synchronise. @override @returns {number} */
  sync() {
    return ERRNO_INVAL;
  }

  /** ftruncate(2): not a regular file. @override @returns {number} */
  setSize() {
    return ERRNO_INVAL;
  }

  /** @override @param {number} flags */
  setFlags(flags) {
    if ((flags & ~(FDFLAGS_APPEND | FDFLAGS_NONBLOCK)) !== 0) return ERRNO_INVAL;
    this.flags = flags;
    return ERRNO_SUCCESS;
  }
}
