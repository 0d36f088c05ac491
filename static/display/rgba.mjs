import { KernelError } from "../rpc.mjs";

/** @typedef {{ width: number, height: number, format: string, sequence: number, bytes: Uint8Array }} Frame */

/** Whether a word's first byte in memory is its lowest. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * How the pixels of each format but `rgba8888` are written as those of a canvas (process/devices/pixel-formats.mjs).
 * @type {Readonly<Record<string, (from: Uint8Array, to: Uint8ClampedArray) => void>>}
 */
const CONVERSIONS = Object.freeze({
  bgra8888: (from, to) => {
    for (let at = 0; at < to.length; at += 4) {
      to[at] = byteAt(from, at + 2);
      to[at + 1] = byteAt(from, at + 1);
      to[at + 2] = byteAt(from, at);
      to[at + 3] = byteAt(from, at + 3);
    }
  },
  rgb888: (from, to) => {
    for (let at = 0, source = 0; at < to.length; at += 4, source += 3) {
      to[at] = byteAt(from, source);
      to[at + 1] = byteAt(from, source + 1);
      to[at + 2] = byteAt(from, source + 2);
      to[at + 3] = 255;
    }
  },
  rgb565: (from, to) => {
    for (let at = 0, source = 0; at < to.length; at += 4, source += 2) {
      const word = byteAt(from, source) | (byteAt(from, source + 1) << 8);
      const red = word >>> 11;
      const green = (word >>> 5) & 63;
      const blue = word & 31;
      // The upper bits again below: the brightest of 5 or 6 bits is 255, the darkest 0.
      to[at] = (red << 3) | (red >>> 2);
      to[at + 1] = (green << 2) | (green >>> 4);
      to[at + 2] = (blue << 3) | (blue >>> 2);
      to[at + 3] = 255;
    }
  },
  gray8: (from, to) => {
    const words = new Uint32Array(to.buffer, to.byteOffset, to.length / 4);
    const alpha = LITTLE_ENDIAN ? 0xff00_0000 : 0xff;
    const shift = LITTLE_ENDIAN ? 0 : 8;
    for (let at = 0; at < words.length; at++) words[at] = ((byteAt(from, at) * 0x01_0101) << shift) | alpha;
  },
});

/** @type {Readonly<Record<string, number>>} */
const PIXEL_BYTES = Object.freeze({ rgba8888: 4, bgra8888: 4, rgb888: 3, rgb565: 2, gray8: 1 });

/**
 * A frame as a canvas takes it: without a copy where it is `rgba8888` already.
 * @param {Frame} frame
 * @param {ImageData | null} spare of an earlier frame, written over where it fits
 * @returns {ImageData}
 * @throws {KernelError} DISPLAY_FRAME_INVALID
 */
export function imageOf({ width, height, format, bytes }, spare) {
  const size = Object.hasOwn(PIXEL_BYTES, format) ? /** @type {number} */ (PIXEL_BYTES[format]) : 0;
  if (size === 0 || bytes.length !== width * height * size) {
    throw new KernelError(
      `A frame of ${bytes.length} bytes is no picture of ${width} by ${height} pixels in ${JSON.stringify(format)}.`,
      "DISPLAY_FRAME_INVALID",
    );
  }
  const convert = CONVERSIONS[format];
  if (convert === undefined) {
    const pixels = /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
    return new ImageData(new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length), width, height);
  }
  const image = spare?.width === width && spare.height === height ? spare : new ImageData(width, height);
  convert(bytes, image.data);
  return image;
}

/** @param {Uint8Array} bytes @param {number} at */
function byteAt(bytes, at) {
  return /** @type {number} */ (bytes[at]);
}
