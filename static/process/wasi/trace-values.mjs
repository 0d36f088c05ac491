import { RIGHTS_DIRECTORY, RIGHTS_FILE, SIGNAL_NAMES } from "./abi.mjs";
import { CLOCK_NAMES, ERRNO_NAMES, EVENT_NAMES, FDFLAG_NAMES, FILETYPE_NAMES, RIGHT_NAMES, WHENCE_NAMES } from "./names.mjs";

/** @typedef {import("../guest-memory.mjs").GuestMemory} GuestMemory */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/** Bytes of a string or of data that are shown, and items of a list. */
const SHOWN_BYTES = 64;
const SHOWN_ITEMS = 8;
const IOVEC_SIZE = 8;
const EVENT_SIZE = 32;
const DIRENT_SIZE = 24;
/** What is shown of a range outside the program's memory. */
const FAULT = "<outside memory>";

const decoder = new TextDecoder();

/** @param {bigint | number} value @returns {string} an unsigned number of 64 bits, or of 32 */
export function unsigned(value) {
  return String(typeof value === "bigint" ? BigInt.asUintN(64, value) : value >>> 0);
}

/** @param {readonly string[]} names @param {number} value */
export function named(names, value) {
  return names[value >>> 0] ?? String(value >>> 0);
}

/** @param {readonly string[]} names by bit @param {number | bigint} value */
export function flags(names, value) {
  const bits = BigInt.asUintN(64, BigInt(value));
  const set = names.filter((_, bit) => (bits & (1n << BigInt(bit))) !== 0n);
  const rest = bits >> BigInt(names.length) << BigInt(names.length);
  if (rest !== 0n) set.push(`0x${rest.toString(16)}`);
  return set.length === 0 ? "0" : set.join("|");
}

/** Sets of rights that have a name here, the smallest first. @type {[string, number][]} */
const RIGHT_SETS = [
  ["FILE", RIGHTS_FILE],
  ["DIRECTORY", RIGHTS_DIRECTORY],
  ["ALL", 2 ** RIGHT_NAMES.length - 1],
];

/**
 * Rights, by what says it shortest: those there are, or those that a named set has more.
 * @param {number | bigint} value
 */
export function rights(value) {
  const bits = Number(BigInt.asUintN(64, BigInt(value)));
  let shortest = flags(RIGHT_NAMES, value);
  for (const [name, set] of RIGHT_SETS) {
    if (bits > set || (bits & ~set) !== 0) continue;
    const less = set & ~bits;
    const said = less === 0 ? name : `${name}&~(${flags(RIGHT_NAMES, less)})`;
    if (said.length < shortest.length) shortest = said;
  }
  return shortest;
}

/** @param {number} value */
export function signal(value) {
  const name = SIGNAL_NAMES[value >>> 0];
  return name === undefined ? String(value >>> 0) : `SIG${name}`;
}

/** @param {Uint8Array} bytes @param {number} length of which `bytes` is the beginning */
function quoted(bytes, length) {
  // A copy, because shared memory cannot be decoded.
  const text = JSON.stringify(decoder.decode(bytes.slice(0, SHOWN_BYTES)));
  return length > SHOWN_BYTES ? `${text}...` : text;
}

/** A string or data, quoted. @param {GuestMemory} memory @param {number} pointer @param {number} length */
export function text(memory, pointer, length) {
  pointer >>>= 0;
  length >>>= 0;
  if (!memory.fits(pointer, length)) return FAULT;
  return quoted(memory.bytes.subarray(pointer, pointer + Math.min(length, SHOWN_BYTES)), length);
}

/** A number of 32 bits. @param {GuestMemory} memory @param {number} pointer */
export function number32(memory, pointer) {
  pointer >>>= 0;
  return memory.fits(pointer, 4) ? String(memory.view.getUint32(pointer, true)) : FAULT;
}

/** A number of 64 bits. @param {GuestMemory} memory @param {number} pointer */
export function number64(memory, pointer) {
  pointer >>>= 0;
  return memory.fits(pointer, 8) ? String(memory.view.getBigUint64(pointer, true)) : FAULT;
}

/** @param {string[]} items @param {number} count of all of them */
function list(items, count) {
  return `[${items.join(", ")}${count > items.length ? ", ..." : ""}]`;
}

/**
 * What an array of iovec points to, up to `total` bytes.
 * @param {GuestMemory} memory
 * @param {number} iovs
 * @param {number} count
 * @param {number} [total]
 */
export function vectors(memory, iovs, count, total = Infinity) {
  iovs >>>= 0;
  count >>>= 0;
  if (!memory.fits(iovs, count * IOVEC_SIZE)) return FAULT;
  const items = [];
  for (let i = 0; i < Math.min(count, SHOWN_ITEMS) && total > 0; i++) {
    const at = iovs + i * IOVEC_SIZE;
    const length = Math.min(memory.view.getUint32(at + 4, true), total);
    items.push(text(memory, memory.view.getUint32(at, true), length));
    total -= length;
  }
  return list(items, total > 0 ? count : items.length);
}

/** @param {GuestMemory} memory @param {number} pointer @param {Layout} layout */
export function filestat(memory, pointer, layout) {
  pointer >>>= 0;
  if (!memory.fits(pointer, layout.filestatSize)) return FAULT;
  const { view } = memory;
  const rest = pointer + layout.nlinkOffset + layout.nlinkSize;
  const type = named(FILETYPE_NAMES, view.getUint8(pointer + 16));
  const links = view.getUint32(pointer + layout.nlinkOffset, true);
  const [size, atim, mtim, ctim] = [0, 8, 16, 24].map((at) => view.getBigUint64(rest + at, true));
  return (
    `{dev=${number64(memory, pointer)}, ino=${number64(memory, pointer + 8)}, filetype=${type}, nlink=${links}, ` +
    `size=${size}, atim=${atim}, mtim=${mtim}, ctim=${ctim}}`
  );
}

/** @param {GuestMemory} memory @param {number} pointer */
export function fdstat(memory, pointer) {
  pointer >>>= 0;
  if (!memory.fits(pointer, 24)) return FAULT;
  const { view } = memory;
  const type = named(FILETYPE_NAMES, view.getUint8(pointer));
  const [base, inheriting] = [8, 16].map((at) => rights(view.getBigUint64(pointer + at, true)));
  return `{${type}, ${flags(FDFLAG_NAMES, view.getUint16(pointer + 2, true))}, ${base}, ${inheriting}}`;
}

/** @param {GuestMemory} memory @param {number} pointer */
export function prestat(memory, pointer) {
  return `{DIR, ${number32(memory, (pointer >>> 0) + 4)}}`;
}

/** The names in a buffer of directory entries. @param {GuestMemory} memory @param {number} pointer @param {number} used */
export function directoryEntries(memory, pointer, used) {
  pointer >>>= 0;
  if (!memory.fits(pointer, used)) return FAULT;
  const items = [];
  let count = 0;
  for (let at = pointer, end = pointer + used; at + DIRENT_SIZE <= end; count++) {
    const length = memory.view.getUint32(at + 16, true);
    if (items.length < SHOWN_ITEMS) items.push(text(memory, at + DIRENT_SIZE, Math.min(length, end - at - DIRENT_SIZE)));
    at += DIRENT_SIZE + length;
  }
  return list(items, count);
}

/** @param {GuestMemory} memory @param {number} pointer @param {number} count @param {Layout} layout */
export function subscriptions(memory, pointer, count, layout) {
  pointer >>>= 0;
  count >>>= 0;
  if (!memory.fits(pointer, count * layout.subscriptionSize)) return FAULT;
  const { view } = memory;
  const items = [];
  for (let i = 0; i < Math.min(count, SHOWN_ITEMS); i++) {
    const at = pointer + i * layout.subscriptionSize;
    const type = view.getUint8(at + 8);
    if (type === 0) {
      const clock = at + layout.subscriptionClockOffset;
      const absolute = (view.getUint16(clock + 24, true) & 1) !== 0 ? ", ABSTIME" : "";
      items.push(`{CLOCK, ${named(CLOCK_NAMES, view.getUint32(clock, true))}, ${number64(memory, clock + 8)}${absolute}}`);
    } else {
      items.push(`{${named(EVENT_NAMES, type)}, ${view.getInt32(at + 16, true)}}`);
    }
  }
  return list(items, count);
}

/** @param {GuestMemory} memory @param {number} pointer @param {number} count */
export function events(memory, pointer, count) {
  pointer >>>= 0;
  if (!memory.fits(pointer, count * EVENT_SIZE)) return FAULT;
  const { view } = memory;
  const items = [];
  for (let i = 0; i < Math.min(count, SHOWN_ITEMS); i++) {
    const at = pointer + i * EVENT_SIZE;
    const type = view.getUint8(at + 10);
    const bytes = type === 0 ? "" : `, nbytes=${number64(memory, at + 16)}`;
    items.push(`{${named(EVENT_NAMES, type)}, ${named(ERRNO_NAMES, view.getUint16(at + 8, true))}${bytes}}`);
  }
  return list(items, count);
}

/** @param {number} value @param {Layout} layout */
export function whence(value, layout) {
  const origin = layout.whence[value >>> 0];
  return origin === undefined ? String(value >>> 0) : named(WHENCE_NAMES, origin);
}
