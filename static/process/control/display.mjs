import { FRAME_SIDE_MAX } from "../devices/framebuffer.mjs";
import { PIXEL_FORMATS, isPixelFormat } from "../devices/pixel-formats.mjs";
import { ERRNO_SUCCESS } from "../wasi/abi.mjs";
import { ControlError } from "./control-error.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/** @type {Readonly<Record<string, import("./control.mjs").Operation>>} */
export const displayOperations = Object.freeze({
  "display.set": set,
  "display.get": ({ devices }) => devices.display.picture(),
});

/**
 * Shows a picture as if the program had drawn it.
 * @param {Process} process
 * @param {Uint8Array} bytes its rows from the top, without gaps
 * @param {number} width
 * @param {number} height
 * @param {string} format of `PIXEL_FORMATS`
 */
function set({ devices }, bytes, width, height, format) {
  const invalid = (/** @type {string} */ message) => new ControlError("WASM_DISPLAY_INVALID", message);
  if (!isPixelFormat(format)) {
    throw invalid(`${JSON.stringify(format)} is no format of pixels: give one of ${Object.keys(PIXEL_FORMATS).join(", ")}`);
  }
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > FRAME_SIDE_MAX) {
      throw invalid(`a picture of ${String(width)} by ${String(height)} cannot be: give sides from 1 to ${FRAME_SIDE_MAX}`);
    }
  }
  const size = width * height * PIXEL_FORMATS[format];
  if (!(bytes instanceof Uint8Array) || bytes.length !== size) {
    const given = bytes instanceof Uint8Array ? `${bytes.length} bytes` : "no bytes";
    throw invalid(`a picture of ${width} by ${height} in ${format} has ${size} bytes, and ${given} were given`);
  }
  const errno = devices.display.draw(bytes, width, height, format);
  if (errno !== ERRNO_SUCCESS) throw new ControlError("WASM_OPERATION_FAILED", "there is no memory left to show the picture in");
}
