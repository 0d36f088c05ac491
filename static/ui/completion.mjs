/** What Tab makes of a line's last word, and how several choices are listed. */

import { characterWidth } from "./character-width.mjs";
import { quoted } from "./program-file.mjs";
import { visible } from "./text.mjs";

const LISTED = 200;

/**
 * @param {string} before the line up to the cursor
 * @param {string[]} candidates what the line's last word may become, unquoted
 * @returns {{ before: string, choices: string[] }} the line up to the cursor now, and what to show when that is no longer
 */
export function applyCompletion(before, candidates) {
  const word = /** @type {RegExpExecArray} */ (/[^ ]*$/u.exec(before))[0];
  const kept = before.slice(0, before.length - word.length);
  const fitting = candidates.filter((candidate) => candidate.startsWith(word));
  const [first] = fitting;
  if (first === undefined) return { before, choices: [] };
  if (fitting.length === 1) return { before: `${kept}${quoted(first)} `, choices: [] };
  const prefix = commonPrefix(fitting);
  // A part of a word cannot be quoted: the closing quote is still to come.
  if (prefix !== word && quoted(prefix) === prefix) return { before: kept + prefix, choices: [] };
  return { before, choices: fitting };
}

/** @param {string[]} words at least one */
function commonPrefix(words) {
  const sorted = [...words].sort();
  const first = Array.from(/** @type {string} */ (sorted[0]));
  const last = Array.from(/** @type {string} */ (sorted.at(-1)));
  const differs = first.findIndex((character, index) => character !== last[index]);
  return first.slice(0, differs < 0 ? first.length : differs).join("");
}

/**
 * Words in columns, down and then across, as `ls` lists them.
 *
 * @param {string[]} words
 * @param {number} width cells in a row
 */
export function columnsOf(words, width) {
  const shown = words.slice(0, LISTED).map((word) => visible(word, Math.max(width - 1, 8)));
  const widths = shown.map(cells);
  const wide = Math.max(...widths) + 2;
  const columns = Math.max(1, Math.floor(width / wide));
  const rows = Math.ceil(shown.length / columns);
  let list = "";
  for (let row = 0; row < rows; row += 1) {
    let line = "";
    for (let index = row; index < shown.length; index += rows) {
      const last = index + rows >= shown.length;
      line += shown[index] + (last ? "" : " ".repeat(wide - /** @type {number} */ (widths[index])));
    }
    list += `${line}\r\n`;
  }
  return words.length > LISTED ? `${list}… and ${words.length - LISTED} more\r\n` : list;
}

/** @param {string} text */
function cells(text) {
  let total = 0;
  for (const character of text) total += characterWidth(/** @type {number} */ (character.codePointAt(0)));
  return total;
}
