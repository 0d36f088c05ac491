import { ERRNO_FAULT, ERRNO_SUCCESS } from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/** NUL-terminated strings, laid out once. */
class StringList {
  bytes;
  /** @type {number[]} */
  offsets = [];

  /** @param {string[]} strings */
  constructor(strings) {
    const encoder = new TextEncoder();
    const encoded = strings.map((text) => encoder.encode(`${text}\0`));
    this.bytes = new Uint8Array(encoded.reduce((sum, bytes) => sum + bytes.length, 0));
    let offset = 0;
    for (const bytes of encoded) {
      this.bytes.set(bytes, offset);
      this.offsets.push(offset);
      offset += bytes.length;
    }
  }
}

/**
 * args_* and environ_*.
 * @param {Process} process
 */
export function argsFunctions(process) {
  const { memory } = process;
  // Laid out when asked for: a state that is restored has its own.
  const argumentList = () => new StringList(process.args);
  const environment = () => new StringList(process.env.map(([key, value]) => `${key}=${value}`));

  /** @param {StringList} list @param {number} pointers @param {number} buffer */
  function get(list, pointers, buffer) {
    pointers >>>= 0;
    buffer >>>= 0;
    if (!memory.fits(pointers, list.offsets.length * 4) || !memory.fits(buffer, list.bytes.length)) return ERRNO_FAULT;
    list.offsets.forEach((offset, i) => memory.view.setUint32(pointers + i * 4, buffer + offset, true));
    memory.bytes.set(list.bytes, buffer);
    return ERRNO_SUCCESS;
  }

  /** @param {StringList} list @param {number} count @param {number} size */
  function sizes(list, count, size) {
    count >>>= 0;
    size >>>= 0;
    if (!memory.fits(count, 4) || !memory.fits(size, 4)) return ERRNO_FAULT;
    memory.view.setUint32(count, list.offsets.length, true);
    memory.view.setUint32(size, list.bytes.length, true);
    return ERRNO_SUCCESS;
  }

  return {
    /** @param {number} argv @param {number} buffer */
    args_get: (argv, buffer) => get(argumentList(), argv, buffer),
    /** @param {number} count @param {number} size */
    args_sizes_get: (count, size) => sizes(argumentList(), count, size),
    /** @param {number} environ @param {number} buffer */
    environ_get: (environ, buffer) => get(environment(), environ, buffer),
    /** @param {number} count @param {number} size */
    environ_sizes_get: (count, size) => sizes(environment(), count, size),
  };
}
