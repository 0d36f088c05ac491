/** What the GPU refuses, as errors with codes. */

import { KernelError } from "../rpc.mjs";

/** @typedef {"validation" | "out-of-memory" | "internal"} Filter */

/**
 * The error for what an error scope has caught (WebGPU, section 22.1).
 * @param {GPUError} error
 * @param {string} doing what was tried, as the beginning of a sentence
 * @returns {KernelError}
 */
export function scopedError(error, doing) {
  if (error instanceof GPUOutOfMemoryError) {
    return new KernelError(`${doing}: the device has no memory left (${oneLine(error.message)}).`, "WEBGPU_OUT_OF_MEMORY");
  }
  if (error instanceof GPUValidationError) {
    return new KernelError(`${doing}: the device refuses it: ${oneLine(error.message)}`, "WEBGPU_VALIDATION");
  }
  return new KernelError(`${doing}: the device failed: ${oneLine(error.message)}`, "WEBGPU_INTERNAL");
}

/**
 * @param {string} reason
 * @param {string} message
 * @returns {KernelError}
 */
export function lostError(reason, message) {
  const why = message ? `${reason}: ${oneLine(message)}` : reason;
  return new KernelError(
    `The GPU device is gone (${why}), and with it what was only in its memory: the next use has a fresh one.`,
    "WEBGPU_DEVICE_LOST",
  );
}

/**
 * What a command list says that cannot be done.
 * @param {string} message
 * @returns {KernelError}
 */
export function refused(message) {
  return new KernelError(message, "WEBGPU_VALIDATION");
}

/** @param {string} text */
export function oneLine(text) {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
