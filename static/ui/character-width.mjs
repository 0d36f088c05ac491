/**
 * How many terminal cells a character takes (Unicode Standard Annex 11, East Asian Width; Unicode Technical Standard 51, emoji).
 *
 * The terminal and the line editor measure with this one table, so the editor always knows where the cursor is.
 */

/** @typedef {0 | 1 | 2} Width */

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;

/** Ranges of East Asian Width W and F that are no emoji. */
const WIDE = [
  [0x1100, 0x115f], // Hangul Jamo, leading consonants
  [0x2329, 0x232a],
  [0x2e80, 0x303e], // CJK radicals, Kangxi, ideographic punctuation
  [0x3041, 0xa4cf], // Kana, CJK unified ideographs, Yi
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60], // fullwidth forms
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff], // Tangut, Khitan
  [0x18d00, 0x18d08],
  [0x1aff0, 0x1b2fb], // Kana supplements, Nushu
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd], // CJK extensions
];

/** @param {number} code @returns {Width} */
function measure(code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code === 0xad) return 1; // the soft hyphen is shown
  if (code >= 0x1160 && code <= 0x11ff) return 0; // Hangul vowels and finals join the leading consonant
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return 1; // two regional indicators make one flag
  const character = String.fromCodePoint(code);
  if (ZERO.test(character)) return 0;
  if (WIDE.some(([first, last]) => code >= /** @type {number} */ (first) && code <= /** @type {number} */ (last))) return 2;
  return EMOJI.test(character) ? 2 : 1;
}

/** @type {Map<number, Width>} */
const measured = new Map();

/**
 * The cells one code point takes: 0 for what joins its predecessor, 2 for wide ones.
 *
 * @param {number} code
 * @returns {Width}
 */
export function characterWidth(code) {
  if (code >= 0x20 && code < 0x7f) return 1;
  let width = measured.get(code);
  if (width === undefined) {
    width = measure(code);
    measured.set(code, width);
  }
  return width;
}

/**
 * The same widths for the terminal. A character's properties are packed as xterm.js packs them: bit 0 whether it joins the
 * character before it, bits 1 and 2 the width (`UnicodeService.createPropertyValue`).
 */
export const unicodeProvider = {
  version: "aikernel",
  wcwidth: characterWidth,
  /**
   * @param {number} code
   * @param {number} preceding
   */
  charProperties(code, preceding) {
    const width = characterWidth(code);
    const before = (preceding >> 1) & 3;
    const joins = width === 0 && before > 0;
    return ((joins ? before : width) << 1) | (joins ? 1 : 0);
  },
};
