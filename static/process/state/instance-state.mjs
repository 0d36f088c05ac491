import { References } from "./references.mjs";

/** @typedef {import("../binary/reachable.mjs").Reachable} Reachable */

/** An instance as its state is read and written: its exports with those that were added for it. */
export class InstanceState {
  exports;
  reachable;
  references;

  /** @param {WebAssembly.Instance} instance @param {Reachable} reachable */
  constructor({ exports }, reachable) {
    this.exports = exports;
    this.reachable = reachable;
    this.references = new References(exports, reachable);
  }
}
