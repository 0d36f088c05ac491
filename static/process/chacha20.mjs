/** Bytes of a block of the stream. */
const BLOCK_BYTES = 64;
const WORDS = 16;
/** The words that every state begins with: "expand 32-byte k". */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** A place in a stream, as plain values. @typedef {{ key: number[], position: number }} SavedStream */

/**
 * The stream of bytes of ChaCha20 (RFC 8439, section 2.3; D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008): 20 rounds, the
 * nonce 0, and the block counter of 64 bits of the original. The bytes do not depend on the pieces they are taken in.
 */
export class ChaCha20 {
  /** Eight words. */
  #key;
  #position = 0;
  #words = new Int32Array(WORDS);
  #block = new Uint8Array(BLOCK_BYTES);
  #view = new DataView(this.#block.buffer);
  /** Which block is in `#block`; none at first. */
  #number = -1;

  /** @param {number[]} key eight words of 32 bits */
  constructor(key) {
    this.#key = key;
  }

  /**
   * The stream of a seed: its 64 bits, little-endian, are the beginning of the key, and the rest of it is zeros.
   * @param {number} seed 0 to 2^53 - 1
   */
  static ofSeed(seed) {
    return new ChaCha20([seed >>> 0, Math.floor(seed / 2 ** 32), 0, 0, 0, 0, 0, 0]);
  }

  /** @param {SavedStream} saved */
  static at({ key, position }) {
    const stream = new ChaCha20(key);
    stream.#position = position;
    return stream;
  }

  /** @returns {SavedStream} */
  save() {
    return { key: [...this.#key], position: this.#position };
  }

  /**
   * Takes the next bytes.
   * @param {Uint8Array} target
   * @param {number} start
   * @param {number} length
   */
  fill(target, start, length) {
    for (let done = 0; done < length; ) {
      const number = Math.floor(this.#position / BLOCK_BYTES);
      if (number !== this.#number) this.#make(number);
      const offset = this.#position % BLOCK_BYTES;
      const size = Math.min(length - done, BLOCK_BYTES - offset);
      for (let i = 0; i < size; i++) target[start + done + i] = /** @type {number} */ (this.#block[offset + i]);
      done += size;
      this.#position += size;
    }
  }

  /** @param {number} number of the block */
  #make(number) {
    const words = this.#words;
    const initial = [...CONSTANTS, ...this.#key, number >>> 0, Math.floor(number / 2 ** 32), 0, 0];
    words.set(initial);
    for (let round = 0; round < 10; round++) {
      quarter(words, 0, 4, 8, 12);
      quarter(words, 1, 5, 9, 13);
      quarter(words, 2, 6, 10, 14);
      quarter(words, 3, 7, 11, 15);
      quarter(words, 0, 5, 10, 15);
      quarter(words, 1, 6, 11, 12);
      quarter(words, 2, 7, 8, 13);
      quarter(words, 3, 4, 9, 14);
    }
    for (let i = 0; i < WORDS; i++) {
      this.#view.setUint32(4 * i, /** @type {number} */ (words[i]) + /** @type {number} */ (initial[i]), true);
    }
    this.#number = number;
  }
}

/**
 * RFC 8439, section 2.1.
 * @param {Int32Array} words
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 */
function quarter(words, a, b, c, d) {
  let va = /** @type {number} */ (words[a]);
  let vb = /** @type {number} */ (words[b]);
  let vc = /** @type {number} */ (words[c]);
  let vd = /** @type {number} */ (words[d]);
  va = (va + vb) | 0;
  vd = rotated(vd ^ va, 16);
  vc = (vc + vd) | 0;
  vb = rotated(vb ^ vc, 12);
  va = (va + vb) | 0;
  vd = rotated(vd ^ va, 8);
  vc = (vc + vd) | 0;
  vb = rotated(vb ^ vc, 7);
  words[a] = va;
  words[b] = vb;
  words[c] = vc;
  words[d] = vd;
}

/** @param {number} word @param {number} by */
function rotated(word, by) {
  return (word << by) | (word >>> (32 - by));
}
