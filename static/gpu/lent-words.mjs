/** The array of Python's in which command lists come: lent once, read in place. */

import { refused } from "./errors.mjs";

/** A buffer of Python's, as Pyodide shows it. @typedef {{ getBuffer(type: "u8"): Lent<Uint8Array<ArrayBuffer>>, getBuffer(type: "u32"): Lent<Uint32Array<ArrayBuffer>> }} Lender */
/**
 * What Python lends: it cannot be resized until it is released.
 * @template T
 * @typedef {{ data: T, release(): void }} Lent
 */

/** Words of Python's in place. */
export class LentWords {
  /** @type {Lender | null} */
  #lender = null;
  /** @type {Lent<Uint32Array<ArrayBuffer>> | null} */
  #lent = null;

  /** @param {Lender} lender lives until `giveBack`, or the next `take` */
  take(lender) {
    this.giveBack();
    this.#lender = lender;
    this.#lent = lender.getBuffer("u32");
  }

  giveBack() {
    this.#lent?.release();
    this.#lent = null;
    this.#lender = null;
  }

  /**
   * @param {number} count how many of them are used
   * @returns {Uint32Array<ArrayBuffer>} valid until Python runs again
   */
  get(count) {
    if (this.#lender === null || this.#lent === null) throw refused("No words were lent.");
    // Views of a memory that has grown since are empty.
    if (this.#lent.data.length === 0) {
      this.#lent.release();
      this.#lent = this.#lender.getBuffer("u32");
    }
    if (!(count <= this.#lent.data.length)) {
      throw refused(`${count} words are to be read of the ${this.#lent.data.length} that were lent.`);
    }
    return this.#lent.data;
  }
}
