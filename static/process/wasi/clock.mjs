import { setTimestamp } from "../clock.mjs";
import {
  CLOCKID_MONOTONIC,
  CLOCKID_REALTIME,
  CLOCKID_THREAD_CPUTIME_ID,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_SUCCESS,
} from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/**
 * clock_*.
 * @param {Process} process
 */
export function clockFunctions({ memory, clock, turnstile }) {
  /** The monotonic time told last, in nanoseconds. */
  let told = -1;

  return {
    /** @param {number} id @param {number} resolution */
    clock_res_get(id, resolution) {
      resolution >>>= 0;
      if (id >>> 0 > CLOCKID_THREAD_CPUTIME_ID) return ERRNO_INVAL;
      if (!memory.fits(resolution, 8)) return ERRNO_FAULT;
      memory.setUint64(resolution, clock.resolutionNanoseconds);
      return ERRNO_SUCCESS;
    },

    /**
     * @param {number} id
     * @param {bigint} precision not needed: no cheaper clock is at hand
     * @param {number} time
     */
    clock_time_get(id, precision, time) {
      void precision;
      time >>>= 0;
      if (!memory.fits(time, 8)) return ERRNO_FAULT;
      const now = clock.read();
      if (id === CLOCKID_MONOTONIC) {
        // Programs take it for granted that time passes between two calls; a browser's clock moves in steps.
        told = Math.max(told + 1, Math.floor(now * 1e6));
        memory.setUint64(time, told);
      } else if (id === CLOCKID_REALTIME) setTimestamp(memory.view, time, clock.timestamp());
      else if (id >>> 0 > CLOCKID_THREAD_CPUTIME_ID) return ERRNO_INVAL;
      else memory.setUint64(time, clock.cpuTime() * 1e6);
      return turnstile.turnIfDue();
    },
  };
}
