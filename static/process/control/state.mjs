import { restoreState, saveState } from "../state/state.mjs";

/** @type {Readonly<Record<string, import("./control.mjs").Operation>>} */
export const stateOperations = Object.freeze({
  "state.save": saveState,
  "state.restore": restoreState,
});
