import { definitions } from "./definitions.mjs";
import { referableFunctions } from "./elements.mjs";
import { KIND_FUNCTION, KIND_GLOBAL, KIND_MEMORY, KIND_TABLE } from "./imports.mjs";
import { UnknownBinary, unsigned } from "./reader.mjs";
import { SECTION_CODE, SECTION_ELEMENT, SECTION_EXPORT, SECTION_FUNCTION, SECTION_TABLE, SECTION_TYPE } from "./sections.mjs";
import { functionTypes } from "./types.mjs";

/** @typedef {import("./sections.mjs").Sections} Sections */
/** @typedef {import("./types.mjs").ValueType} ValueType */

/**
 * What of an instance can be reached from outside, under names that begin with `prefix`, so that its state can be saved: all
 * memories, tables and mutable globals, and a table of all functions that a reference can be had of. Functions are known by
 * their places in that table, which are the same in every instance of the module.
 * @typedef {object} Reachable
 * @property {string} prefix
 * @property {number} memories
 * @property {number} tables
 * @property {{ index: number, type: ValueType }[]} globals the mutable ones
 * @property {number} functions
 */

/** @param {Reachable} reachable @param {number} index */
export const memoryName = ({ prefix }, index) => `${prefix}memory ${index}`;
/** @param {Reachable} reachable @param {number} index */
export const tableName = ({ prefix }, index) => `${prefix}table ${index}`;
/** @param {Reachable} reachable @param {number} index */
export const globalName = ({ prefix }, index) => `${prefix}global ${index}`;
/** A function that answers a global's bits. @param {Reachable} reachable @param {number} index */
export const getterName = ({ prefix }, index) => `${prefix}get ${index}`;
/** A function that takes a global's bits. @param {Reachable} reachable @param {number} index */
export const setterName = ({ prefix }, index) => `${prefix}set ${index}`;
/** @param {Reachable} reachable */
export const functionsName = ({ prefix }) => `${prefix}functions`;

const PREFIX = "aikernel:state";

const FUNCREF = 0x70;
const FUNCTION_TYPE = 0x60;
const I32 = 0x7f;
const I64 = 0x7e;
const OP_END = 0x0b;
const LOCAL_GET = 0x20;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
/** An active segment for a table that is named, of function indices. */
const SEGMENT_EXPLICIT = 2;

/**
 * Globals whose values JavaScript cannot hold exactly (the payload of a NaN, a vector) are read and set as bits, through functions
 * of the module's own: what follows `global.get` or comes before `global.set`, and the integers that carry the bits.
 * @type {Readonly<Partial<Record<ValueType, { bits: number[], get: (load: number[]) => number[], set: number[] }>>>}
 */
const AS_BITS = {
  f32: { bits: [I32], get: (load) => [...load, 0xbc], set: [LOCAL_GET, 0, 0xbe] },
  f64: { bits: [I64], get: (load) => [...load, 0xbd], set: [LOCAL_GET, 0, 0xbf] },
  v128: {
    bits: [I64, I64],
    // i64x2.extract_lane twice; i64x2.splat, then i64x2.replace_lane
    get: (load) => [...load, 0xfd, 0x1d, 0, ...load, 0xfd, 0x1d, 1],
    set: [LOCAL_GET, 0, 0xfd, 0x12, LOCAL_GET, 1, 0xfd, 0x1e, 1],
  },
};

/** Whether a global is reached through a getter and a setter. @param {ValueType} type */
export function isReachedAsBits(type) {
  return Object.hasOwn(AS_BITS, type);
}

/**
 * Makes everything reachable that an instance's state is made of.
 * @param {Sections} sections are as they were when this throws
 * @param {number} globals how many of the globals are the module's own
 * @returns {Reachable}
 * @throws {Error} UnknownBinary when the module holds what is not known
 */
export function makeReachable(sections, globals) {
  const all = definitions(sections);
  const functions = referableFunctions(sections);
  // Or it would be one of those that are added here.
  if ((functions.at(-1) ?? -1) >= all.functions.length) throw new UnknownBinary("a function that is not there");
  const mutable = all.globals.slice(0, globals).flatMap(({ type, mutable }, index) => (mutable ? [{ index, type }] : []));
  const reachable = {
    prefix: unusedPrefix(sections),
    memories: all.memories.length,
    tables: all.tables.length,
    globals: mutable,
    functions: functions.length,
  };
  for (let i = 0; i < reachable.memories; i++) addExport(sections, memoryName(reachable, i), KIND_MEMORY, i);
  for (let i = 0; i < reachable.tables; i++) addExport(sections, tableName(reachable, i), KIND_TABLE, i);
  let next = all.functions.length;
  for (const { index, type } of mutable) {
    const how = AS_BITS[type];
    if (how === undefined) {
      addExport(sections, globalName(reachable, index), KIND_GLOBAL, index);
      continue;
    }
    const { bits, get, set } = how;
    addFunction(sections, [], bits, get([GLOBAL_GET, ...unsigned(index)]));
    addExport(sections, getterName(reachable, index), KIND_FUNCTION, next++);
    addFunction(sections, bits, [], [...set, GLOBAL_SET, ...unsigned(index)]);
    addExport(sections, setterName(reachable, index), KIND_FUNCTION, next++);
  }
  if (functions.length > 0) {
    const size = unsigned(functions.length);
    sections.append(SECTION_TABLE, [FUNCREF, 1, ...size, ...size]);
    const where = [SEGMENT_EXPLICIT, ...unsigned(reachable.tables), 0x41, 0, OP_END, 0];
    sections.append(SECTION_ELEMENT, [...where, ...size, ...functions.flatMap(unsigned)]);
    addExport(sections, functionsName(reachable), KIND_TABLE, reachable.tables);
  }
  return reachable;
}

/** A beginning that no export of the module's has. @param {Sections} sections */
function unusedPrefix(sections) {
  const names = new Set();
  const reader = sections.reader(SECTION_EXPORT);
  for (let left = reader?.unsigned() ?? 0; reader !== null && left > 0; left--) {
    const name = reader.name();
    if (name.startsWith(PREFIX)) names.add(name);
    reader.byte();
    reader.unsigned();
  }
  for (let number = 0; ; number++) {
    const prefix = `${PREFIX}${number === 0 ? "" : number}:`;
    if (![...names].some((name) => name.startsWith(prefix))) return prefix;
  }
}

/** @param {Sections} sections @param {string} name @param {number} kind @param {number} index */
function addExport(sections, name, kind, index) {
  const bytes = new TextEncoder().encode(name);
  sections.append(SECTION_EXPORT, [...unsigned(bytes.length), ...bytes, kind, ...unsigned(index)]);
}

/** @param {Sections} sections @param {number[]} params @param {number[]} results @param {number[]} code */
function addFunction(sections, params, results, code) {
  const type = functionTypes(sections.reader(SECTION_TYPE)).length;
  sections.append(SECTION_TYPE, [FUNCTION_TYPE, params.length, ...params, results.length, ...results]);
  sections.append(SECTION_FUNCTION, unsigned(type));
  const body = [0, ...code, OP_END];
  sections.append(SECTION_CODE, [...unsigned(body.length), ...body]);
}
