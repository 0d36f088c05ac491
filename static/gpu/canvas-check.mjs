/**
 * How pictures get from the GPU to a canvas here. A WebGPU canvas is the short way, where it works; where the browser composes
 * its pages on something else than the GPU that computes (headless Chromium with its software adapter), drawing into one shows
 * nothing, and takes every GPU device of the page with it. So it is tried once, in a worker of its own and before there is
 * anything to lose; and not at all with a software adapter, whose buffers are in main memory already.
 */

import { startModuleWorker } from "../module-worker.mjs";

/** `texture`: drawn into a WebGPU canvas. `pixels`: copied out of a mapped buffer. @typedef {"texture" | "pixels"} Way */

/** Milliseconds that a browser may take to start a worker and to draw one pixel. */
const PATIENCE = 10_000;

/** @type {Promise<Way> | null} */
let found = null;

/**
 * @param {boolean} idle whether no device is open that could be lost by trying
 * @returns {Promise<Way>}
 */
export function wayToCanvas(idle) {
  if (found === null && !idle) return Promise.resolve("pixels");
  found ??= tryCanvas();
  return found;
}

/** @returns {Promise<Way>} */
async function tryCanvas() {
  const worker = startModuleWorker(new URL("canvas-check-worker.mjs", import.meta.url), "aikernel canvas check");
  const { promise, resolve } = /** @type {PromiseWithResolvers<Way>} */ (Promise.withResolvers());
  worker.onmessage = ({ data }) => resolve(data === true ? "texture" : "pixels");
  worker.onerror = (event) => {
    event.preventDefault();
    resolve("pixels");
  };
  const timer = setTimeout(() => resolve("pixels"), PATIENCE);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
