/** Where the characters of an edited line stand once the terminal has wrapped them. */

import { characterWidth } from "./character-width.mjs";
import { isUnprintable } from "./text.mjs";

const TAB = "    ";
const CUT = "…";

/** @typedef {{ row: number, column: number }} Place  rows count from the row where the line begins */

/** What stands on the screen for a character: nothing that is in a command stays unseen. @param {string} character */
function shown(character) {
  if (character === "\t") return TAB;
  return isUnprintable(character) ? "\ufffd" : character;
}

/** @param {string} text */
function cells(text) {
  let total = 0;
  for (const character of text) total += characterWidth(/** @type {number} */ (character.codePointAt(0)));
  return total;
}

/**
 * Follows the terminal's own wrapping: a character that does not fit goes to the next row as a whole.
 *
 * @param {string} text
 * @param {number} cursor offset in `text`
 * @param {{ startColumn: number, columns: number }} area
 * @returns {{ drawing: string, cursor: Place, end: Place }}
 */
export function layOut(text, cursor, { startColumn, columns }) {
  let row = 0;
  let column = startColumn;
  let drawing = "";
  let offset = 0;
  /** @type {Place | null} */
  let place = null;
  for (const character of text) {
    for (const part of shown(character)) {
      const width = characterWidth(/** @type {number} */ (part.codePointAt(0)));
      if (column + width > columns) {
        row += 1;
        column = 0;
      }
      if (place === null && offset >= cursor) place = { row, column };
      column += width;
      drawing += part;
    }
    offset += character.length;
  }
  if (column >= columns) {
    // A terminal wraps only when the next character comes: make it wrap now, so that the cursor can stand there.
    drawing += " \r";
    row += 1;
    column = 0;
  }
  const end = { row, column };
  return { drawing, cursor: place ?? end, end };
}

/**
 * The part of a line around its cursor that fits into so many cells; all of it where it fits.
 *
 * @param {string} text
 * @param {number} cursor
 * @param {number} capacity cells
 * @returns {{ text: string, cursor: number }}
 */
export function windowOf(text, cursor, capacity) {
  if (text.length * 4 <= capacity) return { text, cursor };
  const characters = Array.from(text);
  const widths = characters.map((character) => cells(shown(character)));
  if (widths.reduce((sum, width) => sum + width, 0) <= capacity) return { text, cursor };
  let index = 0;
  for (let offset = 0; offset < cursor; index += 1) offset += /** @type {string} */ (characters[index]).length;
  let first = index;
  let last = index;
  let left = Math.max(capacity - 2, 2);
  const width = (/** @type {number} */ at) => /** @type {number} */ (widths[at]);
  for (let half = Math.floor(left / 2); first > 0 && width(first - 1) <= half; left -= width(first)) {
    first -= 1;
    half -= width(first);
  }
  for (; last < characters.length && width(last) <= left; last += 1) left -= width(last);
  const before = (first > 0 ? CUT : "") + characters.slice(first, index).join("");
  const after = characters.slice(index, last).join("") + (last < characters.length ? CUT : "");
  return { text: before + after, cursor: before.length };
}
