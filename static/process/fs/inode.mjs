import {
  ERRNO_FBIG,
  ERRNO_NOSPC,
  ERRNO_SUCCESS,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
} from "../wasi/abi.mjs";
import { copyBytes } from "../guest-memory.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */

/** The largest size a file may have: what one buffer holds in every browser with room to double. */
export const FILE_BYTES_MAX = 0x7fff_ffff;
const CAPACITY_MIN = 256;
/** From here on a buffer grows by an eighth of this at least, not to twice its size. */
const DOUBLING_BYTES_MAX = 0x1000_0000;
const EMPTY = new Uint8Array(0);

/** What names in directories stand for. */
export class Inode {
  /** @readonly */
  filetype;
  /** @readonly */
  ino;
  /** How many names stand for it. */
  nlink = 1;
  atime;
  mtime;
  ctime;

  /** @param {number} filetype @param {number} ino @param {Timestamp} now */
  constructor(filetype, ino, now) {
    this.filetype = filetype;
    this.ino = ino;
    this.atime = this.mtime = this.ctime = now;
  }

  /** Size in bytes as `filestat` has it. */
  get size() {
    return 0;
  }

  /** Contents changed. @param {Timestamp} now */
  modified(now) {
    this.mtime = this.ctime = now;
  }
}

/** A regular file. The buffer may be longer than the file (room to grow) or shorter (the rest is a hole of zeros). */
export class FileInode extends Inode {
  #data = EMPTY;
  #size = 0;

  /** @param {number} ino @param {Timestamp} now */
  constructor(ino, now) {
    super(FILETYPE_REGULAR_FILE, ino, now);
  }

  /** @override */
  get size() {
    return this.#size;
  }

  /** Takes over bytes that nobody else holds. @param {Uint8Array<ArrayBuffer>} bytes */
  adopt(bytes) {
    this.#data = bytes;
    this.#size = bytes.length;
  }

  /**
   * @param {number} position
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes there were
   */
  read(position, target, pointer, length) {
    if (position >= this.#size) return 0;
    const count = Math.min(length, this.#size - position);
    const stored = Math.max(0, Math.min(count, this.#data.length - position));
    copyBytes(this.#data, position, stored, target, pointer);
    if (stored < count) target.fill(0, pointer + stored, pointer + count);
    return count;
  }

  /**
   * Writes, leaving zeros between the old end and a position beyond it.
   * @param {number} position
   * @param {Uint8Array} source
   * @param {number} pointer
   * @param {number} length
   * @returns {number} length, or -ERRNO
   */
  write(position, source, pointer, length) {
    if (length === 0) return 0;
    const end = position + length;
    if (end > this.#data.length) {
      if (position >= FILE_BYTES_MAX) return -ERRNO_FBIG;
      if (end > FILE_BYTES_MAX) return this.write(position, source, pointer, FILE_BYTES_MAX - position);
      if (!this.#reserve(end)) return -ERRNO_NOSPC;
    }
    copyBytes(source, pointer, length, this.#data, position);
    if (end > this.#size) this.#size = end;
    return length;
  }

  /** @param {number} size @returns {number} errno */
  resize(size) {
    if (size > FILE_BYTES_MAX) return ERRNO_FBIG;
    if (size < this.#size) {
      // What is cut off must read as zeros should the file grow again.
      if (size * 2 < this.#data.length) this.#data = this.#data.slice(0, size);
      else this.#data.fill(0, size, Math.min(this.#size, this.#data.length));
    }
    this.#size = size;
    return ERRNO_SUCCESS;
  }

  /**
   * The contents in a buffer of exactly their length, for handing away. The file is not usable afterwards.
   * @returns {Uint8Array<ArrayBuffer>}
   */
  release() {
    const data = this.#data;
    const size = this.#size;
    this.#data = EMPTY;
    this.#size = 0;
    if (size === 0) return new Uint8Array(0);
    if (data.length === size && data.buffer.byteLength === size) return data;
    if (data.length <= size) {
      const whole = new Uint8Array(size);
      whole.set(data);
      return whole;
    }
    return data.slice(0, size);
  }

  /** @param {number} end @returns {boolean} whether there was memory for it */
  #reserve(end) {
    const old = this.#data.length;
    const grown = old < DOUBLING_BYTES_MAX ? old * 2 : old + DOUBLING_BYTES_MAX / 2;
    const capacity = Math.min(FILE_BYTES_MAX, Math.max(end, grown, CAPACITY_MIN));
    const data = allocate(capacity) ?? allocate(end);
    if (data === null) return false;
    data.set(this.#data);
    this.#data = data;
    return true;
  }
}

/** @param {number} length @returns {Uint8Array<ArrayBuffer> | null} null when the browser has no memory left */
function allocate(length) {
  try {
    return new Uint8Array(length);
  } catch {
    return null;
  }
}

/** A directory. It has one parent: directories cannot be linked twice. */
export class DirectoryInode extends Inode {
  /** @type {Map<string, Inode>} */
  entries = new Map();
  /** @type {DirectoryInode} */
  parent;

  /** @param {number} ino @param {Timestamp} now @param {DirectoryInode | null} parent null for the root, its own parent */
  constructor(ino, now, parent) {
    super(FILETYPE_DIRECTORY, ino, now);
    this.nlink = 2;
    this.parent = parent ?? this;
  }

  /** @override */
  get size() {
    return 4096;
  }

  /** Whether the directory still has a name; nothing can be created in one that has not. */
  get removed() {
    return this.nlink === 0;
  }

  /** @param {string} name @param {Inode} inode @param {Timestamp} now */
  add(name, inode, now) {
    this.entries.set(name, inode);
    if (inode instanceof DirectoryInode) {
      inode.parent = this;
      this.nlink++;
    }
    this.modified(now);
  }

  /** Takes a name away; what it stood for keeps its link count. @param {string} name @param {Timestamp} now */
  remove(name, now) {
    if (this.entries.get(name) instanceof DirectoryInode) this.nlink--;
    this.entries.delete(name);
    this.modified(now);
  }
}

/** A symbolic link, always relative. */
export class SymlinkInode extends Inode {
  /** @readonly */
  target;
  #size;

  /** @param {number} ino @param {Timestamp} now @param {string} target */
  constructor(ino, now, target) {
    super(FILETYPE_SYMBOLIC_LINK, ino, now);
    this.target = target;
    this.#size = new TextEncoder().encode(target).length;
  }

  /** @override */
  get size() {
    return this.#size;
  }
}
