/**
 * How pixels lie in memory, by the names that /dev/fb/ctl knows and a frame carries: bytes in the order of the name (so
 * `rgba8888` is what a canvas takes), no padding between pixels or rows, rows from the top. `rgb565` is a little-endian
 * word with red in the upper bits. `indexed8` is a number into the palette; frames of it are handed on as `rgba8888`.
 */
export const PIXEL_FORMATS = Object.freeze({
  rgba8888: 4,
  bgra8888: 4,
  rgb888: 3,
  rgb565: 2,
  gray8: 1,
  indexed8: 1,
});

/** @typedef {keyof typeof PIXEL_FORMATS} PixelFormat */

export const PALETTE_ENTRIES = 256;

/** @param {string | undefined} name @returns {name is PixelFormat} */
export function isPixelFormat(name) {
  return name !== undefined && Object.hasOwn(PIXEL_FORMATS, name);
}

/** The colours of `indexed8`, each four bytes. It begins as shades of grey. */
export class Palette {
  #bytes = new Uint8Array(PALETTE_ENTRIES * 4);
  #words = new Uint32Array(this.#bytes.buffer);

  constructor() {
    for (let shade = 0; shade < PALETTE_ENTRIES; shade++) this.#bytes.set([shade, shade, shade, 255], shade * 4);
  }

  /** The colours, one after another. */
  get bytes() {
    return this.#bytes;
  }

  /**
   * @param {number} index
   * @param {string} colour `rrggbb` or `rrggbbaa`, hexadecimal
   * @returns {boolean} false for what is no colour
   */
  set(index, colour) {
    if (!/^(?:[0-9a-f]{6}|[0-9a-f]{8})$/i.test(colour)) return false;
    const value = Number.parseInt(colour.padEnd(8, "f"), 16);
    this.#bytes.set([value >>> 24, value >>> 16, value >>> 8, value], index * 4);
    return true;
  }

  /**
   * @param {Uint8Array} indices
   * @param {Uint32Array} pixels as many, in the order of bytes of `rgba8888`
   */
  expand(indices, pixels) {
    const words = this.#words;
    for (let i = 0; i < indices.length; i++) {
      pixels[i] = /** @type {number} */ (words[/** @type {number} */ (indices[i])]);
    }
  }
}
