import { ControlError } from "./control-error.mjs";
import { displayOperations } from "./display.mjs";
import { fileOperations } from "./files.mjs";
import { moduleOperations } from "./module.mjs";
import { stateOperations } from "./state.mjs";
import { timeOperations } from "./time.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {(process: Process, ...args: any[]) => unknown} Operation answers a plain value, or a promise of one */

/** What the host can ask of a process besides its exports and memory, by name. @type {Readonly<Record<string, Operation>>} */
const OPERATIONS = Object.freeze({
  ...moduleOperations,
  ...fileOperations,
  ...timeOperations,
  ...displayOperations,
  ...stateOperations,
});

/**
 * Carries out one operation: in a process's worker, where the host asks by message, and in the kernel's own thread for an inline
 * instance, so that both answer the same.
 * @param {Process} process
 * @param {string} operation
 * @param {unknown[]} args
 * @returns {unknown} a plain value, or a promise of one
 * @throws {ControlError}
 */
export function control(process, operation, args) {
  const carryOut = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (carryOut === undefined) {
    throw new ControlError("WASM_OPERATION_UNKNOWN", `there is no operation ${JSON.stringify(operation)}`);
  }
  process.clock.read();
  return carryOut(process, ...args);
}
