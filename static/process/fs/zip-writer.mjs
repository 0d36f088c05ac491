import { crc32 } from "./crc32.mjs";
import {
  CENTRAL, CENTRAL_BYTES, END, END64, END64_BYTES, END_BYTES, LOCAL, LOCAL_BYTES, LOCATOR64, LOCATOR64_BYTES,
} from "./zip-format.mjs";

/** @typedef {import("./packing.mjs").Item} Item */
/** @typedef {(data: Uint8Array) => Uint8Array} Deflate */

/**
 * Writes zip archives as Unix programs do: deflated where that is shorter, names in UTF-8, modes, links, and times in UTC, exact to
 * the second where Unix time has 32 bits. The same items give the same bytes. More than 65 535 names make it a zip64.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

/** By Unix, version 2.0 of the format: directories and deflate. */
const MADE_BY = 0x0314;
const NEEDS = 20;
const NEEDS_64 = 45;
const FLAG_UTF8 = 0x0800;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
const EXTRA_TIMES = 0x5455;
const EXTRA_BYTES = 9;
const UNIX_SECONDS_MAX = 0x7fff_ffff;
const COUNT_MAX = 0xffff;
const MODES = { file: 0o100644, hardlink: 0o100644, directory: 0o040755, symlink: 0o120777 };
/** What MS-DOS calls a directory. */
const DOS_DIRECTORY = 0x10;

const encoder = new TextEncoder();

/** @typedef {{ item: Item, name: Uint8Array, data: Uint8Array, size: number, checksum: number, method: number, offset: number }} Packed */

/**
 * @param {Item[]} items
 * @param {Deflate} deflate
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {RangeError} when there is no memory for it
 */
export function writeZip(items, deflate) {
  let offset = 0;
  const members = items.map((item) => {
    const member = { ...packed(item, deflate), offset };
    offset += LOCAL_BYTES + member.name.length + extraBytes(item) + member.data.length;
    return member;
  });
  const directory = members.reduce((sum, { item, name }) => sum + CENTRAL_BYTES + name.length + extraBytes(item), 0);
  const wide = members.length > COUNT_MAX;
  const bytes = new Uint8Array(offset + directory + (wide ? END64_BYTES + LOCATOR64_BYTES : 0) + END_BYTES);
  const view = new DataView(bytes.buffer);
  for (const member of members) {
    view.setUint32(member.offset, LOCAL, true);
    const at = common(bytes, view, member.offset + 4, member);
    view.setUint16(at, member.name.length, true);
    view.setUint16(at + 2, extraBytes(member.item), true);
    bytes.set(member.data, text(bytes, view, at + 4, member));
  }
  let at = offset;
  for (const member of members) at = central(bytes, view, at, member);
  end(view, at, members.length, directory, offset, wide);
  return bytes;
}

/** @param {Item} item @param {Deflate} deflate @returns {Omit<Packed, "offset">} */
function packed(item, deflate) {
  const name = encoder.encode(item.kind === "directory" ? `${item.path}/` : item.path);
  const content = item.kind === "symlink" ? encoder.encode(item.target) : new Uint8Array(item.size);
  if (item.kind !== "symlink" && item.size > 0) item.read(content, 0);
  const checksum = crc32(content);
  const short = content.length === 0 || item.kind === "symlink" ? content : deflate(content);
  const method = short.length < content.length ? METHOD_DEFLATED : METHOD_STORED;
  return { item, name, data: method === METHOD_DEFLATED ? short : content, size: content.length, checksum, method };
}

/** @param {Item} item */
function extraBytes({ mtime: { seconds } }) {
  return seconds >= 0 && seconds <= UNIX_SECONDS_MAX ? EXTRA_BYTES : 0;
}

/**
 * What the local header and the directory say in the same way.
 * @param {Uint8Array} bytes
 * @param {DataView} view
 * @param {number} at
 * @param {Packed} member
 * @returns {number} the place behind it
 */
function common(bytes, view, at, { item, data, size, checksum, method }) {
  const [time, date] = dosTime(item.mtime.seconds);
  view.setUint16(at, NEEDS, true);
  view.setUint16(at + 2, FLAG_UTF8, true);
  view.setUint16(at + 4, method, true);
  view.setUint16(at + 6, time, true);
  view.setUint16(at + 8, date, true);
  view.setUint32(at + 10, checksum, true);
  view.setUint32(at + 14, data.length, true);
  view.setUint32(at + 18, size, true);
  return at + 22;
}

/** The name, and the time as Unix has it. @param {Uint8Array} bytes @param {DataView} view @param {number} at @param {Packed} member */
function text(bytes, view, at, { item, name }) {
  bytes.set(name, at);
  at += name.length;
  if (extraBytes(item) === 0) return at;
  view.setUint16(at, EXTRA_TIMES, true);
  view.setUint16(at + 2, EXTRA_BYTES - 4, true);
  view.setUint8(at + 4, 1);
  view.setInt32(at + 5, item.mtime.seconds, true);
  return at + EXTRA_BYTES;
}

/** @param {Uint8Array} bytes @param {DataView} view @param {number} at @param {Packed} member @returns {number} the place behind it */
function central(bytes, view, at, member) {
  const { item, name, offset } = member;
  view.setUint32(at, CENTRAL, true);
  view.setUint16(at + 4, MADE_BY, true);
  const lengths = common(bytes, view, at + 6, member);
  view.setUint16(lengths, name.length, true);
  view.setUint16(lengths + 2, extraBytes(item), true);
  view.setUint16(at + 38, item.kind === "directory" ? DOS_DIRECTORY : 0, true);
  view.setUint16(at + 40, MODES[item.kind], true);
  view.setUint32(at + 42, offset, true);
  return text(bytes, view, at + CENTRAL_BYTES, member);
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {number} count
 * @param {number} size of the directory
 * @param {number} offset of the directory
 * @param {boolean} wide
 */
function end(view, at, count, size, offset, wide) {
  if (wide) {
    view.setUint32(at, END64, true);
    view.setUint32(at + 4, END64_BYTES - 12, true);
    view.setUint16(at + 12, MADE_BY, true);
    view.setUint16(at + 14, NEEDS_64, true);
    view.setUint32(at + 24, count, true);
    view.setUint32(at + 32, count, true);
    view.setUint32(at + 40, size, true);
    view.setUint32(at + 48, offset, true);
    view.setUint32(at + END64_BYTES, LOCATOR64, true);
    view.setUint32(at + END64_BYTES + 8, at, true);
    view.setUint32(at + END64_BYTES + 16, 1, true);
    at += END64_BYTES + LOCATOR64_BYTES;
  }
  view.setUint32(at, END, true);
  view.setUint16(at + 8, Math.min(count, COUNT_MAX), true);
  view.setUint16(at + 10, Math.min(count, COUNT_MAX), true);
  view.setUint32(at + 12, size, true);
  view.setUint32(at + 16, offset, true);
}

/** The years 1980 to 2107, in steps of two seconds. @param {number} seconds @returns {[time: number, date: number]} */
function dosTime(seconds) {
  const earliest = Date.UTC(1980, 0, 1);
  const latest = Date.UTC(2107, 11, 31, 23, 59, 58);
  const date = new Date(Math.min(Math.max(seconds * 1000, earliest), latest));
  return [
    (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
    ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
  ];
}
