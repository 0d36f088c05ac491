import { UnknownBinary } from "./reader.mjs";

/** @typedef {import("./reader.mjs").Reader} Reader */

/** A value type by its name in the text format; reference types are `ref`. */
/** @typedef {"i32" | "i64" | "f32" | "f64" | "v128" | "ref"} ValueType */
/** @typedef {{ params: ValueType[], results: ValueType[] }} Signature */

/** @type {Readonly<Record<number, ValueType>>} */
const NUMBERS = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
/** (ref ht) and (ref null ht), which are followed by a heap type. */
const REF = 0x64;
const REF_NULL = 0x63;
/** The abbreviations of reference types, from `exnref` to `nocont`. */
const REF_FIRST = 0x65;
const REF_LAST = 0x75;
const PACKED_I8 = 0x78;
const PACKED_I16 = 0x77;

const FUNCTION = 0x60;
const STRUCT = 0x5f;
const ARRAY = 0x5e;
const CONTINUATION = 0x5d;
const SUB = 0x50;
const SUB_FINAL = 0x4f;
const REC = 0x4e;

/** @param {Reader} reader @returns {ValueType} */
export function valueType(reader) {
  const byte = reader.byte();
  const number = NUMBERS[byte];
  if (number !== undefined) return number;
  if (byte === REF || byte === REF_NULL) {
    reader.skipNumber();
    return "ref";
  }
  if (byte >= REF_FIRST && byte <= REF_LAST) return "ref";
  throw new UnknownBinary(`the value type 0x${byte.toString(16)}`);
}

/** @param {Reader} reader @returns {ValueType[]} */
function valueTypes(reader) {
  /** @type {ValueType[]} */
  const types = [];
  for (let left = reader.unsigned(); left > 0; left--) types.push(valueType(reader));
  return types;
}

/** Passes over the type of a field. @param {Reader} reader */
function fieldType(reader) {
  const byte = /** @type {number} */ (reader.bytes[reader.at]);
  if (byte === PACKED_I8 || byte === PACKED_I16) reader.at++;
  else valueType(reader);
  reader.byte();
}

/** @param {Reader} reader @returns {Signature | null} null for types that are no functions */
function compositeType(reader) {
  const form = reader.byte();
  switch (form) {
    case FUNCTION:
      return { params: valueTypes(reader), results: valueTypes(reader) };
    case STRUCT:
      for (let left = reader.unsigned(); left > 0; left--) fieldType(reader);
      return null;
    case ARRAY:
      fieldType(reader);
      return null;
    case CONTINUATION:
      reader.skipNumber();
      return null;
    case SUB:
    case SUB_FINAL:
      for (let left = reader.unsigned(); left > 0; left--) reader.unsigned();
      return compositeType(reader);
    default:
      throw new UnknownBinary(`the type form 0x${form.toString(16)}`);
  }
}

/**
 * The types of a type section, by index; null for those that are no functions.
 * @param {Reader | null} reader
 * @returns {(Signature | null)[]}
 */
export function functionTypes(reader) {
  /** @type {(Signature | null)[]} */
  const types = [];
  if (reader === null) return types;
  for (let left = reader.unsigned(); left > 0; left--) {
    if (reader.bytes[reader.at] !== REC) {
      types.push(compositeType(reader));
      continue;
    }
    reader.at++;
    for (let inner = reader.unsigned(); inner > 0; inner--) types.push(compositeType(reader));
  }
  return types;
}
