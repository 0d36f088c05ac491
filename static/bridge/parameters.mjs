/** Checks of what the other side of a channel gives: a program must not be ended by somebody else's slip. */

import { INPUT_RECORD_BYTES } from "../process/devices/input-format.mjs";
import { KernelError } from "../rpc.mjs";

/**
 * @param {unknown} value
 * @param {string} what for the message
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {KernelError} WASM_ARGUMENTS_INVALID
 */
export function requireBytes(value, what) {
  if (value instanceof Uint8Array) return /** @type {Uint8Array<ArrayBuffer>} */ (value);
  throw new KernelError(`${what} must be bytes, not ${kindOf(value)}.`, "WASM_ARGUMENTS_INVALID");
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {string}
 * @throws {KernelError} WASM_ARGUMENTS_INVALID
 */
export function requireText(value, what) {
  if (typeof value === "string") return value;
  throw new KernelError(`${what} must be text, not ${kindOf(value)}.`, "WASM_ARGUMENTS_INVALID");
}

/**
 * @param {unknown} value
 * @returns {Uint8Array<ArrayBuffer>} whole records for /dev/input/events
 * @throws {KernelError} WASM_ARGUMENTS_INVALID, WASM_INPUT_RECORD_INCOMPLETE
 */
export function requireRecords(value) {
  const bytes = requireBytes(value, "Input");
  if (bytes.length % INPUT_RECORD_BYTES === 0) return bytes;
  throw new KernelError(
    `${bytes.length} bytes of input are no whole records, which have ${INPUT_RECORD_BYTES} bytes each (include/aikernel.h); none was given.`,
    "WASM_INPUT_RECORD_INCOMPLETE",
  );
}

/** @param {unknown} value */
function kindOf(value) {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
