import { readTail, tailState } from "../process/output-tail.mjs";

/** How long what is written may lie unsent before it is fetched. */
const SILENCE_MILLISECONDS = 25;

/**
 * Takes a program's output in: what it sends, and what lies unsent in its tail when it has fallen silent, computes on without a
 * further call, or was killed. Each byte is delivered once, in order.
 */
export class OutputIntake {
  #deliver;
  /** @type {SharedArrayBuffer | null} */
  #tail = null;
  /** Bytes that came in messages. */
  #received = 0;
  /** Bytes delivered: ahead of those received by what was taken from the tail. */
  #delivered = 0;
  #state = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** @param {(fd: 1 | 2, bytes: Uint8Array, time: number) => void} deliver */
  constructor(deliver) {
    this.#deliver = deliver;
  }

  /** @param {SharedArrayBuffer} tail as the program announced it */
  watch(tail) {
    this.#tail = tail;
  }

  /** @param {{ fd: 1 | 2, bytes: Uint8Array, time: number }} message */
  receive({ fd, bytes, time }) {
    const known = Math.min(bytes.length, this.#delivered - this.#received);
    this.#received += bytes.length;
    this.#pass(fd, known > 0 ? bytes.slice(known) : bytes, time);
    // Output collects only right after some was sent: a program that sends nothing needs no watching.
    if (this.#tail !== null && this.#timer === undefined) this.#look(this.#tail);
  }

  /** @param {SharedArrayBuffer} tail */
  #look(tail) {
    this.#state = tailState(tail);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (tailState(tail) !== this.#state || !this.#fetch(tail)) this.#look(tail);
    }, SILENCE_MILLISECONDS);
  }

  /**
   * @param {SharedArrayBuffer} tail
   * @returns {boolean} false when something that was sent before is still on its way
   */
  #fetch(tail) {
    const rest = readTail(tail);
    if (rest === null) return true;
    if (rest.position > this.#delivered) return false;
    this.#pass(rest.fd, rest.bytes.slice(Math.max(0, this.#delivered - rest.position)), Date.now());
    return true;
  }

  /** @param {1 | 2} fd @param {Uint8Array} bytes @param {number} time */
  #pass(fd, bytes, time) {
    if (bytes.length === 0) return;
    this.#delivered += bytes.length;
    this.#deliver(fd, bytes, time);
  }

  /**
   * The program is no more: fetches what it had not sent. Not so if messages were lost with its worker, as happens to one that
   * is killed while it floods: its output ends there, rather than go on behind a gap.
   */
  close() {
    clearTimeout(this.#timer);
    if (this.#tail !== null) this.#fetch(this.#tail);
    this.#tail = null;
  }
}
