import { copyBytes } from "../guest-memory.mjs";
import { ERRNO_AGAIN, ERRNO_BADF, FDFLAGS_NONBLOCK, RIGHTS_FD_READ } from "../wasi/abi.mjs";
import { DeviceDescriptor, READY_BYTES } from "./device-descriptor.mjs";

/** @typedef {import("./audio.mjs").Audio} Audio */
/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */

/**
 * /dev/audio/data: samples, interleaved. A write may end in the middle of a sample frame: the rest of it comes with the next
 * write on the same descriptor, or is lost with a change of format.
 */
export class AudioDescriptor extends DeviceDescriptor {
  #audio;
  #partial = new Uint8Array(0);
  #generation;

  /** @param {DeviceInode} inode @param {Audio} audio */
  constructor(inode, audio) {
    super(inode);
    this.rights &= ~RIGHTS_FD_READ;
    this.#audio = audio;
    this.#generation = audio.generation;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  write(bytes, pointer, length) {
    if (!this.mayWrite) return -ERRNO_BADF;
    if (length === 0) return 0;
    const { outbox, frameSize } = this.#audio;
    const blocking = (this.flags & FDFLAGS_NONBLOCK) === 0;
    // A program that waits after its write is never told AGAIN, even if the window was narrowed since.
    const least = blocking && outbox.holds ? frameSize : 0;
    const taken = Math.min(length, blocking || outbox.open ? Math.max(outbox.room, least) : 0);
    if (taken === 0) return -ERRNO_AGAIN;
    let at = pointer;
    const end = pointer + taken;
    if (this.#generation !== this.#audio.generation) {
      this.#generation = this.#audio.generation;
      this.#partial = new Uint8Array(0);
    }
    if (this.#partial.length > 0) {
      const missing = Math.min(frameSize - this.#partial.length, taken);
      this.#keep(bytes, at, missing);
      at += missing;
      if (this.#partial.length < frameSize) return taken;
      this.#audio.play(this.#partial, 0, frameSize);
      this.#partial = new Uint8Array(0);
    }
    const whole = end - at - ((end - at) % frameSize);
    this.#audio.play(bytes, at, whole);
    this.#keep(bytes, at + whole, end - at - whole);
    return taken;
  }

  /** @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  #keep(bytes, pointer, length) {
    if (length === 0) return;
    const kept = new Uint8Array(this.#partial.length + length);
    kept.set(this.#partial);
    copyBytes(bytes, pointer, length, kept, this.#partial.length);
    this.#partial = kept;
  }

  /** @override */
  settled() {
    return this.#audio.settled(this.flags);
  }

  /** @override */
  writeReady() {
    if (!this.mayWrite) return null;
    return this.#audio.outbox.open ? READY_BYTES : -1;
  }

  /** @override */
  writable() {
    return this.#audio.outbox.writable();
  }

  /** @override @param {Promise<void>} wait */
  dismiss(wait) {
    this.#audio.outbox.drained.cancel(wait);
  }

  /** @override */
  close() {
    this.#audio.flush();
  }

  /** @override */
  snapshot() {
    return { partial: this.#partial.slice(), generation: this.#generation };
  }

  /** @override @param {{ partial: Uint8Array, generation: number }} saved */
  resume({ partial, generation }) {
    this.#partial = partial.slice();
    this.#generation = generation;
  }
}
