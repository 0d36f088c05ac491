import { getterName, globalName, isReachedAsBits, setterName } from "../binary/reachable.mjs";
import { integer, invalid, list, tuple, unsigned } from "./shapes.mjs";
import { unsupported } from "./references.mjs";

/** @typedef {import("../binary/types.mjs").ValueType} ValueType */
/** @typedef {import("./instance-state.mjs").InstanceState} InstanceState */

/** How many bits the integers have that a value is kept as. @type {Readonly<Record<Exclude<ValueType, "ref">, number[]>>} */
const BITS = { i32: [32], i64: [64], f32: [32], f64: [64], v128: [64, 64] };

/**
 * The module's own mutable globals, bit for bit; references to its functions by their places.
 * @type {import("./state.mjs").StatePart}
 */
export const globals = {
  tag: "GLOB",
  save({ instance }) {
    const { reachable } = instance;
    return reachable.globals.map(({ index, type }) => (type === "ref" ? referred(instance, index) : bitsOf(instance, index, type)));
  },
  check({ instance }, value) {
    const wanted = instance.reachable.globals;
    const given = list((item) => item)(value, "GLOB");
    if (given.length !== wanted.length) throw invalid(`the module has ${wanted.length} mutable globals, not ${given.length}`);
    wanted.forEach(({ index, type }, i) => {
      const where = `GLOB[${i}]`;
      if (type === "ref") {
        refer(instance, index, integer(-1, instance.references.count - 1)(given[i], where));
      } else {
        const bits = tuple(...BITS[type].map(unsigned))(given[i], where);
        setBits(instance, index, type, /** @type {bigint[]} */ (bits));
      }
    });
    return () => {};
  },
};

/** @param {InstanceState} instance @param {number} index */
function globalOf({ exports, reachable }, index) {
  return /** @type {WebAssembly.Global} */ (exports[globalName(reachable, index)]);
}

/** @param {InstanceState} instance @param {number} index @param {ValueType} type @returns {string[]} */
function bitsOf(instance, index, type) {
  const { exports, reachable } = instance;
  const value = isReachedAsBits(type)
    ? /** @type {Function} */ (exports[getterName(reachable, index)])()
    : globalOf(instance, index).value;
  const words = Array.isArray(value) ? value : [value];
  return words.map((part) => String(typeof part === "bigint" ? BigInt.asUintN(64, part) : part >>> 0));
}

/** @param {InstanceState} instance @param {number} index @param {ValueType} type @param {bigint[]} bits */
function setBits(instance, index, type, bits) {
  const { exports, reachable } = instance;
  const narrow = type === "i32" || type === "f32";
  const values = bits.map((part) => (narrow ? Number(part) | 0 : BigInt.asIntN(64, part)));
  if (isReachedAsBits(type)) /** @type {Function} */ (exports[setterName(reachable, index)])(...values);
  else globalOf(instance, index).value = values[0];
}

/** @param {InstanceState} instance @param {number} index @returns {number} */
function referred(instance, index) {
  let place;
  try {
    place = instance.references.placeOf(globalOf(instance, index).value);
  } catch {
    place = null; // of a type that JavaScript may not look at
  }
  if (place === null) throw unsupported(`global ${index} of the module holds a reference to something other than a function of it`);
  return place;
}

/** @param {InstanceState} instance @param {number} index @param {number} place */
function refer(instance, index, place) {
  const global = globalOf(instance, index);
  try {
    global.value = instance.references.at(place);
  } catch {
    throw invalid(`global ${index} of the module cannot hold that reference`);
  }
}
