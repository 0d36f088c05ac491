import { Descriptor } from "../descriptors.mjs";
import {
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FDFLAGS_NONBLOCK,
  FILETYPE_REGULAR_FILE,
  RIGHTS_FD_READ,
  RIGHTS_FD_WRITE,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from "../wasi/abi.mjs";

/** @typedef {import("./file-inode.mjs").FileInode} FileInode */
/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */

/** What polling says can be written at once: nothing limits it. */
const READY_BYTES = 65_536;

/** An open regular file. */
export class FileDescriptor extends Descriptor {
  /** @override */
  filetype = FILETYPE_REGULAR_FILE;
  /** @override @type {FileInode} */
  inode;
  #position = 0;
  #clock;
  #turnstile;

  /** @param {FileInode} inode @param {Clock} clock @param {Turnstile} turnstile */
  constructor(inode, clock, turnstile) {
    super();
    this.inode = inode;
    inode.opened();
    this.#clock = clock;
    this.#turnstile = turnstile;
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  read(bytes, pointer, length) {
    const count = this.pread(bytes, pointer, length, this.#position);
    if (count > 0) this.#position += count;
    return count;
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @param {number} offset
   */
  pread(bytes, pointer, length, offset) {
    if (offset < 0) return -ERRNO_INVAL;
    if ((this.denied & RIGHTS_FD_READ) !== 0) return -ERRNO_BADF;
    const inode = this.inode;
    const count = inode.read(offset, bytes, pointer, length);
    // Asking for nothing is no access, to Linux; asking at the end is.
    if (length > 0 && !inode.volume.readOnly) {
      this.#clock.read();
      inode.atime = this.#clock.timestamp();
    }
    return count;
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  write(bytes, pointer, length) {
    const append = (this.flags & FDFLAGS_APPEND) !== 0;
    const position = append ? this.inode.size : this.#position;
    const count = this.#writeAt(bytes, pointer, length, position);
    if (count >= 0) this.#position = position + count;
    return count;
  }

  /**
   * An appending file appends here too: Linux's deviation from POSIX, which wasmtime keeps. See pwrite(2), BUGS.
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @param {number} offset
   */
  pwrite(bytes, pointer, length, offset) {
    return this.#writeAt(bytes, pointer, length, (this.flags & FDFLAGS_APPEND) !== 0 ? this.inode.size : offset);
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @param {number} position
   */
  #writeAt(bytes, pointer, length, position) {
    if (position < 0) return -ERRNO_INVAL;
    if ((this.denied & RIGHTS_FD_WRITE) !== 0) return -ERRNO_BADF;
    const count = this.inode.write(position, bytes, pointer, length);
    if (count > 0) this.#modified();
    return count;
  }

  /** @override */
  settled() {
    return this.#turnstile.turnIfDue();
  }

  /** @override @param {number} delta @param {number} whence */
  seek(delta, whence) {
    let position;
    if (whence === WHENCE_SET) position = delta;
    else if (whence === WHENCE_CUR) position = this.#position + delta;
    else if (whence === WHENCE_END) position = this.inode.size + delta;
    else return -ERRNO_INVAL;
    if (position < 0 || !Number.isSafeInteger(position)) return -ERRNO_INVAL;
    return (this.#position = position);
  }

  /** @override */
  tell() {
    return this.#position;
  }

  /** Advice is taken and not needed; a length is refused as Linux does. @override @param {number} offset @param {number} length */
  advise(offset, length) {
    void offset;
    return length < 0 ? ERRNO_INVAL : ERRNO_SUCCESS;
  }

  /** posix_fallocate(3). wasmtime has given the call up and answers NOTSUP. @override @param {number} offset @param {number} length */
  allocate(offset, length) {
    if ((this.denied & RIGHTS_FD_WRITE) !== 0) return ERRNO_BADF;
    if (offset < 0 || length <= 0) return ERRNO_INVAL;
    const errno = this.inode.allocate(offset + length);
    if (errno === ERRNO_SUCCESS) this.#modified();
    return errno;
  }

  /** @override */
  sync() {
    return ERRNO_SUCCESS;
  }

  /** @override @param {number} size */
  setSize(size) {
    // ftruncate(2): EINVAL also when the descriptor is not open for writing.
    return size < 0 || (this.denied & RIGHTS_FD_WRITE) !== 0 ? ERRNO_INVAL : this.#resize(size);
  }

  /** @param {number} size */
  #resize(size) {
    const errno = this.inode.resize(size);
    if (errno === ERRNO_SUCCESS) this.#modified();
    return errno;
  }

  #modified() {
    this.#clock.read();
    this.inode.modified(this.#clock.timestamp());
  }

  /** Synchronous writing cannot be switched on later, as in wasmtime. @override @param {number} flags */
  setFlags(flags) {
    if ((flags & ~(FDFLAGS_APPEND | FDFLAGS_NONBLOCK)) !== 0) return ERRNO_INVAL;
    this.flags = flags;
    return ERRNO_SUCCESS;
  }

  /** A regular file is always ready, for reading and for writing, however it was opened: poll(2). @override */
  readReady() {
    return Math.max(0, this.inode.size - this.#position);
  }

  /** @override */
  readEnded() {
    return this.#position >= this.inode.size;
  }

  /** @override */
  writeReady() {
    return READY_BYTES;
  }

  /** @override */
  close() {
    this.inode.closed();
  }

  /** @override */
  snapshot() {
    return { position: this.#position };
  }

  /** @override @param {{ position: number }} saved */
  resume({ position }) {
    this.#position = position;
  }
}
