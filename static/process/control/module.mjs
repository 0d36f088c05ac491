import { definitions } from "../binary/definitions.mjs";
import { KIND_FUNCTION, KIND_GLOBAL, KIND_MEMORY, KIND_TABLE, KIND_TAG, readImports } from "../binary/imports.mjs";
import { UnknownBinary } from "../binary/reader.mjs";
import { SECTION_EXPORT, SECTION_IMPORT } from "../binary/sections.mjs";
import { ControlError } from "./control-error.mjs";

/** @typedef {import("../binary/definitions.mjs").Definitions} Definitions */
/** @typedef {import("../binary/imports.mjs").Limits} Limits */
/** @typedef {import("../binary/sections.mjs").Sections} Sections */
/** @typedef {import("../binary/types.mjs").Signature} Signature */
/** @typedef {import("../process.mjs").Process} Process */

/**
 * What a module has under a name. Functions and tags have `params` and `results`; a global a `type` and whether it is `mutable`; a
 * table the type of its `element`, and `initial` and `maximum` elements; a memory `initial` and `maximum` pages, the latter as the
 * memory limit leaves it, and whether it is `shared`. Types are by their names in the text format, `ref` for references of all kinds.
 * @typedef {{ name: string, kind: string, params: string[], results: string[] } & Record<string, unknown>} Item
 */

/** @type {Readonly<Record<number, string>>} */
const KINDS = {
  [KIND_FUNCTION]: "function", [KIND_TABLE]: "table", [KIND_MEMORY]: "memory", [KIND_GLOBAL]: "global", [KIND_TAG]: "tag",
};

/** @type {Readonly<Record<string, import("./control.mjs").Operation>>} */
export const moduleOperations = Object.freeze({
  "module.exports": (process) => read(process, exportsOf).filter(({ name }) => !process.compiled?.isHidden(name)),
  "module.imports": (process) => read(process, importsOf),
  "memory.grow": grow,
});

/**
 * @template T
 * @param {Process} process
 * @param {(sections: Sections) => T} what
 */
function read({ compiled }, what) {
  if (compiled === null) throw new ControlError("WASM_MODULE_NOT_LOADED", "the module is not compiled yet");
  try {
    return what(compiled.sections);
  } catch (error) {
    if (!(error instanceof UnknownBinary)) throw error;
    throw new ControlError("WASM_FEATURE_UNSUPPORTED", `the module has what is not known here: ${error.message}`);
  }
}

/** @param {Sections} sections @returns {Item[]} in the module's order */
export function exportsOf(sections) {
  const all = definitions(sections);
  const reader = sections.reader(SECTION_EXPORT);
  /** @type {Item[]} */
  const items = [];
  if (reader === null) return items;
  for (let left = reader.unsigned(); left > 0; left--) {
    const name = reader.name();
    const kind = reader.byte();
    items.push({ name, ...described(all, kind, reader.unsigned()) });
  }
  return items;
}

/** @param {Sections} sections @returns {(Item & { module: string })[]} in the module's order */
export function importsOf(sections) {
  const all = definitions(sections);
  /** @type {Record<number, number>} */
  const next = {};
  return readImports(sections.reader(SECTION_IMPORT)).map(({ module, name, kind }) => {
    const index = next[kind] ?? 0;
    next[kind] = index + 1;
    return { module, name, ...described(all, kind, index) };
  });
}

/**
 * @param {Definitions} all
 * @param {number} number of the kind
 * @param {number} index
 */
function described(all, number, index) {
  const kind = KINDS[number] ?? "unknown";
  /** @type {Signature} */
  const none = { params: [], results: [] };
  const signature = (number === KIND_FUNCTION ? all.functions[index] : number === KIND_TAG ? all.tags[index] : null) ?? none;
  const item = { kind, params: [...signature.params], results: [...signature.results] };
  const table = number === KIND_TABLE ? all.tables[index] : undefined;
  if (table !== undefined) return { ...item, element: table.element, ...bounds(table.limits) };
  const memory = number === KIND_MEMORY ? all.memories[index] : undefined;
  if (memory !== undefined) return { ...item, ...bounds(memory), shared: memory.shared };
  const global = number === KIND_GLOBAL ? all.globals[index] : undefined;
  return global === undefined ? item : { ...item, ...global };
}

/** @param {Limits} limits */
function bounds({ initial, maximum, wide }) {
  return { initial, maximum, address: wide ? "i64" : "i32" };
}

/**
 * @param {Process} process
 * @param {number} pages of 64 KiB
 * @returns {number} how many there were
 */
function grow({ memory }, pages) {
  if (!Number.isSafeInteger(pages) || pages < 0) {
    throw new ControlError("WASM_ARGUMENTS_INVALID", `memory grows by a number of pages, not by ${String(pages)}`);
  }
  if (!memory.attached) throw new ControlError("WASM_NO_MEMORY", "the module neither exports nor imports a memory");
  const before = memory.grow(pages);
  if (before === null) {
    const size = memory.size();
    throw new ControlError(
      "WASM_MEMORY_GROW_REFUSED",
      `the memory has ${size} bytes and does not grow by ${pages} pages: its maximum, or its limit, or what the browser has, is less`,
    );
  }
  return before;
}
