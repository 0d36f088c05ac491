import { ControlError } from "../control/control-error.mjs";

/**
 * What a saved value must look like. A check answers the value as its own, without anything that was not asked for, or throws:
 * what is in a save state may come from anybody. Of an object only own members count, and those that nobody asks for are a newer
 * minor version's.
 * @template T
 * @typedef {(value: unknown, where: string) => T} Check
 */

/** @template {Check<any>} C @typedef {ReturnType<C>} Checked */

const DIGITS_MAX = 20;
const WORD = 2n ** 64n;
const HALF = 2n ** 63n;

/** @param {string} what */
export function invalid(what) {
  return new ControlError("WASM_SAVE_STATE_INVALID", `the save state cannot have been written here: ${what}`);
}

/**
 * @param {number} minimum
 * @param {number} maximum
 * @returns {Check<number>}
 */
export function integer(minimum, maximum) {
  return (value, where) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < minimum || value > maximum || Object.is(value, -0)) {
      throw invalid(`${where} is no whole number from ${minimum} to ${maximum}`);
    }
    return value;
  };
}

/** A position, a size or a count. */
export const size = integer(0, Number.MAX_SAFE_INTEGER);

/** @type {Check<boolean>} */
export const flag = (value, where) => {
  if (typeof value !== "boolean") throw invalid(`${where} is neither true nor false`);
  return value;
};

/** @param {number} maximum UTF-16 code units @returns {Check<string>} */
export function text(maximum) {
  return (value, where) => {
    if (typeof value !== "string" || value.length > maximum || !value.isWellFormed()) {
      throw invalid(`${where} is no text of at most ${maximum} characters`);
    }
    return value;
  };
}

/**
 * @template {string} S
 * @param {readonly S[]} words
 * @returns {Check<S>}
 */
export function word(...words) {
  return (value, where) => {
    const found = words.find((known) => known === value);
    if (found === undefined) throw invalid(`${where} is none of ${words.join(", ")}`);
    return found;
  };
}

/** A whole number of 64 bits, signed, as decimal digits. @type {Check<bigint>} */
export const signed64 = (value, where) => {
  const number = digits(value, where);
  if (number < -HALF || number >= HALF) throw invalid(`${where} has more than 64 bits`);
  return number;
};

/** @param {number} bits @returns {Check<bigint>} unsigned, as decimal digits */
export function unsigned(bits) {
  return (value, where) => {
    const number = digits(value, where);
    if (number < 0n || number >= WORD >> BigInt(64 - bits)) throw invalid(`${where} has more than ${bits} bits, or a sign`);
    return number;
  };
}

/** @param {unknown} value @param {string} where */
function digits(value, where) {
  if (typeof value !== "string" || value.length > DIGITS_MAX || !/^(?:0|-?[1-9][0-9]*)$/.test(value)) {
    throw invalid(`${where} is no number in decimal digits`);
  }
  return BigInt(value);
}

/**
 * @template T
 * @param {Check<T>} check
 * @returns {Check<T | null>}
 */
export function nullable(check) {
  return (value, where) => (value === null ? null : check(value, where));
}

/**
 * @template T
 * @param {Check<T>} check
 * @param {number} [maximum] items
 * @returns {Check<T[]>}
 */
export function list(check, maximum = Infinity) {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > maximum) throw invalid(`${where} is no list of at most ${maximum} items`);
    return value.map((item, i) => check(item, `${where}[${i}]`));
  };
}

/**
 * @template {readonly Check<any>[]} C
 * @param {C} checks one for each item
 * @returns {Check<{ -readonly [I in keyof C]: Checked<C[I]> }>}
 */
export function tuple(...checks) {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== checks.length) throw invalid(`${where} is no list of ${checks.length} items`);
    return /** @type {any} */ (checks.map((check, i) => check(value[i], `${where}[${i}]`)));
  };
}

/**
 * @template {Record<string, Check<any>>} F
 * @param {F} fields
 * @returns {Check<{ [K in keyof F]: Checked<F[K]> }>}
 */
export function record(fields) {
  const entries = Object.entries(fields);
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${where} is no object`);
    /** @type {Record<string, unknown>} */
    const whole = {};
    for (const [name, check] of entries) {
      if (!Object.hasOwn(value, name)) throw invalid(`${where}.${name} is missing`);
      whole[name] = check(/** @type {Record<string, unknown>} */ (value)[name], `${where}.${name}`);
    }
    return /** @type {any} */ (whole);
  };
}

/**
 * Records of several kinds, told apart by their member `kind`.
 * @template {Record<string, Check<any>>} V
 * @param {V} variants by kind
 * @returns {Check<{ [K in keyof V]: Checked<V[K]> & { kind: K } }[keyof V]>}
 */
export function oneOf(variants) {
  const kinds = record({ kind: word(...Object.keys(variants)) });
  return (value, where) => {
    const { kind } = kinds(value, where);
    const check = /** @type {Check<any>} */ (variants[kind]);
    return { ...check(value, where), kind };
  };
}

/**
 * @param {number} [maximum]
 * @returns {Check<Uint8Array>} not a copy: who keeps it must make one
 */
export function bytes(maximum = Infinity) {
  return (value, where) => {
    if (!(value instanceof Uint8Array) || value.length > maximum) throw invalid(`${where} is no blob of at most ${maximum} bytes`);
    return value;
  };
}
