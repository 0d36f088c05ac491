import { exited, raised } from "../exit.mjs";
import { ERRNO_INVAL, ERRNO_NOTSUP, ERRNO_SUCCESS, SIGNAL_NAMES } from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/** Signals whose default action is nothing, and those that would stop a process: signal(7). */
const IGNORED = new Set(["NONE", "CHLD", "CONT", "URG", "WINCH"]);
const STOPPING = new Set(["STOP", "TSTP", "TTIN", "TTOU"]);

/** Linux's numbers, for the exit code 128 + n that shells know; WASI counts differently from 16 on. */
/** @type {Readonly<Record<string, number>>} */
const LINUX_NUMBERS = { XCPU: 24, XFSZ: 25, VTALRM: 26, PROF: 27, POLL: 29, PWR: 30, SYS: 31 };

/**
 * proc_* and sched_yield.
 * @param {Process} process
 */
export function procFunctions(process) {
  return {
    /** @param {number} code */
    proc_exit(code) {
      process.end(exited(code >>> 0));
    },

    /**
     * The default action of the signal: there are no handlers in WASI.
     * @param {number} signal
     */
    proc_raise(signal) {
      const name = SIGNAL_NAMES[signal >>> 0];
      if (name === undefined) return ERRNO_INVAL;
      if (IGNORED.has(name)) return ERRNO_SUCCESS;
      if (STOPPING.has(name)) return ERRNO_NOTSUP;
      return process.end(raised(name, LINUX_NUMBERS[name] ?? signal));
    },

    sched_yield() {
      process.clock.read();
      return process.turnstile.turn();
    },
  };
}
