/** How values are written for people. */

// Controls (C0, C1), line separators, and the characters that reorder or hide their neighbours (Unicode TR 36, section 3.2).
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/**
 * Whether a character has no look of its own and could deceive about its neighbours.
 *
 * @param {string} character
 */
export function isUnprintable(character) {
  return character.search(UNPRINTABLE) >= 0;
}

/**
 * Text that may come from anyone, fit to stand in a line: what cannot be seen is written as an escape, and it is cut at `limit`
 * characters.
 *
 * @param {string} text
 * @param {number} limit
 */
export function visible(text, limit = 200) {
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const cut = characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : characters.join("");
  return cut.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

const UNITS = ["B", "kB", "MB", "GB"];

/**
 * A size in bytes as people read it: `512 B`, `9.6 MB`. Decimal units, as download sizes are given everywhere.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * A moment as the time of day, `14:03:27` or with milliseconds `14:03:27.042`.
 *
 * @param {Date} moment
 */
export function clock(moment, { milliseconds = false } = {}) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  return milliseconds ? `${time}.${String(moment.getMilliseconds()).padStart(3, "0")}` : time;
}

/**
 * The first group of a GUID: enough to tell processes apart on a screen, and what `aik kill` accepts as a prefix.
 *
 * @param {string} id
 */
export function shortId(id) {
  return visible(id.split("-", 1)[0] ?? id, 12);
}

/**
 * What an error says and its code, taken apart: a kernel's messages end in their code.
 *
 * @param {unknown} error
 * @returns {{ code: string, message: string }}
 */
export function describeError(error) {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  return { code, message: message.replace(/\s*ErrorCode=[A-Z0-9_]+\s*$/u, "") };
}
