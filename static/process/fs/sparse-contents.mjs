import { copyBytes } from "../guest-memory.mjs";

/** @typedef {import("./quota.mjs").Quota} Quota */

const PAGE_BYTES = 65_536;

/** File contents with holes: pages of bytes, and nothing where nothing was written. A page counts whole against the quota. */
export class SparseContents {
  static PAGE_BYTES = PAGE_BYTES;
  /** @type {Map<number, Uint8Array<ArrayBuffer>>} */
  #pages = new Map();
  #quota;

  /** @param {Quota} quota */
  constructor(quota) {
    this.#quota = quota;
  }

  /**
   * @param {Quota} quota against which the pages were counted
   * @param {{ position: number, bytes: Uint8Array }[]} extents each in a page of its own, at its beginning
   */
  static of(quota, extents) {
    const contents = new SparseContents(quota);
    for (const { position, bytes } of extents) {
      const page = new Uint8Array(PAGE_BYTES);
      page.set(bytes);
      contents.#pages.set(position / PAGE_BYTES, page);
    }
    return contents;
  }

  /** What it counts against the quota. */
  get bytes() {
    return this.#pages.size * PAGE_BYTES;
  }

  /**
   * @param {number} position
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   */
  read(position, target, pointer, length) {
    for (let done = 0; done < length; ) {
      const at = (position + done) % PAGE_BYTES;
      const count = Math.min(length - done, PAGE_BYTES - at);
      const page = this.#pages.get(Math.floor((position + done) / PAGE_BYTES));
      if (page === undefined) target.fill(0, pointer + done, pointer + done + count);
      else copyBytes(page, at, count, target, pointer + done);
      done += count;
    }
  }

  /**
   * @param {number} position
   * @param {Uint8Array} source
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes were written: less than `length` when the quota is used up
   */
  write(position, source, pointer, length) {
    let done = 0;
    while (done < length) {
      const number = Math.floor((position + done) / PAGE_BYTES);
      const at = (position + done) % PAGE_BYTES;
      const count = Math.min(length - done, PAGE_BYTES - at);
      let page = this.#pages.get(number);
      if (page === undefined) {
        if (this.#quota.bytesFree < PAGE_BYTES) break;
        this.#quota.bytesFree -= PAGE_BYTES;
        page = new Uint8Array(PAGE_BYTES);
        this.#pages.set(number, page);
      }
      copyBytes(source, pointer + done, count, page, at);
      done += count;
    }
    return done;
  }

  /** Forgets what lies behind a size. @param {number} size */
  truncate(size) {
    const last = Math.floor(size / PAGE_BYTES);
    for (const number of this.#pages.keys()) {
      if (number < last || (number === last && size % PAGE_BYTES !== 0)) continue;
      this.#pages.delete(number);
      this.#quota.bytesFree += PAGE_BYTES;
    }
    this.#pages.get(last)?.fill(0, size % PAGE_BYTES);
  }

  /** Where there are bytes, in the order of positions. @returns {{ position: number, bytes: Uint8Array<ArrayBuffer> }[]} */
  extents() {
    const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
    return numbers.map((number) => ({
      position: number * PAGE_BYTES,
      bytes: /** @type {Uint8Array<ArrayBuffer>} */ (this.#pages.get(number)),
    }));
  }
}
