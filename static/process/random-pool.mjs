import { ChaCha20 } from "./chacha20.mjs";
import { copyBytes } from "./guest-memory.mjs";

/** @typedef {import("./chacha20.mjs").SavedStream} SavedStream */

/** The pool: one call into the browser costs 500 ns and more, whatever its size. */
const POOL_BYTES = 16_384;
/** The most `crypto.getRandomValues` gives at once. */
const ENTROPY_BYTES = 65_536;

/**
 * The randomness of a program: cryptographic, fetched in bulk, of which no byte is given out twice; or, with a seed, the stream
 * of ChaCha20 that the seed stands for, byte for byte.
 */
export class RandomPool {
  #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;
  /** @type {ChaCha20 | null} */
  #stream;

  /** @param {number | null} [seed] 0 to 2^53 - 1 */
  constructor(seed = null) {
    this.#stream = seed === null ? null : ChaCha20.ofSeed(seed);
  }

  /** @returns {SavedStream | null} null for what cannot be repeated */
  save() {
    return this.#stream?.save() ?? null;
  }

  /** @param {SavedStream | null} saved */
  restore(saved) {
    this.#stream = saved === null ? null : ChaCha20.at(saved);
  }

  /**
   * @param {Uint8Array} target
   * @param {number} start
   * @param {number} length
   */
  fill(target, start, length) {
    if (this.#stream !== null) {
      this.#stream.fill(target, start, length);
      return;
    }
    if (length > POOL_BYTES / 4) {
      this.#fillLarge(target, start, length);
      return;
    }
    if (this.#used + length > POOL_BYTES) {
      crypto.getRandomValues(this.#pool);
      this.#used = 0;
    }
    copyBytes(this.#pool, this.#used, length, target, start);
    this.#used += length;
  }

  /**
   * @param {Uint8Array} target
   * @param {number} start
   * @param {number} length
   */
  #fillLarge(target, start, length) {
    const piece = new Uint8Array(Math.min(length, ENTROPY_BYTES));
    for (let done = 0; done < length; done += piece.length) {
      const size = Math.min(piece.length, length - done);
      // Filled aside because shared memory is refused.
      target.set(crypto.getRandomValues(piece.subarray(0, size)), start + done);
    }
  }
}
