import { outputLimitReached } from "./exit.mjs";
import { copyBytes } from "./guest-memory.mjs";
import { ERRNO_SUCCESS } from "./wasi/abi.mjs";

/** @typedef {import("./clock.mjs").Clock} Clock */
/** @typedef {import("./turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").Post} Post */

/** Output that is collected before it is sent. */
export const BUFFER_BYTES = 65_536;
/** The most that is sent in one message. */
const MESSAGE_BYTES = 1_048_576;
/** Writes that are sent at once in every window of time, so that what a program says before it computes is seen. */
const PROMPT_WRITES = 32;
const PROMPT_WINDOW_MILLISECONDS = 4;

/**
 * Bytes on their way out: collected, sent in the order they were written over both streams, counted against the limit, and
 * held back when the receiver does not keep up.
 */
export class StandardOutput {
  bytesWritten = 0;
  messages = 0;
  #post;
  #clock;
  #turnstile;
  #end;
  #window;
  #limit;
  /** @type {1 | 2} */
  #fd = 1;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #unacknowledged = 0;
  #prompts = PROMPT_WRITES;
  #windowFrom = 0;
  /** @type {(() => void) | null} */
  #drained = null;

  /**
   * @param {object} parts
   * @param {Post} parts.post
   * @param {Clock} parts.clock
   * @param {Turnstile} parts.turnstile
   * @param {(ending: Ending) => never} parts.end
   * @param {number} parts.window
   * @param {number} parts.limit
   */
  constructor({ post, clock, turnstile, end, window, limit }) {
    this.#post = post;
    this.#clock = clock;
    this.#turnstile = turnstile;
    this.#end = end;
    this.#window = window;
    this.#limit = limit;
  }

  /**
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @returns {number} length
   */
  write(fd, bytes, pointer, length) {
    if (fd !== this.#fd) {
      this.flush();
      this.#fd = fd;
    }
    if (this.bytesWritten + length > this.#limit) {
      this.#append(bytes, pointer, this.#limit - this.bytesWritten);
      this.flush();
      this.#end(outputLimitReached(this.#limit));
    }
    this.#append(bytes, pointer, length);
    return length;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  #append(bytes, pointer, length) {
    this.bytesWritten += length;
    const room = BUFFER_BYTES - this.#used;
    if (length > room) {
      copyBytes(bytes, pointer, room, this.#buffer, this.#used);
      this.#used = BUFFER_BYTES;
      this.flush();
      pointer += room;
      length -= room;
      for (; length >= BUFFER_BYTES; pointer += MESSAGE_BYTES, length -= MESSAGE_BYTES) {
        this.#sendAway(bytes.slice(pointer, pointer + Math.min(length, MESSAGE_BYTES)));
        if (length <= MESSAGE_BYTES) return;
      }
    }
    copyBytes(bytes, pointer, length, this.#buffer, this.#used);
    this.#used += length;
  }

  flush() {
    if (this.#used === 0) return;
    // A full buffer is cloned by the message and stays: a transferred copy would cost the program fresh pages.
    if (this.#used === BUFFER_BYTES) this.#send(this.#buffer, []);
    else this.#sendAway(this.#buffer.slice(0, this.#used));
    this.#used = 0;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #sendAway(bytes) {
    this.#send(bytes, [bytes.buffer]);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes @param {Transferable[]} transfer */
  #send(bytes, transfer) {
    this.#unacknowledged += bytes.length;
    this.messages++;
    this.#post({ type: "output", fd: this.#fd, bytes }, transfer);
  }

  /** The receiver has dealt with this many bytes. @param {number} bytes */
  acknowledge(bytes) {
    this.#unacknowledged -= bytes;
    if (this.#drained !== null && this.#unacknowledged <= this.#window) {
      this.#drained();
      this.#drained = null;
    }
  }

  /** After a whole write: sends what should be seen now, and waits for a slow receiver. @returns {number | Promise<number>} */
  settled() {
    const tick = this.#clock.readTick();
    if (this.#prompts > 0) {
      this.#prompts--;
      this.flush();
    } else if (tick - this.#windowFrom >= PROMPT_WINDOW_MILLISECONDS || tick < this.#windowFrom) {
      this.#windowFrom = tick;
      this.#prompts = PROMPT_WRITES;
      this.flush();
    }
    const turnstile = this.#turnstile;
    if (this.#unacknowledged > this.#window && turnstile.controllable && turnstile.suspendable) {
      return turnstile.wait("fd_write", () => new Promise((resolve) => (this.#drained = () => resolve(ERRNO_SUCCESS))));
    }
    return turnstile.turnIfTicked();
  }
}
