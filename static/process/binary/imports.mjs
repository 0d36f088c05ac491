import { UnknownBinary } from "./reader.mjs";
import { valueType } from "./types.mjs";

/** @typedef {import("./reader.mjs").Reader} Reader */
/** @typedef {import("./types.mjs").ValueType} ValueType */

export const KIND_FUNCTION = 0;
export const KIND_TABLE = 1;
export const KIND_MEMORY = 2;
export const KIND_GLOBAL = 3;
export const KIND_TAG = 4;

export const LIMIT_MAXIMUM = 1;
export const LIMIT_SHARED = 2;
export const LIMIT_ADDRESS_64 = 4;
/** Of the custom page sizes proposal. */
const LIMIT_PAGE_SIZE = 8;

/** @type {Readonly<Record<number, string>>} */
const ELEMENTS = { 0x70: "anyfunc", 0x6f: "externref" };

/** @typedef {{ initial: number, maximum: number | null, shared: boolean, wide: boolean }} Limits `wide`: 64-bit addresses */

/**
 * @typedef {{ module: string, name: string } & (
 *   | { kind: typeof KIND_FUNCTION, type: number }
 *   | { kind: typeof KIND_TABLE, element: string | null, elementType: ValueType, limits: Limits }
 *   | { kind: typeof KIND_MEMORY, limits: Limits }
 *   | { kind: typeof KIND_GLOBAL, type: ValueType, mutable: boolean }
 *   | { kind: typeof KIND_TAG, type: number })} Import `element` is null for tables that the JavaScript API cannot make
 */

/** @param {Reader} reader @returns {Limits} */
export function readLimits(reader) {
  const flags = reader.byte();
  if (flags >= LIMIT_PAGE_SIZE) throw new UnknownBinary("limits of an unknown kind");
  const initial = reader.unsigned();
  const maximum = (flags & LIMIT_MAXIMUM) === 0 ? null : reader.unsigned();
  return { initial, maximum, shared: (flags & LIMIT_SHARED) !== 0, wide: (flags & LIMIT_ADDRESS_64) !== 0 };
}

/**
 * The descriptor that the constructors of memories and tables take for these limits.
 * @param {Limits} limits
 */
export function descriptorOf({ initial, maximum, shared, wide }) {
  const bound = (/** @type {number} */ value) => (wide ? BigInt(value) : value);
  return {
    initial: bound(initial),
    ...(maximum === null ? {} : { maximum: bound(maximum) }),
    ...(shared ? { shared: true } : {}),
    ...(wide ? { address: "i64" } : {}),
  };
}

/** @param {Reader} reader @returns {Import} */
function readImport(reader) {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  switch (kind) {
    case KIND_FUNCTION:
      return { module, name, kind, type: reader.unsigned() };
    case KIND_TABLE: {
      const element = ELEMENTS[reader.bytes[reader.at] ?? 0] ?? null;
      return { module, name, kind, element, elementType: valueType(reader), limits: readLimits(reader) };
    }
    case KIND_MEMORY:
      return { module, name, kind, limits: readLimits(reader) };
    case KIND_GLOBAL:
      return { module, name, kind, type: valueType(reader), mutable: reader.byte() !== 0 };
    case KIND_TAG:
      reader.byte();
      return { module, name, kind, type: reader.unsigned() };
    default:
      throw new UnknownBinary("an import of an unknown kind");
  }
}

/**
 * What a module imports.
 * @param {Reader | null} reader at the import section's contents
 * @returns {Import[]}
 */
export function readImports(reader) {
  /** @type {Import[]} */
  const imports = [];
  if (reader === null) return imports;
  for (let left = reader.unsigned(); left > 0; left--) imports.push(readImport(reader));
  return imports;
}
