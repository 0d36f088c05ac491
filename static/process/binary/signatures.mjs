import { KIND_FUNCTION } from "./imports.mjs";
import { SECTION_EXPORT, SECTION_FUNCTION } from "./sections.mjs";

/** @typedef {import("./imports.mjs").Import} Import */
/** @typedef {import("./sections.mjs").Sections} Sections */
/** @typedef {import("./types.mjs").Signature} Signature */

/**
 * The signatures of the functions that a module exports, by name.
 * @param {Sections} sections
 * @param {Import[]} imports
 * @param {(Signature | null)[]} types
 * @returns {Map<string, Signature>}
 */
export function exportedSignatures(sections, imports, types) {
  /** @type {Map<string, Signature>} */
  const signatures = new Map();
  const reader = sections.reader(SECTION_EXPORT);
  if (reader === null) return signatures;
  const typeOf = functionTypeIndices(sections, imports);
  for (let left = reader.unsigned(); left > 0; left--) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.unsigned();
    const signature = kind === KIND_FUNCTION ? types[typeOf[index] ?? -1] : null;
    if (signature) signatures.set(name, signature);
  }
  return signatures;
}

/**
 * The type of each function, imported ones first.
 * @param {Sections} sections
 * @param {Import[]} imports
 * @returns {number[]}
 */
export function functionTypeIndices(sections, imports) {
  const indices = imports.flatMap((item) => (item.kind === KIND_FUNCTION ? [item.type] : []));
  const reader = sections.reader(SECTION_FUNCTION);
  if (reader === null) return indices;
  for (let left = reader.unsigned(); left > 0; left--) indices.push(reader.unsigned());
  return indices;
}
