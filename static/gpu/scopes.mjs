/** Error scopes around what is asked of a device (WebGPU, section 22.2). */

import { lostError, scopedError } from "./errors.mjs";

/** @typedef {import("../rpc.mjs").KernelError} KernelError */
/** @typedef {import("./errors.mjs").Filter} Filter */
/** What the scopes have caught; null where there was no answer, as of a device that was lost meanwhile. @typedef {(GPUError | null)[] | null} Caught */

/** @type {Filter[]} */
const FILTERS = ["validation", "out-of-memory", "internal"];

/**
 * Does `work` while the first `count` kinds of errors are caught: validation, out of memory, internal. Each costs about
 * as much as a small command.
 * @template T
 * @param {GPUDevice} device
 * @param {number} count
 * @param {() => T} work
 * @returns {{ value: T, caught: Promise<Caught> }} the answers of earlier scopes arrive earlier
 */
export function inScopes(device, count, work) {
  /** @type {Promise<Caught> | undefined} */
  let caught;
  for (let i = count; i > 0; i--) device.pushErrorScope(FILTERS[i - 1]);
  try {
    const value = work();
    caught = popScopes(device, count);
    return { value, caught };
  } finally {
    if (caught === undefined) void popScopes(device, count);
  }
}

/**
 * @param {GPUDevice} device
 * @param {number} count
 * @returns {Promise<Caught>} never rejects
 */
function popScopes(device, count) {
  const answers = count === 1 ? device.popErrorScope().then((error) => [error]) : Promise.all(popped(device, count));
  return answers.catch(() => null);
}

/** @param {GPUDevice} device @param {number} count */
function popped(device, count) {
  return Array.from({ length: count }, () => device.popErrorScope());
}

/**
 * @param {Caught} caught
 * @param {string} doing
 * @returns {KernelError | null}
 */
export function errorOf(caught, doing) {
  if (caught === null) return lostError("unknown", "it does not answer any more");
  const error = caught.find((one) => one !== null);
  return error ? scopedError(error, doing) : null;
}
