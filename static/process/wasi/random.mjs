import { ERRNO_FAULT, ERRNO_SUCCESS } from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/**
 * random_get.
 * @param {Process} process
 */
export function randomFunctions({ memory, random }) {
  return {
    /** @param {number} buffer @param {number} length */
    random_get(buffer, length) {
      buffer >>>= 0;
      length >>>= 0;
      if (!memory.fits(buffer, length)) return ERRNO_FAULT;
      random.fill(memory.bytes, buffer, length);
      return ERRNO_SUCCESS;
    },
  };
}
