import { ERRNO_BADF, ERRNO_NFILE, ERRNO_SUCCESS, FILETYPE_UNKNOWN } from "./wasi/abi.mjs";

/** @typedef {import("./fs/inode.mjs").DirectoryInode} DirectoryInode */
/** @typedef {import("./fs/inode.mjs").Inode} Inode */
/** @typedef {import("./clock.mjs").Timestamp} Timestamp */

/**
 * What an open descriptor answers. Everything is answered here with BADF, the standard's word for "not with this
 * descriptor"; each kind overrides what it can do, so that no caller asks what kind it holds. Calls that count bytes return the
 * count or a negated errno; the others an errno. Ranges of guest memory are checked before they come here.
 */
export class Descriptor {
  filetype = FILETYPE_UNKNOWN;
  /** FDFLAGS_* */
  flags = 0;
  /** RIGHTS_* as reported; they only shrink. */
  rights = 0;
  rightsInheriting = 0;
  /**
   * RIGHTS_* that calls are refused for. Rights asked for at `path_open` are advice, as in wasmtime (programs ask for less than
   * they use); refused are reading and writing that were not asked for, and what was given up by `fd_fdstat_set_rights`.
   */
  denied = 0;
  deniedInheriting = 0;
  /** The guest's name of a preopened directory. @type {string | null} */
  preopen = null;
  /** @type {DirectoryInode | null} */
  directory = null;
  /** What the descriptor stands for, if it is in a file system. @type {Inode | null} */
  inode = null;

  /**
   * @param {Uint8Array} bytes guest memory
   * @param {number} pointer
   * @param {number} length
   * @returns {number} the count (0 at the end), or -ERRNO; -ERRNO_AGAIN when there is nothing yet
   */
  read(bytes, pointer, length) {
    void [bytes, pointer, length];
    return -ERRNO_BADF;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @returns {number}
   */
  write(bytes, pointer, length) {
    void [bytes, pointer, length];
    return -ERRNO_BADF;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @param {number} offset
   * @returns {number}
   */
  pread(bytes, pointer, length, offset) {
    void [bytes, pointer, length, offset];
    return -ERRNO_BADF;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @param {number} offset
   * @returns {number}
   */
  pwrite(bytes, pointer, length, offset) {
    void [bytes, pointer, length, offset];
    return -ERRNO_BADF;
  }

  /**
   * Moves the position. @param {number} delta @param {number} whence WHENCE_* @returns {number} the new one, or -ERRNO
   */
  seek(delta, whence) {
    void [delta, whence];
    return -ERRNO_BADF;
  }

  /** @returns {number} the position, or -ERRNO */
  tell() {
    return -ERRNO_BADF;
  }

  /** @param {number} offset @param {number} length @returns {number} */
  advise(offset, length) {
    void [offset, length];
    return ERRNO_BADF;
  }

  /** @param {number} offset @param {number} length @returns {number} */
  allocate(offset, length) {
    void [offset, length];
    return ERRNO_BADF;
  }

  /** @returns {number} */
  sync() {
    return ERRNO_BADF;
  }

  /** @param {number} size @returns {number} */
  setSize(size) {
    void size;
    return ERRNO_BADF;
  }

  /** @param {number} flags FDFLAGS_* @returns {number} */
  setFlags(flags) {
    void flags;
    return ERRNO_BADF;
  }

  /** A promise for the time when `read` has something to say. @returns {Promise<void>} */
  readable() {
    return Promise.resolve();
  }

  /** A promise for the time when `write` takes something. @returns {Promise<void>} */
  writable() {
    return Promise.resolve();
  }

  /** @param {Promise<void>} wait a promise of `readable` or `writable` that nobody waits for any longer */
  dismiss(wait) {
    void wait;
  }

  /** Bytes that `read` could give at once, -1 when it would wait, or null when one cannot read. @returns {number | null} */
  readReady() {
    return null;
  }

  /** Whether there will never be more to read. */
  readEnded() {
    return false;
  }

  /** Bytes that `write` could take at once, -1 when it would wait, or null when one cannot write. @returns {number | null} */
  writeReady() {
    return null;
  }

  /**
   * Called once after a whole write: the place to stand still, and for what is told by whole writes to be found wrong.
   * @returns {number | Promise<number>} errno
   */
  settled() {
    return ERRNO_SUCCESS;
  }

  close() {}

  /** What is to be kept of it beside its fields: plain values and copies of bytes, when no call of it is under way. @returns {object} */
  snapshot() {
    return {};
  }

  /** Goes on from what `snapshot` has answered. @param {any} saved */
  resume(saved) {
    void saved;
  }
}

/** Descriptors a process may have open, unless it is told otherwise. */
const DESCRIPTORS_MAX = 16_384;

/** The open descriptors of a process, by number. */
export class DescriptorTable {
  /** @type {(Descriptor | undefined)[]} */
  #slots = [];
  /** No free number lies below. */
  #lowestFree = 0;
  #open = 0;
  #maximum;

  /** @param {number} [maximum] how many may be open at once */
  constructor(maximum = DESCRIPTORS_MAX) {
    this.#maximum = maximum;
  }

  /** Whether none more can be opened. To be asked before a file is made or cut for a new descriptor. */
  get full() {
    return this.#open >= this.#maximum;
  }

  /**
   * @param {number} fd
   * @returns {Descriptor | undefined}
   */
  get(fd) {
    return fd >= 0 && fd < this.#slots.length ? this.#slots[fd] : undefined;
  }

  /** All that are open. @returns {Generator<Descriptor>} */
  *opened() {
    for (const descriptor of this.#slots) if (descriptor !== undefined) yield descriptor;
  }

  /** All that are open, with their numbers. @returns {[number, Descriptor][]} */
  numbered() {
    return this.#slots.flatMap((descriptor, fd) => (descriptor === undefined ? [] : [[fd, descriptor]]));
  }

  /** How many may be open at once, and what no number reaches. */
  get maximum() {
    return this.#maximum;
  }

  /** Has these open instead of others, which are not closed. @param {[number, Descriptor][]} numbered */
  resume(numbered) {
    this.#slots = [];
    for (const [fd, descriptor] of numbered) this.#slots[fd] = descriptor;
    this.#open = numbered.length;
    this.#lowestFree = 0;
  }

  /**
   * Gives the descriptor the lowest free number, as POSIX has it.
   * @param {Descriptor} descriptor is closed when there is no number for it
   * @returns {number} the number, or -ERRNO_NFILE
   */
  add(descriptor) {
    if (this.full) {
      descriptor.close();
      return -ERRNO_NFILE;
    }
    let fd = this.#lowestFree;
    while (this.#slots[fd] !== undefined) fd++;
    this.#slots[fd] = descriptor;
    this.#open++;
    this.#lowestFree = fd + 1;
    return fd;
  }

  /** @param {number} fd @returns {number} errno */
  close(fd) {
    const descriptor = this.get(fd);
    if (descriptor === undefined) return ERRNO_BADF;
    this.#free(fd);
    descriptor.close();
    return ERRNO_SUCCESS;
  }

  /**
   * Moves a descriptor onto the number of another, which is closed.
   * @param {number} from
   * @param {number} to
   * @returns {number} errno
   */
  renumber(from, to) {
    const descriptor = this.get(from);
    const replaced = this.get(to);
    if (descriptor === undefined || replaced === undefined) return ERRNO_BADF;
    if (from === to) return ERRNO_SUCCESS;
    this.#slots[to] = descriptor;
    this.#free(from);
    replaced.close();
    return ERRNO_SUCCESS;
  }

  /** @param {number} fd */
  #free(fd) {
    this.#slots[fd] = undefined;
    this.#open--;
    if (fd < this.#lowestFree) this.#lowestFree = fd;
  }
}
