import { REFUSED_EXPORT } from "./binary/memory-limit.mjs";
import { moduleName } from "./binary/module-name.mjs";
import { exportedSignatures } from "./binary/signatures.mjs";
import { compileModule } from "./compile.mjs";
import { endingOf, entryMissing, exited, importMissing } from "./exit.mjs";
import { link } from "./link.mjs";

/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/** A command's entry, and a reactor's. */
const ENTRIES = ["_start", "_initialize"];

/**
 * Runs a module from its bytes to its end, or to where it stays.
 * @param {Process} process
 * @returns {Promise<Ending | null>} null when the instance stays for calls of its exports
 */
export async function runProgram(process) {
  const { module: bytes, memoryLimit, stay } = process.start;
  const compiled = await compileModule(bytes, memoryLimit);
  if ("reason" in compiled) return compiled;
  const linked = link(compiled, process);
  if ("reason" in linked) return linked;
  // Ended from outside meanwhile.
  if (process.ending !== null) return process.ending;
  let instance;
  try {
    instance = await WebAssembly.instantiate(compiled.module, linked.imports);
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return importMissing(error.message);
    return process.ending ?? endingOf(error);
  }
  const { exports } = instance;
  process.moduleName = () => moduleName(compiled.sections);
  if (compiled.countsRefusals) process.refused = /** @type {WebAssembly.Global} */ (exports[REFUSED_EXPORT]);
  const memory = memoryOf(exports) ?? linked.memory;
  if (memory !== null) process.memory.attach(memory);
  const { sections, imports, types, start } = compiled;
  process.exportCalls.attach(exports, () => {
    const signatures = exportedSignatures(sections, imports, types);
    if (start !== null) signatures.delete(start);
    return signatures;
  });
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

/** @param {WebAssembly.Exports} exports */
function memoryOf(exports) {
  const { memory } = exports;
  if (memory instanceof WebAssembly.Memory) return memory;
  return Object.values(exports).find((value) => value instanceof WebAssembly.Memory) ?? null;
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
