import { copyBytes } from "../guest-memory.mjs";
import {
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_NOMEM,
  ERRNO_NOSPC,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from "../wasi/abi.mjs";
import { DeviceDescriptor, READY_BYTES } from "./device-descriptor.mjs";

/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */
/** @typedef {import("./framebuffer.mjs").Framebuffer} Framebuffer */

/**
 * /dev/fb/data: the bytes of the picture. A write that reaches the end of it presents it, and goes on at the beginning, so that
 * writing frame after frame needs no seeking; a write at a position (pwrite) presents too but does not go round. Beyond the end
 * is NOSPC, as with fb devices of Linux. Each open has a position of its own; a new geometry puts all back to 0.
 */
export class FramebufferDescriptor extends DeviceDescriptor {
  #framebuffer;
  #position = 0;
  #generation;

  /** @param {DeviceInode} inode @param {Framebuffer} framebuffer */
  constructor(inode, framebuffer) {
    super(inode);
    this.#framebuffer = framebuffer;
    this.#generation = framebuffer.generation;
  }

  #place() {
    if (this.#generation !== this.#framebuffer.generation) {
      this.#generation = this.#framebuffer.generation;
      this.#position = 0;
    }
    return this.#position;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  read(bytes, pointer, length) {
    const count = this.pread(bytes, pointer, length, this.#place());
    if (count > 0) this.#position += count;
    return count;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @param {number} offset @returns {number} */
  pread(bytes, pointer, length, offset) {
    if (!this.mayRead) return -ERRNO_BADF;
    if (offset < 0) return -ERRNO_INVAL;
    const count = Math.max(0, Math.min(length, this.#framebuffer.size - offset));
    if (count === 0) return 0;
    const pixels = this.#framebuffer.pixels();
    if (pixels === null) return -ERRNO_NOMEM;
    copyBytes(pixels, offset, count, bytes, pointer);
    return count;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  write(bytes, pointer, length) {
    let written = 0;
    while (written < length) {
      const place = this.#place();
      const count = this.pwrite(bytes, pointer + written, length - written, place);
      if (count < 0) return written > 0 ? written : count;
      written += count;
      this.#position = place + count === this.#framebuffer.size ? 0 : place + count;
    }
    return written;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @param {number} offset @returns {number} */
  pwrite(bytes, pointer, length, offset) {
    if (!this.mayWrite) return -ERRNO_BADF;
    if (offset < 0) return -ERRNO_INVAL;
    if (length === 0) return 0;
    const { size } = this.#framebuffer;
    if (offset >= size) return -ERRNO_NOSPC;
    const pixels = this.#framebuffer.pixels();
    if (pixels === null) return -ERRNO_NOMEM;
    const count = Math.min(length, size - offset);
    copyBytes(bytes, pointer, count, pixels, offset);
    if (offset + count < size) return count;
    const errno = this.#framebuffer.present();
    return errno === 0 ? count : -errno;
  }

  /** @override */
  settled() {
    return this.#framebuffer.pace();
  }

  /** @override @param {number} delta @param {number} whence @returns {number} */
  seek(delta, whence) {
    const origin = { [WHENCE_SET]: 0, [WHENCE_CUR]: this.#place(), [WHENCE_END]: this.#framebuffer.size }[whence];
    const position = origin === undefined ? -1 : origin + delta;
    if (position < 0 || !Number.isSafeInteger(position)) return -ERRNO_INVAL;
    this.#place();
    return (this.#position = position);
  }

  /** @override */
  tell() {
    return this.#place();
  }

  /** @override */
  snapshot() {
    return { position: this.#place(), generation: this.#generation };
  }

  /** @override @param {{ position: number, generation: number }} saved */
  resume({ position, generation }) {
    this.#position = position;
    this.#generation = generation;
  }

  /** @override */
  readReady() {
    return this.mayRead ? Math.max(0, this.#framebuffer.size - this.#place()) : null;
  }

  /** @override */
  readEnded() {
    return this.#place() >= this.#framebuffer.size;
  }

  /** @override */
  writeReady() {
    return this.mayWrite ? READY_BYTES : null;
  }
}
