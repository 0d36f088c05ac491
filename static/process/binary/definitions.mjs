import { KIND_FUNCTION, KIND_GLOBAL, KIND_MEMORY, KIND_TABLE, KIND_TAG, readImports, readLimits } from "./imports.mjs";
import { OP_END, walk } from "./instructions.mjs";
import {
  SECTION_FUNCTION, SECTION_GLOBAL, SECTION_IMPORT, SECTION_MEMORY, SECTION_TABLE, SECTION_TAG, SECTION_TYPE,
} from "./sections.mjs";
import { functionTypes, valueType } from "./types.mjs";

/** @typedef {import("./imports.mjs").Limits} Limits */
/** @typedef {import("./reader.mjs").Reader} Reader */
/** @typedef {import("./sections.mjs").Sections} Sections */
/** @typedef {import("./types.mjs").Signature} Signature */
/** @typedef {import("./types.mjs").ValueType} ValueType */

/**
 * What a module has of each kind, by index, imported ones first. A null signature is of a type that is no function's.
 * @typedef {object} Definitions
 * @property {(Signature | null)[]} functions
 * @property {{ element: ValueType, limits: Limits }[]} tables
 * @property {Limits[]} memories
 * @property {{ type: ValueType, mutable: boolean }[]} globals
 * @property {(Signature | null)[]} tags
 */

/** Before a table that says what its elements begin with. */
const TABLE_WITH_ELEMENT = 0x40;

/**
 * @param {Sections} sections
 * @returns {Definitions}
 * @throws {Error} UnknownBinary
 */
export function definitions(sections) {
  const types = functionTypes(sections.reader(SECTION_TYPE));
  /** @param {number} index */
  const signature = (index) => types[index] ?? null;
  /** @type {Definitions} */
  const all = { functions: [], tables: [], memories: [], globals: [], tags: [] };
  for (const item of readImports(sections.reader(SECTION_IMPORT))) {
    if (item.kind === KIND_FUNCTION) all.functions.push(signature(item.type));
    else if (item.kind === KIND_TABLE) all.tables.push({ element: item.elementType, limits: item.limits });
    else if (item.kind === KIND_MEMORY) all.memories.push(item.limits);
    else if (item.kind === KIND_GLOBAL) all.globals.push({ type: item.type, mutable: item.mutable });
    else if (item.kind === KIND_TAG) all.tags.push(signature(item.type));
  }
  each(sections.reader(SECTION_FUNCTION), (reader) => all.functions.push(signature(reader.unsigned())));
  each(sections.reader(SECTION_TABLE), (reader) => all.tables.push(readTable(reader)));
  each(sections.reader(SECTION_MEMORY), (reader) => all.memories.push(readLimits(reader)));
  each(sections.reader(SECTION_TAG), (reader) => {
    reader.byte();
    all.tags.push(signature(reader.unsigned()));
  });
  each(sections.reader(SECTION_GLOBAL), (reader) => {
    const global = { type: valueType(reader), mutable: reader.byte() !== 0 };
    skipExpression(reader);
    all.globals.push(global);
  });
  return all;
}

/** @param {Reader} reader */
function readTable(reader) {
  const initialised = reader.bytes[reader.at] === TABLE_WITH_ELEMENT;
  if (initialised) reader.at += 2;
  const element = valueType(reader);
  const limits = readLimits(reader);
  if (initialised) skipExpression(reader);
  return { element, limits };
}

/** Passes over a constant expression: it has no blocks, and so one end. @param {Reader} reader */
export function skipExpression(reader) {
  reader.at = walk(reader.bytes, reader.at, reader.bytes.length, STOP_AT_END, () => true);
}

const STOP_AT_END = new Uint8Array(256);
STOP_AT_END[OP_END] = 1;

/** @param {Reader | null} reader at a vector @param {(reader: Reader) => void} read one element */
export function each(reader, read) {
  if (reader === null) return;
  for (let left = reader.unsigned(); left > 0; left--) read(reader);
}
