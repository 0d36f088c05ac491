import { functionsName } from "../binary/reachable.mjs";
import { ControlError } from "../control/control-error.mjs";

/** @typedef {import("../binary/reachable.mjs").Reachable} Reachable */

/** @param {string} what */
export function unsupported(what) {
  return new ControlError("WASM_SAVE_STATE_UNSUPPORTED", `the state cannot be saved: ${what}`);
}

/** The functions of an instance by their places in its table of all functions. The empty reference is -1. */
export class References {
  #table;
  #count;
  /** Made when the first function is looked for. @type {Map<unknown, number> | null} */
  #places = null;

  /** @param {WebAssembly.Exports} exports @param {Reachable} reachable */
  constructor(exports, reachable) {
    this.#table = /** @type {WebAssembly.Table | undefined} */ (exports[functionsName(reachable)]);
    this.#count = reachable.functions;
  }

  /** How many functions there are. */
  get count() {
    return this.#count;
  }

  /**
   * @param {unknown} value out of a table or a global
   * @returns {number | null} null for what is neither a function of the module nor empty
   */
  placeOf(value) {
    if (value === null) return -1;
    if (typeof value !== "function") return null;
    if (this.#places === null) {
      this.#places = new Map();
      for (let i = 0; i < this.#count; i++) this.#places.set(this.#table?.get(i), i);
    }
    return this.#places.get(value) ?? null;
  }

  /** @param {number} place @returns {unknown} */
  at(place) {
    return place < 0 ? null : this.#table?.get(place);
  }
}
