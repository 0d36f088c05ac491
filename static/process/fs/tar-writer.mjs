/** @typedef {import("./packing.mjs").Item} Item */

/**
 * Writes tar archives: ustar headers, and pax headers (POSIX.1-2001, "pax Interchange Format") for what does not fit into them:
 * names that are long or not ASCII, and times with a fraction. The same items give the same bytes.
 */

const BLOCK = 512;
const NAME_BYTES = 100;
/** Eleven octal digits. */
const SECONDS_MAX = 0o777_7777_7777;
const MODES = { file: 0o644, hardlink: 0o644, directory: 0o755, symlink: 0o777 };
const TYPES = { file: "0", hardlink: "1", directory: "5", symlink: "2" };

const encoder = new TextEncoder();

/**
 * @param {Item[]} items
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {RangeError} when there is no memory for it
 */
export function writeTar(items) {
  const headers = items.map((item) => headersOf(item));
  const contents = items.map(({ size }) => Math.ceil(size / BLOCK) * BLOCK);
  // Two empty blocks are the end.
  const total = headers.reduce((sum, header, i) => sum + header.length + /** @type {number} */ (contents[i]), 2 * BLOCK);
  const bytes = new Uint8Array(total);
  let at = 0;
  items.forEach((item, i) => {
    const header = /** @type {Uint8Array} */ (headers[i]);
    bytes.set(header, at);
    at += header.length;
    if (item.size > 0) item.read(bytes, at);
    at += /** @type {number} */ (contents[i]);
  });
  return bytes;
}

/** @param {Item} item */
function headersOf(item) {
  const name = encoder.encode(item.kind === "directory" ? `${item.path}/` : item.path);
  const target = encoder.encode(item.target);
  const { seconds, nanoseconds } = item.mtime;
  const whole = Math.min(Math.max(0, seconds), SECONDS_MAX);
  /** @type {[key: string, value: string][]} */
  const records = [];
  if (!fits(name)) records.push(["path", item.path]);
  if (!fits(target)) records.push(["linkpath", item.target]);
  if (nanoseconds !== 0 || seconds !== whole) records.push(["mtime", decimal(seconds, nanoseconds)]);
  const own = header(name, MODES[item.kind], item.size, whole, TYPES[item.kind], target);
  if (records.length === 0) return own;
  const content = encoder.encode(records.map(([key, value]) => record(key, value)).join(""));
  const bytes = new Uint8Array(BLOCK + Math.ceil(content.length / BLOCK) * BLOCK + BLOCK);
  bytes.set(header(encoder.encode("PaxHeader"), MODES.file, content.length, whole, "x", new Uint8Array(0)));
  bytes.set(content, BLOCK);
  bytes.set(own, bytes.length - BLOCK);
  return bytes;
}

/** Whether text can stand in a field of ustar's. @param {Uint8Array} text */
function fits(text) {
  return text.length <= NAME_BYTES && text.every((byte) => byte < 128);
}

/**
 * @param {number} seconds before the epoch: below 0
 * @param {number} nanoseconds
 */
function decimal(seconds, nanoseconds) {
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const digits = String(total < 0n ? -total : total).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  return `${total < 0n ? "-" : ""}${digits.slice(0, -9)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A record of a pax header, which begins with its own length. @param {string} key @param {string} value */
function record(key, value) {
  const rest = ` ${key}=${value}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

/**
 * @param {Uint8Array} name
 * @param {number} mode
 * @param {number} size
 * @param {number} seconds
 * @param {string} type
 * @param {Uint8Array} target
 */
function header(name, mode, size, seconds, type, target) {
  const bytes = new Uint8Array(BLOCK);
  /** @param {number} at @param {string} text */
  const put = (at, text) => bytes.set(encoder.encode(text), at);
  /** @param {number} at @param {number} value @param {number} digits */
  const octal = (at, value, digits) => put(at, value.toString(8).padStart(digits, "0"));
  bytes.set(name.subarray(0, NAME_BYTES), 0);
  octal(100, mode, 7);
  octal(108, 0, 7);
  octal(116, 0, 7);
  octal(124, size, 11);
  octal(136, seconds, 11);
  put(148, "        ");
  put(156, type);
  bytes.set(target.subarray(0, NAME_BYTES), 157);
  put(257, "ustar\0" + "00");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}
