import { ControlError } from "../control/control-error.mjs";
import { makeInstance, takeInstance } from "../instance.mjs";
import { programArguments } from "./arguments.mjs";
import { descriptors } from "./descriptors.mjs";
import { display, events, input, sound, terminal } from "./devices.mjs";
import { decoded, encoded, isPart } from "./encoding.mjs";
import { files } from "./files.mjs";
import { globals } from "./globals.mjs";
import { InstanceState } from "./instance-state.mjs";
import { memories } from "./memories.mjs";
import { unsupported } from "./references.mjs";
import { invalid } from "./shapes.mjs";
import { standardInput, standardOutput } from "./streams.mjs";
import { tables } from "./tables.mjs";
import { clock, randomness } from "./time.mjs";

/** @typedef {import("../compile.mjs").Compiled} Compiled */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./encoding.mjs").Part} Part */

/**
 * A state that is being saved; `numbers` are those of the files.
 * @typedef {{ process: Process, instance: InstanceState, numbers: Map<Inode, number> }} Saving
 */
/**
 * One that is being restored into an instance that nobody uses yet; `inodes` are the files by their numbers.
 * @typedef {{ process: Process, instance: InstanceState, inodes: Inode[] }} Restoring
 */

/**
 * One part of a state. `save` answers plain values with bytes among them. `check` looks at everything that is to be restored,
 * changes nothing that is in use, and answers what puts it in place, which cannot fail.
 * @typedef {object} StatePart
 * @property {string} tag four letters (aikernel_web/runtime/save_state.py says what they mean)
 * @property {(saving: Saving) => unknown} save
 * @property {(restoring: Restoring, value: unknown) => () => void} check
 */

/**
 * In the order in which they are saved, checked and put in place: descriptors need files and devices.
 * @type {readonly StatePart[]}
 */
const PARTS = [
  programArguments, clock, randomness, standardInput, standardOutput, display, sound, input, events, terminal,
  files, descriptors, globals, tables, memories,
];

/**
 * The whole state of a program between two of its calls.
 * @param {Process} process
 * @returns {Part[]}
 * @throws {ControlError} WASM_SAVE_STATE_FRAMES, WASM_SAVE_STATE_UNSUPPORTED, WASM_PROCESS_ENDED
 */
export function saveState(process) {
  requireNoFrames(process, "saved");
  const { compiled, instance, ending } = process;
  // It ended in the middle of something: nobody could go on from there.
  if (ending !== null) throw new ControlError("WASM_PROCESS_ENDED", `the program has ended (${ending.message}): it has no state to save`);
  if (compiled === null || instance === null) throw unsupported("there is no instance yet");
  const saving = { process, instance: new InstanceState(instance, reachableOf(compiled)), numbers: new Map() };
  return PARTS.map(({ tag, save }) => encoded(tag, save(saving)));
}

/**
 * Returns a program to a state, with a new instance of its module.
 * @param {Process} process
 * @param {unknown} parts
 * @throws {ControlError} WASM_SAVE_STATE_FRAMES, WASM_SAVE_STATE_INVALID, WASM_SAVE_STATE_FOREIGN, WASM_SAVE_STATE_UNSUPPORTED;
 *   nothing has changed
 */
export function restoreState(process, parts) {
  const { compiled } = process;
  if (compiled === null) throw unsupported("there is no module yet");
  requireNoFrames(process, "restored");
  resumeState(process, compiled, parts);
}

/**
 * Puts a process on an instance that goes on from a state, in the place of the one that it has, if any.
 * @param {Process} process
 * @param {Compiled} compiled
 * @param {unknown} parts
 * @throws {ControlError} as `restoreState`
 */
export function resumeState(process, compiled, parts) {
  const values = valuesOf(parts);
  const reachable = reachableOf(compiled);
  const made = makeInstance(process, compiled);
  if ("reason" in made) throw new ControlError(made.code ?? "WASM_SAVE_STATE_INVALID", made.message);
  /** @type {Restoring} */
  const restoring = { process, instance: new InstanceState(made.instance, reachable), inodes: [] };
  const apply = PARTS.map(({ tag, check }) => check(restoring, values.get(tag)));
  takeInstance(process, compiled, made);
  for (const put of apply) put();
}

/** @param {Process} process @param {string} what */
function requireNoFrames({ turnstile }, what) {
  if (turnstile.depth === 0) return;
  throw new ControlError(
    "WASM_SAVE_STATE_FRAMES",
    `the state cannot be ${what} while the program has frames on its stack, which nobody can look at: it runs, or waits in a ` +
      "call. Let its entry and its calls return first; a program that is started with stay=True is there for more calls then",
  );
}

/** @param {Compiled} compiled */
function reachableOf({ reachable }) {
  if (reachable === null) {
    throw unsupported(
      "its module was not made ready for that: start the program with stay=True. (Not at all where the module holds what is " +
        "younger than this host.)",
    );
  }
  return reachable;
}

/**
 * The values of the parts by their tags, each there once. Those of other tags are for others.
 * @param {unknown} parts
 * @returns {Map<string, unknown>}
 */
function valuesOf(parts) {
  if (!Array.isArray(parts) || !parts.every(isPart)) throw invalid("it has no parts");
  const known = new Set(PARTS.map(({ tag }) => tag));
  /** @type {Map<string, unknown>} */
  const values = new Map();
  for (const part of parts) {
    const [tag] = part;
    if (!known.has(tag)) continue;
    if (values.has(tag)) throw invalid(`the part ${tag} is there twice`);
    values.set(tag, decoded(part));
  }
  for (const tag of known) if (!values.has(tag)) throw invalid(`the part ${tag} is missing`);
  return values;
}
