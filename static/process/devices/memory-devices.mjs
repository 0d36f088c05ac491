import { ERRNO_BADF, ERRNO_NOSPC } from "../wasi/abi.mjs";
import { DeviceDescriptor, READY_BYTES } from "./device-descriptor.mjs";

/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */
/** @typedef {import("../random-pool.mjs").RandomPool} RandomPool */

/**
 * The devices of null(4), full(4) and random(4). Every place in them is the first: seeking ends at 0, and reading or writing at a
 * position is reading or writing.
 */
class PlacelessDescriptor extends DeviceDescriptor {
  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  read(bytes, pointer, length) {
    return this.mayRead ? this.give(bytes, pointer, length) : -ERRNO_BADF;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  pread(bytes, pointer, length) {
    return this.read(bytes, pointer, length);
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  write(bytes, pointer, length) {
    void [bytes, pointer];
    return this.mayWrite ? this.swallow(length) : -ERRNO_BADF;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  pwrite(bytes, pointer, length) {
    return this.write(bytes, pointer, length);
  }

  /** @override */
  seek() {
    return 0;
  }

  /** @override */
  tell() {
    return 0;
  }

  /** @override @returns {number | null} */
  readReady() {
    return this.mayRead ? READY_BYTES : null;
  }

  /** @override */
  writeReady() {
    return this.mayWrite ? READY_BYTES : null;
  }

  /** What reading gives: zeros. @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  give(bytes, pointer, length) {
    bytes.fill(0, pointer, pointer + length);
    return length;
  }

  /** How much of what is written is taken. @param {number} length @returns {number} or -ERRNO */
  swallow(length) {
    return length;
  }
}

/** /dev/zero: endless zeros; takes everything. */
export class ZeroDescriptor extends PlacelessDescriptor {}

/** /dev/null: always at its end; takes everything. */
export class NullDescriptor extends PlacelessDescriptor {
  /** @override */
  give() {
    return 0;
  }

  /** @override */
  readReady() {
    return this.mayRead ? 0 : null;
  }

  /** @override */
  readEnded() {
    return true;
  }
}

/** /dev/full: endless zeros; never has room, for trying out what a program does then. */
export class FullDescriptor extends PlacelessDescriptor {
  /** @override @param {number} length */
  swallow(length) {
    return length === 0 ? 0 : -ERRNO_NOSPC;
  }
}

/** /dev/random and /dev/urandom: endless randomness of the process; what is written has no influence on it. */
export class RandomDescriptor extends PlacelessDescriptor {
  #random;

  /** @param {DeviceInode} inode @param {RandomPool} random */
  constructor(inode, random) {
    super(inode);
    this.#random = random;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  give(bytes, pointer, length) {
    this.#random.fill(bytes, pointer, length);
    return length;
  }
}
