import { copyBytes } from "./guest-memory.mjs";
import { Wakeup } from "./wakeup.mjs";

/** Bytes that are taken before the sender is told. */
const ACKNOWLEDGED_BYTES = 1 << 20;

/** Bytes on their way into the program. */
export class StandardInput {
  /** Tells the sender how many bytes the program has taken since it was last told. @type {(bytes: number) => void} */
  acknowledge = () => {};
  ended = false;
  available = 0;
  bytesRead = 0;
  /** @type {Uint8Array[]} */
  #chunks = [];
  /** Chunks before this are used up; the array is cut now and then, never shifted. */
  #first = 0;
  #offset = 0;
  #unacknowledged = 0;
  /** Woken by bytes and by the end. */
  arrived = new Wakeup();

  /** @param {Uint8Array} bytes */
  push(bytes) {
    if (this.ended || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.available += bytes.length;
    this.arrived.wake();
  }

  end() {
    this.ended = true;
    this.arrived.wake();
  }

  /**
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes were there
   */
  take(target, pointer, length) {
    let taken = 0;
    while (taken < length && this.#first < this.#chunks.length) {
      const chunk = /** @type {Uint8Array} */ (this.#chunks[this.#first]);
      const size = Math.min(length - taken, chunk.length - this.#offset);
      copyBytes(chunk, this.#offset, size, target, pointer + taken);
      taken += size;
      this.#offset += size;
      if (this.#offset === chunk.length) this.#next();
    }
    this.available -= taken;
    this.bytesRead += taken;
    this.#unacknowledged += taken;
    if (this.#unacknowledged >= ACKNOWLEDGED_BYTES) {
      this.acknowledge(this.#unacknowledged);
      this.#unacknowledged = 0;
    }
    return taken;
  }

  /** What was not read yet, in a copy. */
  unread() {
    const bytes = new Uint8Array(this.available);
    let at = 0;
    for (const chunk of this.#chunks.slice(this.#first)) {
      const rest = at === 0 ? chunk.subarray(this.#offset) : chunk;
      bytes.set(rest, at);
      at += rest.length;
    }
    return bytes;
  }

  /**
   * Goes on with other bytes than those that are here, which count as read to their sender; nobody sends the new ones.
   * @param {{ unread: Uint8Array, ended: boolean, bytesRead: number }} saved
   */
  resume({ unread, ended, bytesRead }) {
    this.#unacknowledged += this.available - unread.length;
    this.#chunks = unread.length === 0 ? [] : [unread.slice()];
    this.#first = this.#offset = 0;
    this.available = unread.length;
    this.bytesRead = bytesRead;
    this.ended = ended;
    if (this.#unacknowledged < ACKNOWLEDGED_BYTES) return;
    this.acknowledge(this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  #next() {
    this.#chunks[this.#first++] = new Uint8Array(0);
    this.#offset = 0;
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Settled when there are bytes or the end. @returns {Promise<void>} */
  changed() {
    return this.available > 0 || this.ended ? Promise.resolve() : this.arrived.wait();
  }
}
