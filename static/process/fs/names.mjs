/** What has a name, whoever gives it: what a program could have made itself, so that it can be reached, saved and restored. */

/** PATH_MAX of Linux, without the closing NUL, and NAME_MAX. */
export const PATH_BYTES_MAX = 4095;
export const NAME_BYTES_MAX = 255;

const encoder = new TextEncoder();

/** Whether a text has at most so many bytes of UTF-8. @param {string} text @param {number} maximum */
export function fits(text, maximum) {
  return text.length * 3 <= maximum || encoder.encode(text).length <= maximum;
}

/** Whether a symbolic link can lead there. @param {unknown} target @returns {target is string} */
export function isTarget(target) {
  if (typeof target !== "string" || target === "" || target.includes("\0")) return false;
  return target.isWellFormed() && fits(target, PATH_BYTES_MAX);
}
