import { KIND_FUNCTION, KIND_GLOBAL, KIND_MEMORY, KIND_TABLE, descriptorOf } from "./binary/imports.mjs";
import { lowered } from "./binary/memory-limit.mjs";
import { importMissing, memoryLimitReached } from "./exit.mjs";
import { WASI_MODULES } from "./wasi/preview1.mjs";

/** @typedef {import("./binary/imports.mjs").Import} Import */
/** @typedef {import("./compile.mjs").Compiled} Compiled */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/** The module whose memories and tables are made as asked for. */
const ENVIRONMENT = "env";
/** Missing imports that a message names, and characters of each. */
const NAMED_MISSING = 20;
const NAME_LENGTH = 200;
const KIND_NAMES = ["function", "table", "memory", "global", "tag"];

/**
 * Finds everything the module imports, before anything of it runs.
 * @param {Compiled} compiled
 * @param {Process} process
 * @returns {{ imports: WebAssembly.Imports, memory: WebAssembly.Memory | null } | Ending}
 */
export function link({ imports, types, spare }, process) {
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const offered = Object.create(null);
  /** @type {string[]} */
  const missing = [];
  let memory = null;
  for (const item of imports) {
    const { module, name } = item;
    if (offered[module] === undefined) {
      const offer = Object.hasOwn(WASI_MODULES, module) ? WASI_MODULES[module] : undefined;
      offered[module] = Object.assign(Object.create(null), offer?.(process));
    }
    const from = /** @type {Record<string, WebAssembly.ImportValue>} */ (offered[module]);
    if (item.kind === KIND_FUNCTION) {
      const signature = types[item.type];
      if (signature && process.hostImports.offers(module, name)) {
        const made = process.hostImports.make(module, name, signature);
        if (typeof made === "string") missing.push(made);
        else from[name] = made;
      } else if (from[name] === undefined) {
        missing.push(`${module}.${name} (function)`);
      }
      continue;
    }
    if (item.kind === KIND_GLOBAL && !item.mutable && process.hostImports.offers(module, name)) {
      const made = process.hostImports.makeGlobal(module, name, item.type);
      if (typeof made === "string") missing.push(made);
      else from[name] = made;
      continue;
    }
    let made;
    try {
      // One that is imported twice is one.
      made = module === ENVIRONMENT ? (shared(from[name]) ?? make(item, spare)) : null;
    } catch (error) {
      return memoryLimitReached(`cannot make ${module}.${name}, which the module imports: ${String(error)}`);
    }
    if (made === null) missing.push(`${module}.${name} (${KIND_NAMES[item.kind]})`);
    else from[name] = made;
    if (made instanceof WebAssembly.Memory) memory ??= made;
  }
  if (missing.length > 0) {
    const named = missing.slice(0, NAMED_MISSING).map((name) => name.slice(0, NAME_LENGTH));
    if (missing.length > NAMED_MISSING) named.push(`and ${missing.length - NAMED_MISSING} more`);
    return importMissing(
      `the module imports what is not offered: ${named.join(", ")}. Offered are the functions of ` +
        `${Object.keys(WASI_MODULES).join(" and ")}, memories and tables of ${ENVIRONMENT}, and functions that the host gives by name.`,
    );
  }
  return { imports: offered, memory };
}

/** What was made for an earlier import of the same name. @param {WebAssembly.ImportValue | undefined} value */
function shared(value) {
  return value instanceof WebAssembly.Memory || value instanceof WebAssembly.Table ? value : null;
}

/**
 * Makes the memory or table that a module wants to be given.
 * @param {Import} item
 * @param {number | null} spare pages by which a memory may grow; null for its own maximum
 * @returns {WebAssembly.Memory | WebAssembly.Table | null} null where the host makes none
 * @throws {RangeError} when there is no memory left for it
 */
function make(item, spare) {
  if (item.kind === KIND_MEMORY) {
    const limits = spare === null ? item.limits : lowered(item.limits, spare);
    return new WebAssembly.Memory(/** @type {WebAssembly.MemoryDescriptor} */ (descriptorOf(limits)));
  }
  if (item.kind === KIND_TABLE && item.element !== null) {
    const descriptor = { element: item.element, ...descriptorOf(item.limits) };
    return new WebAssembly.Table(/** @type {WebAssembly.TableDescriptor} */ (/** @type {unknown} */ (descriptor)));
  }
  return null;
}
