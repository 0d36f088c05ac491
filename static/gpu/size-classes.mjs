/** The sizes in which memory is taken, so that it fits again: an eighth of waste at most. */

const SMALLEST = 256;
const STEPS = 8;

/**
 * @param {number} bytes
 * @param {number} limit the largest size there is
 * @returns {number} the smallest class of `bytes` or more, a multiple of 4
 */
export function sizeClass(bytes, limit) {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / STEPS;
  return Math.min(Math.ceil(bytes / step) * step, limit - (limit % 4));
}
