import { copyBytes } from "./guest-memory.mjs";

/** The pool: one call into the browser costs 500 ns and more, whatever its size. */
const POOL_BYTES = 16_384;
/** The most `crypto.getRandomValues` gives at once. */
const ENTROPY_BYTES = 65_536;

/** Cryptographic randomness, fetched in bulk. No byte is given out twice. */
export class RandomPool {
  #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /**
   * @param {Uint8Array} target
   * @param {number} start
   * @param {number} length
   */
  fill(target, start, length) {
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
