import {
  endingOf,
  entryMissing,
  exited,
  importMissing,
  moduleInvalid,
  trapped,
} from "./exit.mjs";
import { exportStart, makeMemoriesAndTables } from "./module-binary.mjs";
import { WASI_MODULES } from "./wasi/preview1.mjs";

/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/** The module whose memories and tables are made as asked for. */
const ENVIRONMENT = "env";
/** A command's entry, and a reactor's. */
const ENTRIES = ["_start", "_initialize"];

/**
 * Runs a module from its bytes to its end.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Process} process
 * @param {() => void} started called when the module is instantiated, before its entry runs
 * @returns {Promise<Ending>}
 */
export async function runProgram(bytes, process, started) {
  let module;
  let start = null;
  try {
    module = await WebAssembly.compile(bytes);
    const lifted = exportStart(bytes);
    if (lifted.name !== null) {
      start = lifted.name;
      module = await WebAssembly.compile(lifted.bytes);
    }
  } catch (error) {
    return moduleInvalid(`not a WebAssembly module that this browser can run: ${messageOf(error)}`);
  }
  const linked = link(module, bytes, process);
  if ("reason" in linked) return linked;
  try {
    const instance = await WebAssembly.instantiate(module, linked.imports);
    const memory = memoryOf(instance) ?? linked.memory;
    if (memory !== null) process.memory.attach(memory);
    const entry = entryOf(instance);
    if (entry !== null && typeof entry !== "function") return entry;
    started();
    if (start !== null) await runFunction(/** @type {Function} */ (instance.exports[start]), process);
    if (entry !== null) await runFunction(entry, process);
  } catch (error) {
    if (process.ending !== null) return process.ending;
    if (error instanceof WebAssembly.LinkError) return importMissing(error.message);
    return endingOf(error);
  }
  return process.ending ?? exited(0);
}

/**
 * Finds everything the module imports, before anything of it runs.
 * @param {WebAssembly.Module} module
 * @param {Uint8Array} bytes
 * @param {Process} process
 * @returns {{ imports: WebAssembly.Imports, memory: WebAssembly.Memory | null } | Ending}
 */
function link(module, bytes, process) {
  const wanted = WebAssembly.Module.imports(module);
  let made;
  try {
    made = makeMemoriesAndTables(bytes);
  } catch (error) {
    return trapped(`cannot make the memory or table that the module imports: ${messageOf(error)}`, []);
  }
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const imports = Object.create(null);
  /** @type {string[]} */
  const missing = [];
  let memory = null;
  for (const { module: from, name, kind } of wanted) {
    if (imports[from] === undefined) {
      const offer = Object.hasOwn(WASI_MODULES, from) ? WASI_MODULES[from] : undefined;
      imports[from] = Object.assign(Object.create(null), offer?.(process));
    }
    const offered = /** @type {Record<string, WebAssembly.ImportValue>} */ (imports[from]);
    const value = made.get(`${from}.${name}`);
    if (kind === "function" && offered[name] !== undefined) continue;
    if (from === ENVIRONMENT && value !== undefined && (kind === "memory" || kind === "table")) {
      offered[name] = value;
      if (value instanceof WebAssembly.Memory) memory ??= value;
    } else {
      missing.push(`${from}.${name} (${kind})`);
    }
  }
  if (missing.length > 0) {
    return importMissing(
      `the module imports what is not offered: ${missing.join(", ")}. Offered are the functions of ` +
        `${Object.keys(WASI_MODULES).join(" and ")}, and memories and tables of ${ENVIRONMENT}.`,
    );
  }
  return { imports, memory };
}

/** @param {WebAssembly.Instance} instance */
function memoryOf(instance) {
  const { memory } = instance.exports;
  if (memory instanceof WebAssembly.Memory) return memory;
  return Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory) ?? null;
}

/**
 * @param {WebAssembly.Instance} instance
 * @returns {Function | Ending | null} null for a module without: its start section is all there is to it
 */
function entryOf(instance) {
  for (const name of ENTRIES) {
    const entry = instance.exports[name];
    if (typeof entry === "function") return entry;
    if (entry !== undefined) return entryMissing(`the module exports ${name}, but not as a function`);
  }
  return null;
}

/** @param {Function} entry @param {Process} process */
async function runFunction(entry, process) {
  const promising = WebAssembly.promising;
  if (WebAssembly.Suspending === undefined || promising === undefined) {
    entry();
    return;
  }
  process.turnstile.open();
  try {
    await promising(entry)();
  } finally {
    process.turnstile.suspendable = false;
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
