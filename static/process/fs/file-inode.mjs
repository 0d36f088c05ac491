import { ERRNO_FBIG, ERRNO_NOSPC, ERRNO_SUCCESS, FILETYPE_REGULAR_FILE } from "../wasi/abi.mjs";
import { copyBytes } from "../guest-memory.mjs";
import { Inode } from "./inode.mjs";
import { SparseContents } from "./sparse-contents.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./volume.mjs").Volume} Volume */

/**
 * Contents that are somewhere else until they are read for the first time.
 * @typedef {object} Source
 * @property {number} size in bytes
 * @property {boolean} shared whether the bytes belong to something larger, and cost nothing to keep
 * @property {() => Uint8Array<ArrayBuffer> | number} load exactly `size` bytes, or an errno
 */

/**
 * What a file's contents are made of: what no extent covers is zeros. Pristine ones are as they were before the program came; paged
 * ones are kept in pages, each an extent, the others in one.
 * @typedef {object} Contents
 * @property {number} size
 * @property {boolean} pristine
 * @property {boolean} paged
 * @property {{ position: number, bytes: Uint8Array<ArrayBuffer> }[]} extents
 */

/** The largest size a file may have: what one buffer holds in every browser with room to double. */
export const FILE_BYTES_MAX = 0x7fff_ffff;
const CAPACITY_MIN = 256;
/** A buffer doubles up to this; what is larger is kept in pages, which grow without being copied. */
const BUFFER_BYTES_MAX = 0x1000_0000;
/** A gap from here on is not stored. */
const SPARSE_GAP_BYTES = 0x10_0000;
const EMPTY = new Uint8Array(0);

/**
 * A regular file. The buffer may be longer than the file (room to grow) or shorter (the rest is a hole of zeros). Contents with
 * a `Source` are loaded when they are read and copied when they are changed; contents that are large or have large gaps are kept
 * in pages.
 */
export class FileInode extends Inode {
  /** Whether the contents have changed since somebody set this to false. */
  changed = false;
  #data = EMPTY;
  #size = 0;
  /** Bytes of the buffer that are the file's own and counted by the quota; none are while it is sparse or has a source. */
  #stored = 0;
  /** @type {Source | null} */
  #source = null;
  #loaded = true;
  /** @type {SparseContents | null} */
  #sparse = null;

  /** @param {number} ino @param {Timestamp} now @param {Volume} [volume] */
  constructor(ino, now, volume) {
    super(FILETYPE_REGULAR_FILE, ino, now, volume);
  }

  /** @override */
  get size() {
    return this.#size;
  }

  /** Whether the contents are still those of the source. */
  get pristine() {
    return this.#source !== null;
  }

  /** What the contents count against the quota: less or more than their size where they have holes. */
  get stored() {
    return this.#sparse === null ? this.#stored : this.#sparse.bytes;
  }

  /** Takes over bytes that nobody else holds. @param {Uint8Array<ArrayBuffer>} bytes */
  adopt(bytes) {
    this.#data = bytes;
    this.#size = this.#stored = bytes.length;
    this.volume.quota.bytesFree -= bytes.length;
  }

  /**
   * Puts bytes that nobody else holds in the place of what there is.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {number} errno; on failure nothing has changed
   */
  replace(bytes) {
    if (bytes.length > FILE_BYTES_MAX) return ERRNO_FBIG;
    const { stored } = this;
    if (bytes.length > stored && bytes.length - stored > this.volume.quota.bytesFree) return ERRNO_NOSPC;
    this.discard();
    this.adopt(bytes);
    this.changed = true;
    return ERRNO_SUCCESS;
  }

  /** Gives an empty file contents that are loaded later. @param {Source} source */
  attach(source) {
    this.#source = source;
    this.#size = source.size;
    this.#loaded = false;
  }

  /**
   * @param {number} position
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes there were, or -ERRNO when the contents cannot be had
   */
  read(position, target, pointer, length) {
    if (position >= this.#size) return 0;
    if (!this.#loaded) {
      const errno = this.#load();
      if (errno !== ERRNO_SUCCESS) return -errno;
    }
    const count = Math.min(length, this.#size - position);
    if (this.#sparse !== null) {
      this.#sparse.read(position, target, pointer, count);
      return count;
    }
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
   * @returns {number} how many bytes found room, or -ERRNO when none did
   */
  write(position, source, pointer, length) {
    if (length === 0) return 0;
    let end = position + length;
    if (end > this.#stored) {
      const room = this.#makeRoom(position, end);
      if (room <= 0) return room;
      if (room < length) end = position + (length = room);
      if (this.#sparse !== null) {
        length = this.#sparse.write(position, source, pointer, length);
        if (length === 0) return -ERRNO_NOSPC;
        end = position + length;
        if (end > this.#size) this.#size = end;
        this.changed = true;
        return length;
      }
    }
    copyBytes(source, pointer, length, this.#data, position);
    if (end > this.#size) this.#size = end;
    this.changed = true;
    return length;
  }

  /** ftruncate(2): what is added is a hole. @param {number} size @returns {number} errno */
  resize(size) {
    if (size > FILE_BYTES_MAX) return ERRNO_FBIG;
    if (this.#source !== null) {
      if (size === this.#size) return ERRNO_SUCCESS;
      const errno = size === 0 ? this.#forgetSource() : this.#own();
      if (errno !== ERRNO_SUCCESS) return errno;
    }
    if (size < this.#size) {
      if (this.#sparse !== null) this.#sparse.truncate(size);
      if (size === 0) this.#sparse = null;
      // What is cut off must read as zeros should the file grow again.
      if (size * 2 < this.#data.length) this.#data = this.#data.slice(0, size);
      else this.#data.fill(0, size, Math.min(this.#size, this.#data.length));
      if (size < this.#stored) {
        this.volume.quota.bytesFree += this.#stored - size;
        this.#stored = size;
      }
    }
    this.#size = size;
    this.changed = true;
    return ERRNO_SUCCESS;
  }

  /** posix_fallocate(3): room for all before `end`, zeros where nothing was. @param {number} end @returns {number} errno */
  allocate(end) {
    if (end > FILE_BYTES_MAX) return ERRNO_FBIG;
    if (this.#sparse === null && end > this.#stored) {
      // Before memory is taken: all of it finds room, or nothing is done.
      if (end - this.#stored > this.volume.quota.bytesFree) return ERRNO_NOSPC;
      const room = this.#makeRoom(this.#stored, end);
      if (room < 0) return -room;
    }
    if (end > this.#size) this.#size = end;
    this.changed = true;
    return ERRNO_SUCCESS;
  }

  /**
   * The contents in a buffer of exactly their length, for handing away. The file is not usable afterwards.
   * @returns {Uint8Array<ArrayBuffer>}
   */
  release() {
    const data = this.#data;
    const size = this.#size;
    const pages = this.#sparse === null ? [] : this.extents();
    this.discard();
    if (size === 0) return new Uint8Array(0);
    if (data.length === size && data.buffer.byteLength === size) return data;
    if (data.length > size) return data.slice(0, size);
    const whole = new Uint8Array(size);
    whole.set(data);
    for (const { position, bytes } of pages) whole.set(bytes, position);
    return whole;
  }

  /**
   * Where there are bytes, in the order of positions; views, to be used at once. For contents that are the file's own.
   * @returns {{ position: number, bytes: Uint8Array<ArrayBuffer> }[]}
   */
  extents() {
    if (this.#sparse !== null) {
      return this.#sparse.extents().map(({ position, bytes }) => ({
        position,
        bytes: bytes.subarray(0, this.#size - position),
      }));
    }
    return this.#stored === 0 ? [] : [{ position: 0, bytes: this.#data.subarray(0, this.#stored) }];
  }

  /**
   * The contents as they are kept, in views to be used at once. Those that are somewhere else are loaded.
   * @returns {Contents | number} or an errno
   */
  contents() {
    if (!this.#loaded) {
      const errno = this.#load();
      if (errno !== ERRNO_SUCCESS) return errno;
    }
    const pristine = this.#source !== null;
    const extents = pristine ? [{ position: 0, bytes: this.#data }] : this.extents();
    return { size: this.#size, pristine, paged: this.#sparse !== null, extents };
  }

  /** Gives an empty file contents that were kept, in copies. @param {Contents} contents whose pages are whole ones */
  fill({ size, pristine, paged, extents }) {
    if (paged) {
      const quota = this.volume.quota;
      quota.bytesFree -= extents.length * SparseContents.PAGE_BYTES;
      this.#sparse = SparseContents.of(quota, extents);
    } else {
      const bytes = extents[0]?.bytes.slice() ?? EMPTY;
      if (pristine) this.attach({ size, shared: true, load: () => bytes });
      else this.adopt(bytes);
    }
    this.#size = size;
  }

  /** The contents, unchanged, are somewhere else from now on. @param {Source} source */
  move(source) {
    this.volume.cache?.release(this);
    this.#source = source;
    this.evict();
  }

  /** Lets go of contents that can be loaded again. */
  evict() {
    this.#data = EMPTY;
    this.#loaded = false;
  }

  /** What it was loaded from may go with the name. @override */
  orphaned() {
    if (this.#source !== null && !this.#source.shared) this.#own();
  }

  /** @override */
  discard() {
    this.#forgetSource();
    this.volume.quota.bytesFree += this.#stored;
    this.#sparse?.truncate(0);
    this.#sparse = null;
    this.#data = EMPTY;
    this.#size = this.#stored = 0;
  }

  /** @returns {number} errno */
  #load() {
    const source = /** @type {Source} */ (this.#source);
    const bytes = source.load();
    if (typeof bytes === "number") return bytes;
    this.#data = bytes;
    this.#loaded = true;
    if (!source.shared) this.volume.cache?.admit(this, bytes.length);
    return ERRNO_SUCCESS;
  }

  /** Makes the source's contents the file's own. @returns {number} errno */
  #own() {
    const source = /** @type {Source} */ (this.#source);
    if (source.size > this.volume.quota.bytesFree) return ERRNO_NOSPC;
    const errno = this.#loaded ? ERRNO_SUCCESS : this.#load();
    if (errno !== ERRNO_SUCCESS) return errno;
    const data = source.shared ? copyOf(this.#data) : this.#data;
    if (data === null) return ERRNO_NOSPC;
    this.#forgetSource();
    this.#data = data;
    this.#stored = data.length;
    this.volume.quota.bytesFree -= data.length;
    return ERRNO_SUCCESS;
  }

  /** @returns {number} ERRNO_SUCCESS */
  #forgetSource() {
    if (this.#source !== null) {
      this.volume.cache?.release(this);
      this.#source = null;
      this.#loaded = true;
      this.#data = EMPTY;
    }
    return ERRNO_SUCCESS;
  }

  /**
   * Makes the buffer the file's own and long enough, as far as the quota allows.
   * @param {number} position
   * @param {number} end beyond what is stored
   * @returns {number} how many bytes may be written at the position, or -ERRNO
   */
  #makeRoom(position, end) {
    if (this.#source !== null) {
      const errno = this.#own();
      if (errno !== ERRNO_SUCCESS) return -errno;
      if (end <= this.#stored) return end - position;
    }
    if (end > FILE_BYTES_MAX) {
      if (position >= FILE_BYTES_MAX) return -ERRNO_FBIG;
      end = FILE_BYTES_MAX;
    }
    if (this.#sparse !== null) return end - position;
    const paged = end > this.#data.length && this.#data.length >= BUFFER_BYTES_MAX;
    if (paged || position - this.#stored >= SPARSE_GAP_BYTES) return this.#makeSparse() ? end - position : -ERRNO_NOSPC;
    const quota = this.volume.quota;
    if (end - this.#stored > quota.bytesFree) {
      end = this.#stored + Math.max(0, quota.bytesFree);
      if (end <= position) return -ERRNO_NOSPC;
    }
    if (end > this.#data.length && !this.#reserve(end)) return -ERRNO_NOSPC;
    quota.bytesFree -= end - this.#stored;
    this.#stored = end;
    return end - position;
  }

  /** @returns {boolean} whether the quota allows for it */
  #makeSparse() {
    const quota = this.volume.quota;
    const sparse = new SparseContents(quota);
    quota.bytesFree += this.#stored;
    if (sparse.write(0, this.#data, 0, this.#stored) < this.#stored) {
      sparse.truncate(0);
      quota.bytesFree -= this.#stored;
      return false;
    }
    this.#sparse = sparse;
    this.#data = EMPTY;
    this.#stored = 0;
    return true;
  }

  /** @param {number} end @returns {boolean} whether there was memory for it */
  #reserve(end) {
    const capacity = Math.min(FILE_BYTES_MAX, Math.max(end, this.#data.length * 2, CAPACITY_MIN));
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

/** @param {Uint8Array} bytes */
function copyOf(bytes) {
  const copy = allocate(bytes.length);
  copy?.set(bytes);
  return copy;
}
