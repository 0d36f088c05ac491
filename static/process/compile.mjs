import { definitions } from "./binary/definitions.mjs";
import { missingFeatures } from "./binary/features.mjs";
import { readImports } from "./binary/imports.mjs";
import { InitialMemoryTooLarge, REFUSED_EXPORT, countRefusedGrowth, lowerMaximums } from "./binary/memory-limit.mjs";
import { makeReachable } from "./binary/reachable.mjs";
import { UnknownBinary } from "./binary/reader.mjs";
import { SECTION_IMPORT, SECTION_TYPE, Sections } from "./binary/sections.mjs";
import { exportStart } from "./binary/start.mjs";
import { functionTypes } from "./binary/types.mjs";
import { isOutOfMemory, memoryExhausted, memoryLimitReached, moduleInvalid, refused } from "./exit.mjs";

/** @typedef {import("./binary/imports.mjs").Import} Import */
/** @typedef {import("./binary/reachable.mjs").Reachable} Reachable */
/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/**
 * A module, and what the JavaScript API does not tell about it.
 * @typedef {object} Compiled
 * @property {WebAssembly.Module} module
 * @property {Sections} sections
 * @property {Import[]} imports
 * @property {(Signature | null)[]} types
 * @property {string | null} start the export that the start section was made into
 * @property {number | null} spare pages by which each memory may grow under the limit; null without one
 * @property {boolean} countsRefusals whether the module says how much memory it was refused
 * @property {Reachable | null} reachable what can be saved of an instance; null where nobody asked, or the module holds what is not
 *   known here
 * @property {(name: string) => boolean} isHidden whether an export was added here
 */

/** Where core modules have their version, components have 13 and, in the upper half, their layer: 1. */
const COMPONENT_LAYER_OFFSET = 6;

/**
 * Compiles a module, after the changes to it that running it here takes. A module that cannot be read is given to the browser as it
 * is, which then says what is wrong with it.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number | null} memoryLimit bytes
 * @param {boolean} [saves] whether the state of instances may be asked for
 * @returns {Promise<Compiled | Ending>}
 */
export async function compileModule(bytes, memoryLimit, saves = false) {
  if (isComponent(bytes)) {
    return refused(
      "WASM_COMPONENT_UNSUPPORTED",
      "the binary is a WebAssembly component, and browsers run core modules: compile the program for WASI preview 1 " +
        "(target wasm32-wasip1, or wasm32-wasi), or take the core module out of the component (wasm-tools component unbundle)",
    );
  }
  try {
    const changed = change(bytes, memoryLimit, saves);
    return { ...changed, module: await WebAssembly.compile(changed.bytes) };
  } catch (error) {
    if (error instanceof InitialMemoryTooLarge) {
      return memoryLimitReached(
        `the module begins with ${error.bytes} bytes of memory, and its limit is ${memoryLimit} bytes; nothing of it was run: raise the limit`,
      );
    }
    if (isOutOfMemory(error)) return memoryExhausted(error);
    return refusal(bytes, error);
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number | null} memoryLimit
 * @param {boolean} saves
 */
function change(bytes, memoryLimit, saves) {
  const sections = new Sections(bytes);
  const types = functionTypes(sections.reader(SECTION_TYPE));
  const imports = readImports(sections.reader(SECTION_IMPORT));
  const start = exportStart(sections);
  const globals = saves ? known(() => definitions(sections).globals.length) : null;
  const spare = memoryLimit === null ? null : lowerMaximums(sections, imports, memoryLimit);
  const countsRefusals = memoryLimit !== null && known(() => countRefusedGrowth(sections, imports, types)) === true;
  const reachable = globals === null ? null : known(() => makeReachable(sections, globals));
  const changed = start !== null || memoryLimit !== null || reachable !== null;
  const isHidden = (/** @type {string} */ name) =>
    name === start || (countsRefusals && name === REFUSED_EXPORT) || (reachable !== null && name.startsWith(reachable.prefix));
  return { bytes: changed ? sections.toBytes() : bytes, sections, types, imports, start, spare, countsRefusals, reachable, isHidden };
}

/**
 * What comes of looking into a module; null where it holds what is younger than this: the module runs all the same, under its
 * limit, and what was to be learned is not known.
 * @template T
 * @param {() => T} look
 * @returns {T | null}
 */
function known(look) {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof UnknownBinary)) throw error;
    return null;
  }
}

/**
 * Why the browser does not take the module.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {unknown} failure what came of the changed module
 * @returns {Promise<Ending>}
 */
async function refusal(bytes, failure) {
  let reason = failure;
  try {
    await WebAssembly.compile(bytes);
  } catch (error) {
    // Of the bytes as they came: its places are the caller's.
    reason = error;
  }
  const said = reason instanceof Error ? reason.message : String(reason);
  const missing = missingIn(bytes);
  if (missing.length > 0) {
    const names = missing.join(", ");
    return refused("WASM_FEATURE_UNSUPPORTED", `the module needs what this browser does not have: ${names} (${said})`);
  }
  return moduleInvalid(`not a WebAssembly module that this browser can run: ${said}`);
}

/** @param {Uint8Array} bytes @returns {string[]} */
function missingIn(bytes) {
  try {
    const sections = new Sections(bytes);
    return missingFeatures(sections, importsOf(sections));
  } catch {
    return [];
  }
}

/** @param {Sections} sections */
function importsOf(sections) {
  try {
    return readImports(sections.reader(SECTION_IMPORT));
  } catch {
    return [];
  }
}

/** @param {Uint8Array} bytes */
function isComponent(bytes) {
  const magic = [0, 97, 115, 109];
  return magic.every((byte, i) => bytes[i] === byte) && bytes[COMPONENT_LAYER_OFFSET] === 1;
}
