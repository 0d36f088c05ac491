/** CRC-32 as zip and gzip have it: the polynomial 0xEDB88320, four bytes at a time by four tables. RFC 1952, section 8. */

const POLYNOMIAL = 0xedb8_8320;
const TABLES = makeTables();

function makeTables() {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256));
  const [first, ...rest] = /** @type {[Int32Array, ...Int32Array[]]} */ (tables);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    first[byte] = value;
  }
  // A table further: the same byte, followed by one more that is zero.
  for (let byte = 0; byte < 256; byte++) {
    let value = /** @type {number} */ (first[byte]);
    for (const table of rest) {
      value = (value >>> 8) ^ /** @type {number} */ (first[value & 255]);
      table[byte] = value;
    }
  }
  return tables;
}

/**
 * @param {Uint8Array} bytes
 * @returns {number} unsigned
 */
export function crc32(bytes) {
  const [a, b, c, d] = /** @type {[Int32Array, Int32Array, Int32Array, Int32Array]} */ (TABLES);
  const length = bytes.length;
  const whole = length - (length % 4);
  let crc = -1;
  let at = 0;
  for (; at < whole; at += 4) {
    crc ^= word(bytes, at);
    crc = entry(d, crc) ^ entry(c, crc >>> 8) ^ entry(b, crc >>> 16) ^ entry(a, crc >>> 24);
  }
  for (; at < length; at++) crc = (crc >>> 8) ^ entry(a, crc ^ /** @type {number} */ (bytes[at]));
  return ~crc >>> 0;
}

/** @param {Int32Array} table @param {number} index its lowest byte counts */
function entry(table, index) {
  return /** @type {number} */ (table[index & 255]);
}

/** Four bytes, the first the lowest. @param {Uint8Array} bytes @param {number} at */
function word(bytes, at) {
  const low = /** @type {number} */ (bytes[at]) | (/** @type {number} */ (bytes[at + 1]) << 8);
  const high = /** @type {number} */ (bytes[at + 2]) | (/** @type {number} */ (bytes[at + 3]) << 8);
  return low | (high << 16);
}
