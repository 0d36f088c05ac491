/** An edited line as the terminal shows it: drawn at the cursor, taken away for output, drawn again after it. */

import { layOut, windowOf } from "./line-layout.mjs";

/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */
/** @typedef {import("./line-buffer.mjs").LineBuffer} LineBuffer */

const up = (/** @type {number} */ rows) => (rows > 0 ? `\x1b[${rows}A` : "");
const column = (/** @type {number} */ index) => (index > 0 ? `\r\x1b[${index}C` : "\r");
const ERASE_BELOW = "\x1b[J";

export class InputArea {
  #view;
  #buffer;
  /** Where the drawn line begins, and on which of its rows the cursor stands; null while nothing is drawn. @type {{ startColumn: number, cursorRow: number } | null} */
  #drawn = null;

  /**
   * @param {TerminalView} view
   * @param {LineBuffer} buffer
   */
  constructor(view, buffer) {
    this.#view = view;
    this.#buffer = buffer;
  }

  get shown() {
    return this.#drawn !== null;
  }

  /** Begins at the terminal's cursor, which must be known: everything written before has been taken. */
  show() {
    const at = this.#view.cursorColumn;
    const wraps = at >= this.#view.columns;
    this.#drawn = { startColumn: wraps ? 0 : at, cursorRow: 0 };
    void this.#view.write((wraps ? " \r" : "") + this.#drawing());
  }

  /** Shows what the buffer holds now. */
  redraw() {
    if (this.#drawn) void this.#view.write(this.#back() + this.#drawing());
  }

  /** Takes the line away; the cursor stands where it began. */
  async hide() {
    if (!this.#drawn) return;
    const erase = this.#back() + ERASE_BELOW;
    this.#drawn = null;
    await this.#view.write(erase);
  }

  /** Leaves the line on the screen for good. @param {string} tail follows the line */
  async commit(tail = "\r\n") {
    if (!this.#drawn) return;
    const { length } = this.#buffer.text;
    const drawing = this.#back() + this.#drawing(length) + tail;
    this.#drawn = null;
    await this.#view.write(drawing);
  }

  #back() {
    if (!this.#drawn) return "";
    return up(this.#drawn.cursorRow) + column(this.#drawn.startColumn);
  }

  #drawing(cursor = this.#buffer.cursor) {
    if (!this.#drawn) return "";
    const { columns, rows } = this.#view;
    const { startColumn } = this.#drawn;
    // One row stays free for the cursor behind a full last row.
    const capacity = Math.max(columns * (rows - 1) - startColumn, 8);
    const part = windowOf(this.#buffer.text, cursor, capacity);
    const { drawing, cursor: place, end } = layOut(part.text, part.cursor, { startColumn, columns });
    this.#drawn.cursorRow = place.row;
    return drawing + ERASE_BELOW + up(end.row - place.row) + column(place.column);
  }
}
