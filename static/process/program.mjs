import { compileModule } from "./compile.mjs";
import { ControlError } from "./control/control-error.mjs";
import { entryMissing, exited, isOutOfMemory, memoryExhausted, refused } from "./exit.mjs";
import { instantiate } from "./instance.mjs";

/** @typedef {import("./compile.mjs").Compiled} Compiled */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").ExitErrorCode} ExitErrorCode */
/** @typedef {import("./state/encoding.mjs").Part} Part */

/** A command's entry, and a reactor's. */
const ENTRIES = ["_start", "_initialize"];

/**
 * Runs a module from its bytes to its end, or to where it stays.
 * @param {Process} process
 * @returns {Promise<Ending | null>} null when the instance stays for calls of its exports
 */
export async function runProgram(process) {
  const { module: bytes, memoryLimit, stay, state } = process.start;
  const compiled = await compileModule(bytes, memoryLimit, stay || state !== null);
  if ("reason" in compiled) return compiled;
  // Ended from outside meanwhile.
  if (process.ending !== null) return process.ending;
  if (state !== null) return resume(process, compiled, state);
  let refusal = instantiate(process, compiled);
  if (refusal?.reason === "memory") {
    // Nothing of the module has run yet.
    await room(process);
    if (process.ending !== null) return process.ending;
    refusal = instantiate(process, compiled);
  }
  if (refusal !== null) return refusal;
  const { exports } = /** @type {WebAssembly.Instance} */ (process.instance);
  const { start } = compiled;
  const entry = entryOf(exports);
  if (entry !== null && typeof entry !== "function") return entry;
  process.post({ type: "started" });
  if (start !== null) await process.run(/** @type {Function} */ (exports[start]), []);
  if (entry !== null && process.ending === null) await process.run(entry, []);
  if (process.ending !== null) return process.ending;
  if (!stay) return exited(0);
  process.turnstile.beforeWait();
  process.exportCalls.open();
  return null;
}

/**
 * Settled when the kernel has collected what it no longer needs (bridge/make-room.mjs).
 * @param {Process} process
 * @returns {Promise<void>}
 */
function room(process) {
  return new Promise((resolve) => {
    process.roomMade = resolve;
    process.post({ type: "room" });
  });
}

/**
 * Goes on from a state, in which the module's start section and entry have returned.
 * @param {Process} process
 * @param {Compiled} compiled
 * @param {Part[]} state
 * @returns {Promise<Ending | null>}
 */
async function resume(process, compiled, state) {
  const { resumeState } = await import("./state/state.mjs");
  if (process.ending !== null) return process.ending;
  try {
    resumeState(process, compiled, state);
  } catch (error) {
    if (isOutOfMemory(error)) return memoryExhausted(error);
    if (!(error instanceof ControlError)) throw error;
    return refused(/** @type {ExitErrorCode} */ (error.code), error.message);
  }
  process.post({ type: "started" });
  process.exportCalls.open();
  return null;
}

/**
 * @param {WebAssembly.Exports} exports
 * @returns {Function | Ending | null} null for a module without: its start section is all there is to it
 */
function entryOf(exports) {
  for (const name of ENTRIES) {
    const entry = exports[name];
    if (typeof entry === "function") return entry;
    if (entry !== undefined) return entryMissing(`the module exports ${name}, but not as a function`);
  }
  return null;
}
