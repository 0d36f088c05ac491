/** A map that forgets what was not asked for in a long time. */

/**
 * Holds between `keep` and `2 * keep` entries once it is full. Asking costs no bookkeeping: entries are in two
 * generations, and those of the older one that are not asked for before the younger is full are forgotten together.
 * @template K
 * @template V
 */
export class BoundedMap {
  #keep;
  /** @type {Map<K, V>} */
  #young = new Map();
  /** @type {Map<K, V>} */
  #old = new Map();

  /** @param {number} keep */
  constructor(keep) {
    this.#keep = keep;
  }

  get size() {
    return this.#young.size + this.#old.size;
  }

  /** @param {K} key @returns {V | undefined} */
  get(key) {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  /** @param {K} key @param {V} value */
  set(key, value) {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size >= this.#keep) {
      this.#old = this.#young;
      this.#young = new Map();
    }
  }

  /** @param {K} key */
  delete(key) {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
