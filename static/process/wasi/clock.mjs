import { setTimestamp } from "../timestamp.mjs";
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
  /**
   * What a clock tells that stands while the program computes.
   * @param {number} id
   * @returns {bigint}
   */
  function standing(id) {
    if (id === CLOCKID_MONOTONIC) return clock.monotonic();
    return id === CLOCKID_REALTIME ? clock.ofDay() : clock.cpuTime();
  }

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
      if (id >>> 0 > CLOCKID_THREAD_CPUTIME_ID) return ERRNO_INVAL;
      clock.read();
      if (!clock.runs) {
        memory.view.setBigUint64(time, standing(id), true);
        clock.looked();
      } else if (id === CLOCKID_MONOTONIC) memory.setUint64(time, clock.tellMonotonic());
      else if (id === CLOCKID_REALTIME) setTimestamp(memory.view, time, clock.timestamp());
      else memory.view.setBigUint64(time, clock.cpuTime(), true);
      return turnstile.turnIfDue();
    },
  };
}
