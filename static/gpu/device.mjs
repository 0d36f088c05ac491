/** Finding an adapter and opening its device, with all that it has. */

import { KernelError } from "../rpc.mjs";
import { oneLine } from "./errors.mjs";
import { answeredWithin } from "./patience.mjs";

/** A GPU process that waits for another page's endless kernel never answers: so long it is waited for, for all that is asked. */
const ANSWER_SECONDS = 30;

/**
 * What Python is told of a device.
 * @typedef {object} DeviceFacts
 * @property {Record<string, string | boolean>} adapter
 * @property {string[]} features
 * @property {Record<string, number>} limits
 * @property {string[]} languageFeatures
 */

/**
 * Opens a device with every feature and limit of its adapter: the defaults are made for the weakest of all GPUs.
 * @returns {Promise<GPUDevice>}
 * @throws {KernelError} WEBGPU_UNSUPPORTED, WEBGPU_NO_ADAPTER, WEBGPU_DEVICE_REFUSED, WEBGPU_TIMEOUT
 */
export async function openDevice() {
  const gpu = /** @type {GPU | undefined} */ (navigator.gpu);
  if (gpu === undefined) {
    throw new KernelError(
      globalThis.isSecureContext
        ? "This browser has no WebGPU (navigator.gpu): use one that has it."
        : "This page has no WebGPU (navigator.gpu), because it was not loaded securely: load it from https or from localhost.",
      "WEBGPU_UNSUPPORTED",
    );
  }
  const deadline = performance.now() + ANSWER_SECONDS * 1000;
  const adapter = await foundAdapter(gpu, deadline);
  try {
    return await answeredBy(
      deadline,
      adapter.requestDevice({
        label: "aikernel",
        requiredFeatures: /** @type {GPUFeatureName[]} */ ([...adapter.features]),
        requiredLimits: limitsOf(adapter.limits),
      }),
    );
  } catch (error) {
    if (error instanceof KernelError) throw error;
    throw new KernelError(`The adapter gives no device: ${textOf(error)}`, "WEBGPU_DEVICE_REFUSED");
  }
}

/** @param {GPU} gpu @param {number} deadline */
async function foundAdapter(gpu, deadline) {
  let adapter;
  try {
    adapter = await answeredBy(deadline, gpu.requestAdapter({ powerPreference: "high-performance" }));
  } catch (error) {
    if (error instanceof KernelError) throw error;
    throw new KernelError(`The browser fails to look for a GPU: ${textOf(error)}`, "WEBGPU_NO_ADAPTER");
  }
  if (adapter === null) {
    throw new KernelError(
      "The browser offers no GPU adapter: the GPU or its driver is not supported, or switched off in the browser.",
      "WEBGPU_NO_ADAPTER",
    );
  }
  return adapter;
}

/**
 * @param {GPUDevice} device
 * @returns {DeviceFacts}
 */
export function factsOf(device) {
  const { vendor, architecture, device: name, description, isFallbackAdapter } = device.adapterInfo;
  return {
    adapter: { vendor, architecture, device: name, description, isFallbackAdapter },
    features: [...device.features].sort(),
    limits: limitsOf(device.limits),
    languageFeatures: [...navigator.gpu.wgslLanguageFeatures].sort(),
  };
}

/**
 * @param {GPUSupportedLimits} limits whose properties are its class's, not its own
 * @returns {Record<string, number>}
 */
function limitsOf(limits) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const name in limits) {
    const value = /** @type {any} */ (limits)[name];
    if (typeof value === "number") found[name] = value;
  }
  return found;
}

/**
 * @template T
 * @param {number} deadline on the clock of `performance.now`
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function answeredBy(deadline, promise) {
  const late =
    `The browser does not answer for its GPU in ${ANSWER_SECONDS} s: it may wait for a kernel of another page. ` +
    "Close the browser.";
  return answeredWithin(promise, Math.max(0, deadline - performance.now()) / 1000, late);
}

/** @param {unknown} error */
function textOf(error) {
  return oneLine(error instanceof Error ? error.message : String(error));
}
