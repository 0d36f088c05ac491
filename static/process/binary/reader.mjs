/**
 * Reading and writing the binary format.
 * https://webassembly.github.io/spec/core/binary/index.html
 */

/** The bytes say something that is not known here. */
export class UnknownBinary extends Error {}

const decoder = new TextDecoder();

/** Reads bytes from front to back. */
export class Reader {
  /** @readonly */
  bytes;
  at;

  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new UnknownBinary("the module ends too early");
    return byte;
  }

  /** An unsigned LEB128 number; exact to 2^53, more than any limit. */
  unsigned() {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    for (let scale = 128; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** Passes over a LEB128 number of any kind. */
  skipNumber() {
    while (this.byte() >= 128);
  }

  name() {
    const length = this.unsigned();
    this.at += length;
    // A copy, because shared memory cannot be decoded.
    return decoder.decode(this.bytes.slice(this.at - length, this.at));
  }
}

/** @param {number} value @returns {number[]} LEB128 */
export function unsigned(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** @param {Uint8Array[]} parts @returns {Uint8Array<ArrayBuffer>} */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
