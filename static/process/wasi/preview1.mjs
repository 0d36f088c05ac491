import { suspendingCalls } from "../suspending.mjs";
import { Interrupted } from "../turnstile.mjs";
import { ERRNO_INTR } from "./abi.mjs";
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
/** @typedef {import("./call-counters.mjs").Call} Call */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/** Calls that may have to wait for something, and their parameters for `suspendingCalls`. */
const BLOCKING = { fd_read: "iiii", fd_write: "iiii", poll_oneoff: "iiii", sched_yield: "" };
/** Calls that busy programs make, through which a controllable one lets the event loop in. */
const BUSY = { clock_time_get: "iIi" };

/**
 * All that a generation of WASI offers, by name, counted or told of.
 * @param {Process} process
 * @param {Layout} layout
 * @param {Record<string, Call>} [extensions]
 * @returns {Record<string, Call>}
 */
function functions(process, layout, extensions = {}) {
  const calls = {
    ...extensions,
    ...argsFunctions(process),
    ...clockFunctions(process),
    ...fdFunctions(process, layout),
    ...pathFunctions(process, layout),
    ...pollFunctions(process, layout),
    ...procFunctions(process),
    ...randomFunctions(process),
    ...sockFunctions(process),
  };
  const counted = process.calls.count(calls);
  return process.tracer === null ? counted : process.tracer.trace(counted, layout);
}

/** A call that a signal ended answers INTR. @param {unknown} error */
function interruptedErrno(error) {
  if (error instanceof Interrupted) return ERRNO_INTR;
  throw error;
}

/**
 * Makes the calls that may stand still into ones that suspend the program's stack, where the browser can.
 * @param {Record<string, Function>} offered
 * @param {boolean} controllable
 * @returns {Record<string, WebAssembly.ImportValue>}
 */
function suspending(offered, controllable) {
  const imports = /** @type {Record<string, WebAssembly.ImportValue>} */ ({ ...offered });
  if (WebAssembly.Suspending === undefined) return imports;
  const calls = Object.entries(controllable ? { ...BLOCKING, ...BUSY } : BLOCKING).map(([name, parameters]) => {
    return [name, { call: /** @type {Function} */ (offered[name]), parameters }];
  });
  return Object.assign(imports, suspendingCalls(Object.fromEntries(calls), interruptedErrno));
}

/**
 * The modules of WASI that a program may import, each made when it is asked for.
 * @type {Readonly<Record<string, (process: Process) => Record<string, WebAssembly.ImportValue>>>}
 */
export const WASI_MODULES = {
  wasi_snapshot_preview1: (process) =>
    suspending(functions(process, LAYOUT_PREVIEW1, wasmEdgeSocketFunctions()), process.turnstile.controllable),
  wasi_unstable: (process) => suspending(functions(process, LAYOUT_UNSTABLE), process.turnstile.controllable),
};
