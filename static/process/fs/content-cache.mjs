/**
 * Contents that were unpacked or fetched for reading and could be again.
 * @typedef {object} Evictable
 * @property {() => void} evict lets go of them until they are read again
 */

/** What the contents of all unchanged files of a process may take together. */
const CACHE_BYTES = 256 * 1024 * 1024;

/**
 * Holds down what lazily read files take: the first to come are the first to go. One that is larger than everything allowed
 * stays until the next one comes.
 */
export class ContentCache {
  #limit;
  #used = 0;
  /** @type {Map<Evictable, number>} */
  #held = new Map();

  constructor(limit = CACHE_BYTES) {
    this.#limit = limit;
  }

  /** @param {Evictable} file @param {number} bytes */
  admit(file, bytes) {
    this.#held.set(file, bytes);
    this.#used += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#used <= this.#limit || oldest === file) break;
      this.release(oldest);
      oldest.evict();
    }
  }

  /** The contents are the file's own from now on, or gone. @param {Evictable} file */
  release(file) {
    this.#used -= this.#held.get(file) ?? 0;
    this.#held.delete(file);
  }
}
