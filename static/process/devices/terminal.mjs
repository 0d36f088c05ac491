import { Wakeup } from "../wakeup.mjs";
import { ERRNO_INVAL, ERRNO_SUCCESS } from "../wasi/abi.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../protocol.mjs").Post} Post */

/** The page hears of changes no oftener than this: a program may switch in a loop. */
const TELL_EVERY_MILLISECONDS = 20;

/**
 * The program's side of its terminal, behind /dev/consctl (Plan 9's cons(3)). The line discipline itself belongs to the terminal
 * on the page: `rawon` asks it to hand over every key as it is struck, without echo, editing and interrupts; `rawoff` gives
 * them back. Unlike in Plan 9 it stays raw when the file is closed, so that a script can switch it; it ends with the process.
 */
export class Terminal {
  changed = new Wakeup();
  raw = false;
  #columns;
  #rows;
  #clock;
  #post;
  /** What the page was told last. */
  #told = false;
  #toldAt = 0;
  #timer = 0;

  /** @param {number} columns @param {number} rows @param {{ clock: Clock, post: Post }} process */
  constructor(columns, rows, { clock, post }) {
    this.#columns = columns;
    this.#rows = rows;
    this.#clock = clock;
    this.#post = post;
  }

  /** The state as /dev/consctl tells it. */
  describe() {
    return `size ${this.#columns} ${this.#rows}\nraw ${this.raw ? "on" : "off"}\n`;
  }

  /** @param {string[]} words @returns {number} errno */
  command([name, ...more]) {
    if ((name !== "rawon" && name !== "rawoff") || more.length > 0) return ERRNO_INVAL;
    this.raw = name === "rawon";
    const elapsed = this.#clock.readTick() - this.#toldAt;
    // Negative when the system's clock was set back.
    if (elapsed >= TELL_EVERY_MILLISECONDS || elapsed < 0) this.#tell();
    else if (this.#timer === 0) this.#timer = setTimeout(() => this.#tell(), TELL_EVERY_MILLISECONDS);
    return ERRNO_SUCCESS;
  }

  /** The terminal on the page has another size. @param {number} columns @param {number} rows */
  resize(columns, rows) {
    this.#columns = columns;
    this.#rows = rows;
    this.changed.wake();
  }

  /** Goes on with the keys as they were taken then; the size is the page's. @param {boolean} raw */
  resume(raw) {
    this.raw = raw;
    this.#tell();
  }

  /** The process has ended: its terminal is as before. */
  finish() {
    this.raw = false;
    this.#tell();
  }

  #tell() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.raw === this.#told) return;
    this.#told = this.raw;
    this.#toldAt = this.#clock.readTick();
    this.#post({ type: "terminal", raw: this.raw });
  }
}
