import { tableName } from "../binary/reachable.mjs";
import { unsupported } from "./references.mjs";
import { integer, invalid, list, record, size, tuple } from "./shapes.mjs";

/** @typedef {import("./instance-state.mjs").InstanceState} InstanceState */

/**
 * A table as the JavaScript API has it, of 32-bit or 64-bit addresses.
 * @typedef {object} AnyTable
 * @property {number | bigint} length
 * @property {(at: number | bigint) => unknown} get
 * @property {(at: number | bigint, value: unknown) => void} set
 * @property {(by: number | bigint) => unknown} grow
 */

/** The longest table that browsers make (WebAssembly JavaScript interface, appendix on limits). */
const ENTRIES_MAX = 10_000_000;

/** All tables: their lengths, and runs of what is not empty, as places of functions. @type {import("./state.mjs").StatePart} */
export const tables = {
  tag: "TABL",
  save({ instance }) {
    return Array.from({ length: instance.reachable.tables }, (_, i) => described(instance, i));
  },
  check({ instance }, value) {
    const { reachable, references } = instance;
    const place = integer(0, references.count - 1);
    const given = list(record({ length: integer(0, ENTRIES_MAX), runs: list(tuple(size, list(place))) }))(value, "TABL");
    if (given.length !== reachable.tables) throw invalid(`the module has ${reachable.tables} tables, not ${given.length}`);
    given.forEach(({ length, runs }, i) => fill(instance, i, length, runs));
    return () => {};
  },
};

/** @param {InstanceState} instance @param {number} index */
function tableOf({ exports, reachable }, index) {
  return /** @type {AnyTable} */ (exports[tableName(reachable, index)]);
}

/** @param {InstanceState} instance @param {number} index */
function described(instance, index) {
  const table = tableOf(instance, index);
  const at = addressing(table);
  const length = Number(table.length);
  /** @type {[number, number[]][]} */
  const runs = [];
  let behind = -1;
  for (let i = 0; i < length; i++) {
    const place = placeIn(instance, index, table, at(i));
    if (place < 0) continue;
    if (behind === i) runs.at(-1)?.[1].push(place);
    else runs.push([i, [place]]);
    behind = i + 1;
  }
  return { length, runs };
}

/** @param {InstanceState} instance @param {number} index @param {AnyTable} table @param {number | bigint} at @returns {number} */
function placeIn(instance, index, table, at) {
  let place;
  try {
    place = instance.references.placeOf(table.get(at));
  } catch {
    place = null; // of a type that JavaScript may not look at
  }
  if (place === null) {
    throw unsupported(`table ${index} of the module holds, at ${at}, a reference to something other than a function of it`);
  }
  return place;
}

/** @param {InstanceState} instance @param {number} index @param {number} length @param {[number, number[]][]} runs */
function fill(instance, index, length, runs) {
  const { references } = instance;
  const table = tableOf(instance, index);
  const at = addressing(table);
  const initial = Number(table.length);
  if (length < initial) throw invalid(`table ${index} is shorter than the module begins with`);
  try {
    if (length > initial) table.grow(at(length - initial));
    let behind = 0;
    for (const [first, places] of runs) {
      if (first < behind || first + places.length > length) throw invalid(`table ${index} has entries outside of it, or twice`);
      clear(table, behind, Math.min(first, initial));
      places.forEach((place, i) => table.set(at(first + i), references.at(place)));
      behind = first + places.length;
    }
    clear(table, behind, initial);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw invalid(`table ${index} of the module cannot be what was saved: ${error.message}`);
    }
    throw error;
  }
}

/** Empties entries that the module begins with. @param {AnyTable} table @param {number} from @param {number} to */
function clear(table, from, to) {
  const at = addressing(table);
  for (let i = from; i < to; i++) if (table.get(at(i)) !== null) table.set(at(i), null);
}

/** @param {AnyTable} table @returns {(i: number) => number | bigint} */
function addressing({ length }) {
  return typeof length === "bigint" ? BigInt : (i) => i;
}
