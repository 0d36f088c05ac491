/** Tells whether what is drawn into a WebGPU canvas is there: true, or why it is not. */

import { Screen } from "./screen.mjs";

/** Red, green, blue, as bytes and as parts of 1. */
const COLOUR = /** @type {const} */ ([255, 102, 0]);
const TOLERANCE = 2;

/** @returns {Promise<true | string>} */
async function check() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return "no adapter";
  if (adapter.info.isFallbackAdapter) return "a software adapter";
  const device = await adapter.requestDevice();
  const screen = new Screen(device, 1, 1);
  screen.clear(COLOUR.map((value) => value / 255));
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (context === null) return "no 2-D canvas";
  context.drawImage(screen.take(), 0, 0);
  const { data } = context.getImageData(0, 0, 1, 1);
  return COLOUR.every((value, at) => Math.abs(value - /** @type {number} */ (data[at])) <= TOLERANCE) || "nothing was drawn";
}

void check().then(
  (answer) => postMessage(answer),
  (error) => postMessage(String(error)),
);
