/** From a compiled module to an instance that a process stands on. Everything here is synchronous: nothing of the module runs. */
import { REFUSED_EXPORT } from "./binary/memory-limit.mjs";
import { moduleName } from "./binary/module-name.mjs";
import { exportedSignatures } from "./binary/signatures.mjs";
import { endingOf, importMissing } from "./exit.mjs";
import { link } from "./link.mjs";

/** @typedef {import("./compile.mjs").Compiled} Compiled */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/** An instance that no process stands on yet. @typedef {{ instance: WebAssembly.Instance, memory: WebAssembly.Memory | null }} Made */

/**
 * Links and instantiates. A process can be given several instances of its module one after another: what a state is restored into
 * is made first, and taken only when everything went well.
 * @param {Process} process
 * @param {Compiled} compiled
 * @returns {Made | Ending}
 */
export function makeInstance(process, compiled) {
  const linked = link(compiled, process);
  if ("reason" in linked) return linked;
  let instance;
  try {
    instance = new WebAssembly.Instance(compiled.module, linked.imports);
  } catch (error) {
    return error instanceof WebAssembly.LinkError ? importMissing(error.message) : endingOf(error);
  }
  return { instance, memory: memoryOf(instance.exports, compiled) ?? linked.memory };
}

/**
 * Puts a process on an instance: from now on its memory and exports are this one's.
 * @param {Process} process
 * @param {Compiled} compiled
 * @param {Made} made
 */
export function takeInstance(process, compiled, { instance, memory }) {
  const { exports } = instance;
  process.compiled = compiled;
  process.instance = instance;
  process.moduleName = () => moduleName(compiled.sections);
  process.refused = compiled.countsRefusals ? /** @type {WebAssembly.Global} */ (exports[REFUSED_EXPORT]) : null;
  if (memory !== null) process.memory.attach(memory);
  const { sections, imports, types, isHidden } = compiled;
  process.exportCalls.attach(exports, () => {
    const signatures = exportedSignatures(sections, imports, types);
    for (const name of signatures.keys()) if (isHidden(name)) signatures.delete(name);
    return signatures;
  });
}

/**
 * Links, instantiates, and puts the process on what came of it.
 * @param {Process} process
 * @param {Compiled} compiled
 * @returns {Ending | null} why that is not possible
 */
export function instantiate(process, compiled) {
  const made = makeInstance(process, compiled);
  if ("reason" in made) return made;
  takeInstance(process, compiled, made);
  return null;
}

/** @param {WebAssembly.Exports} exports @param {Compiled} compiled */
function memoryOf(exports, { isHidden }) {
  const { memory } = exports;
  if (memory instanceof WebAssembly.Memory) return memory;
  for (const [name, value] of Object.entries(exports)) if (value instanceof WebAssembly.Memory && !isHidden(name)) return value;
  return null;
}
