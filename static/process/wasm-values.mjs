/** @typedef {import("./protocol.mjs").WasmValue} WasmValue */
/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./binary/types.mjs").ValueType} ValueType */

const I32_MIN = -(2 ** 31);
const U32_MAX = 2 ** 32 - 1;
const I64_MIN = -(2n ** 63n);
const U64_MAX = 2n ** 64n - 1n;

/** A value that does not fit the type it is meant for; the message says why. */
export class ValueMismatch extends Error {}

/** The type in a signature that cannot cross to the host, or null. @param {Signature} signature @returns {ValueType | null} */
export function foreignType({ params, results }) {
  return [...params, ...results].find((type) => type === "ref" || type === "v128") ?? null;
}

/**
 * Makes of a value from outside what the type takes: integers by either sign, floats from any number. Nothing is rounded or
 * wrapped silently.
 * @param {unknown} value
 * @param {ValueType} type
 * @returns {WasmValue}
 * @throws {ValueMismatch}
 */
export function toWasm(value, type) {
  const given = typeof value === "boolean" ? Number(value) : value;
  if (typeof given !== "number" && typeof given !== "bigint") throw new ValueMismatch(`${type} wanted, ${describe(value)} given`);
  if (type === "f32" || type === "f64") return Number(given);
  if (typeof given === "number" && !Number.isInteger(given)) throw new ValueMismatch(`${type} wanted, ${given} given, which is no integer`);
  if (type === "i32") {
    if (given < I32_MIN || given > U32_MAX) throw new ValueMismatch(`${given} does not fit into i32`);
    return Number(given) | 0;
  }
  const wide = BigInt(given);
  if (wide < I64_MIN || wide > U64_MAX) throw new ValueMismatch(`${given} does not fit into i64`);
  return BigInt.asIntN(64, wide);
}

/**
 * What a function with this signature is to return to WebAssembly.
 * @param {unknown} value nothing, one value, or a list of several
 * @param {ValueType[]} types of the results
 * @returns {WasmValue | WasmValue[] | undefined}
 * @throws {ValueMismatch}
 */
export function toResults(value, types) {
  const [first] = types;
  if (first === undefined) return undefined;
  if (types.length === 1) return toWasm(Array.isArray(value) && value.length === 1 ? value[0] : value, first);
  if (!Array.isArray(value) || value.length !== types.length) {
    throw new ValueMismatch(`${types.length} results wanted (${types.join(", ")}), ${describe(value)} given`);
  }
  return types.map((type, i) => toWasm(value[i], type));
}

/**
 * @param {unknown[]} values
 * @param {ValueType[]} types of the parameters
 * @returns {WasmValue[]}
 * @throws {ValueMismatch}
 */
export function toArguments(values, types) {
  if (values.length !== types.length) {
    throw new ValueMismatch(`it takes ${types.length} arguments (${types.join(", ")}), ${values.length} were given`);
  }
  return types.map((type, i) => toWasm(values[i], type));
}

/**
 * What Python is given for a number: it would see an integer in the -0 of JavaScript, and those have none; a text it can read.
 * @template T
 * @param {T} value
 * @returns {T | "-0"}
 */
export function signedZero(value) {
  return Object.is(value, -0) ? "-0" : value;
}

/** @param {unknown} value */
function describe(value) {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  return `a value of type ${typeof value}`;
}
