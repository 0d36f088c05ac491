import { each, skipExpression } from "./definitions.mjs";
import { KIND_FUNCTION, readLimits } from "./imports.mjs";
import { OP_END, walk } from "./instructions.mjs";
import { Reader, UnknownBinary } from "./reader.mjs";
import { SECTION_ELEMENT, SECTION_EXPORT, SECTION_GLOBAL, SECTION_TABLE } from "./sections.mjs";
import { valueType } from "./types.mjs";

/** @typedef {import("./sections.mjs").Sections} Sections */

const OP_REF_FUNC = 0xd2;
/** The bits of an element segment's flags, and the highest there are. Binary format, section 5.5.12. */
const NOT_ACTIVE = 1;
const EXPLICIT = 2;
const EXPRESSIONS = 4;
const FLAGS_MAX = 7;
/** Before a table that says what its elements begin with. */
const TABLE_WITH_ELEMENT = 0x40;

const WANTED = new Uint8Array(256);
WANTED[OP_REF_FUNC] = WANTED[OP_END] = 1;

/**
 * The functions that a reference can be had of while the module runs, by their indices, ascending: code may only refer to
 * functions that the module exports, or names in an element segment, a global or a table (validation, section 3.4.1).
 * @param {Sections} sections
 * @returns {number[]}
 * @throws {Error} UnknownBinary
 */
export function referableFunctions(sections) {
  /** @type {Set<number>} */
  const found = new Set();
  each(sections.reader(SECTION_TABLE), (reader) => {
    const initialised = reader.bytes[reader.at] === TABLE_WITH_ELEMENT;
    if (initialised) reader.at += 2;
    valueType(reader);
    readLimits(reader);
    if (initialised) expression(reader, found);
  });
  each(sections.reader(SECTION_GLOBAL), (reader) => {
    valueType(reader);
    reader.byte();
    expression(reader, found);
  });
  each(sections.reader(SECTION_EXPORT), (reader) => {
    reader.name();
    const kind = reader.byte();
    const index = reader.unsigned();
    if (kind === KIND_FUNCTION) found.add(index);
  });
  each(sections.reader(SECTION_ELEMENT), (reader) => segment(reader, found));
  return [...found].sort((a, b) => a - b);
}

/** @param {Reader} reader @param {Set<number>} found */
function segment(reader, found) {
  const flags = reader.unsigned();
  if (flags > FLAGS_MAX) throw new UnknownBinary(`an element segment of the kind ${flags}`);
  const expressions = (flags & EXPRESSIONS) !== 0;
  if ((flags & NOT_ACTIVE) === 0) {
    if ((flags & EXPLICIT) !== 0) reader.unsigned();
    skipExpression(reader);
  }
  if ((flags & (NOT_ACTIVE | EXPLICIT)) !== 0) {
    if (expressions) valueType(reader);
    else reader.byte();
  }
  for (let left = reader.unsigned(); left > 0; left--) {
    if (expressions) expression(reader, found);
    else found.add(reader.unsigned());
  }
}

/** Passes over a constant expression, and notes the functions in it. @param {Reader} reader @param {Set<number>} found */
function expression(reader, found) {
  const { bytes } = reader;
  // Of nothing there could be four billion.
  if (reader.at >= bytes.length) throw new UnknownBinary("an expression that is not there");
  reader.at = walk(bytes, reader.at, bytes.length, WANTED, (opcode, number, from) => {
    if (opcode === OP_END) return true;
    found.add(new Reader(bytes, from + 1).unsigned());
    return false;
  });
}
