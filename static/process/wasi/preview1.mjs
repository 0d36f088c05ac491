import { argsFunctions } from "./args.mjs";
import { clockFunctions } from "./clock.mjs";
import { fdFunctions } from "./fd.mjs";
import { LAYOUT_PREVIEW1, LAYOUT_UNSTABLE } from "./filestat.mjs";
import { pathFunctions } from "./path.mjs";
import { pollFunctions } from "./poll.mjs";
import { procFunctions } from "./proc.mjs";
import { randomFunctions } from "./random.mjs";
import { sockFunctions, wasmEdgeSocketFunctions } from "./sock.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/** Calls that may have to wait for something. */
const BLOCKING = ["fd_read", "poll_oneoff", "sched_yield"];
/** Calls that busy programs make, through which a controllable one lets the event loop in. */
const BUSY = ["fd_write", "clock_time_get"];

/**
 * All that a generation of WASI offers, by name.
 * @param {Process} process
 * @param {Layout} layout
 * @returns {Record<string, Function>}
 */
function functions(process, layout) {
  return {
    ...argsFunctions(process),
    ...clockFunctions(process),
    ...fdFunctions(process, layout),
    ...pathFunctions(process, layout),
    ...pollFunctions(process, layout),
    ...procFunctions(process),
    ...randomFunctions(process),
    ...sockFunctions(process),
  };
}

/**
 * Makes the calls that may stand still into ones that suspend the program's stack, where the browser can.
 * @param {Record<string, Function>} offered
 * @param {boolean} controllable
 * @returns {Record<string, WebAssembly.ImportValue>}
 */
function suspending(offered, controllable) {
  const Suspending = WebAssembly.Suspending;
  const imports = /** @type {Record<string, WebAssembly.ImportValue>} */ ({ ...offered });
  if (Suspending === undefined) return imports;
  for (const name of controllable ? [...BLOCKING, ...BUSY] : BLOCKING) {
    const plain = offered[name];
    if (plain !== undefined) imports[name] = /** @type {WebAssembly.ImportValue} */ (new Suspending(plain));
  }
  return imports;
}

/**
 * The modules of WASI that a program may import, each made when it is asked for.
 * @type {Readonly<Record<string, (process: Process) => Record<string, WebAssembly.ImportValue>>>}
 */
export const WASI_MODULES = {
  wasi_snapshot_preview1: (process) =>
    suspending({ ...wasmEdgeSocketFunctions(), ...functions(process, LAYOUT_PREVIEW1) }, process.turnstile.controllable),
  wasi_unstable: (process) => suspending(functions(process, LAYOUT_UNSTABLE), process.turnstile.controllable),
};
