import { copyBytes } from "../guest-memory.mjs";
import { Wakeup } from "../wakeup.mjs";
import { Outbox } from "./outbox.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("../protocol.mjs").Post} Post */

/** The longest line in bytes of UTF-8, without its line break. */
export const EVENT_LINE_BYTES_MAX = 65_536;
/** Lines that wait for the program to read them, and their bytes. */
export const EVENT_QUEUE_LINES = 1024;
export const EVENT_QUEUE_BYTES = 1 << 20;
/** Lines the host is given before it has dealt with any. */
const WINDOW_LINES = 64;
const EMPTY = new Uint8Array(0);
const LINE_BREAK = 10;

/**
 * The two directions of /dev/event. Lines of the host wait from the process's start on, shared by all that have the device open,
 * as a terminal's input is. When too many wait, the oldest make room, and the line {"name":"overflow","lost":N} in their place
 * says how many they were.
 */
export class HostEvents {
  arrived = new Wakeup();
  outbox;
  /** Descriptors with a line that has begun; the end of the process completes it, as closing does. @type {Set<{ close(): void }>} */
  begun = new Set();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #lines = [];
  #bytes = 0;
  #lost = 0;
  /** The line being read. */
  #current = EMPTY;
  #read = 0;
  #post;
  #encoder = new TextEncoder();

  /** @param {{ clock: Clock, turnstile: Turnstile, post: Post, start: { lossless: boolean } }} process */
  constructor(process) {
    this.#post = process.post;
    this.outbox = new Outbox(WINDOW_LINES, process);
  }

  /** Hands a line to the host. @param {string} line */
  publish(line) {
    this.outbox.sent(1);
    this.#post({ type: "event", line });
  }

  /** The process has ended. */
  finish() {
    for (const descriptor of [...this.begun]) descriptor.close();
  }

  /** Bytes that can be read at once, at least. */
  get available() {
    return this.#current.length - this.#read + this.#bytes + Math.sign(this.#lost);
  }

  /** @param {string} line a JSON text from the host; a line break in it is white space between its parts */
  push(line) {
    const bytes = this.#encoder.encode(`${line.replaceAll(/[\r\n]/g, " ")}\n`);
    let dropped = 0;
    if (bytes.length > EVENT_LINE_BYTES_MAX + 1) {
      this.#lost++;
    } else {
      this.#lines.push(bytes);
      this.#bytes += bytes.length;
    }
    while (this.#lines.length - dropped > EVENT_QUEUE_LINES || this.#bytes > EVENT_QUEUE_BYTES) {
      this.#bytes -= /** @type {Uint8Array} */ (this.#lines[dropped++]).length;
    }
    this.#lines.splice(0, dropped);
    this.#lost += dropped;
    this.arrived.wake();
  }

  /** What is to be kept: the lines that wait, and the one that is being read. */
  snapshot() {
    const lines = new Uint8Array(this.#bytes);
    let at = 0;
    for (const line of this.#lines) {
      lines.set(line, at);
      at += line.length;
    }
    return { lines, lost: this.#lost, current: this.#current.slice(), read: this.#read };
  }

  /**
   * Goes on from what was kept; lines that descriptors have begun are theirs.
   * @param {{ lines: Uint8Array, lost: number, current: Uint8Array, read: number }} saved
   */
  resume({ lines, lost, current, read }) {
    this.begun.clear();
    this.#lines = [];
    for (let at = 0, end = 0; at < lines.length; at = end) {
      end = lines.indexOf(LINE_BREAK, at) + 1;
      this.#lines.push(lines.slice(at, end));
    }
    this.#bytes = lines.length;
    this.#lost = lost;
    this.#current = current.slice();
    this.#read = read;
  }

  /**
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes there were
   */
  take(target, pointer, length) {
    let taken = 0;
    while (taken < length && (this.#read < this.#current.length || this.#next())) {
      const size = Math.min(length - taken, this.#current.length - this.#read);
      copyBytes(this.#current, this.#read, size, target, pointer + taken);
      this.#read += size;
      taken += size;
    }
    return taken;
  }

  /** @returns {boolean} whether there is a line to read */
  #next() {
    let line = EMPTY;
    if (this.#lost > 0) {
      line = this.#encoder.encode(`{"name":"overflow","lost":${this.#lost}}\n`);
      this.#lost = 0;
    } else {
      line = this.#lines.shift() ?? EMPTY;
      this.#bytes -= line.length;
    }
    this.#current = line;
    this.#read = 0;
    return line.length > 0;
  }
}
