import { ERRNO_ACCES, ERRNO_IO, ERRNO_NOMEM, ERRNO_NOTSUP } from "../wasi/abi.mjs";
import { unreadable } from "./archive.mjs";
import { crc32 } from "./crc32.mjs";
import { FILE_BYTES_MAX } from "./file-inode.mjs";
import { archiveInvalid } from "./mount-error.mjs";
import {
  CENTRAL, CENTRAL_BYTES, END, END64, END64_BYTES, END_BYTES, LOCAL, LOCAL_BYTES, LOCATOR64, LOCATOR64_BYTES,
} from "./zip-format.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./archive.mjs").Member} Member */
/** @typedef {import("./file-inode.mjs").Source} Source */
/** @typedef {(data: Uint8Array, options: { out: Uint8Array }) => Uint8Array} Inflate */

/**
 * Reads zip archives by their central directory: stored and deflated members, zip64, links and times of Unix. Members are
 * unpacked one by one when they are read. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

const COMMENT_BYTES_MAX = 0xffff;

const FLAG_ENCRYPTED = 1;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
const EXTRA_ZIP64 = 1;
const EXTRA_TIMES = 0x5455;
const MADE_BY_UNIX = 3;
const MADE_BY_DARWIN = 19;
const TYPE_MASK = 0o170000;
const TYPE_DIRECTORY = 0o040000;
const TYPE_SYMLINK = 0o120000;
const SYMLINK_BYTES_MAX = 4095;
/** Deflate cannot do better: 258 bytes in two bits, and something for the frame. */
const DEFLATE_RATIO_MAX = 1032;
const DEFLATE_FRAME_BYTES = 64;

const UINT32_MAX = 0xffff_ffff;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The upper half of IBM code page 437, which names are in that are not UTF-8. */
const CODE_PAGE_437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/**
 * What the central directory says about one member.
 * @typedef {object} Record
 * @property {number} flags
 * @property {number} method
 * @property {number} checksum
 * @property {number} packed bytes
 * @property {number} size bytes
 * @property {number} offset of the local header
 */

/**
 * Whether the bytes end like a zip archive. It may begin with anything: a self-extracting one is a program first.
 * @param {Uint8Array} bytes
 */
export function isZip(bytes) {
  return findEnd(viewOf(bytes)) !== -1;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Inflate} inflate
 * @returns {Generator<Member>}
 * @throws {import("./mount-error.mjs").MountError} WASM_ARCHIVE_INVALID
 */
export function* zipMembers(bytes, inflate) {
  const view = viewOf(bytes);
  const directory = findDirectory(view);
  let at = directory.at;
  for (let left = directory.count; left > 0; left--) {
    if (at + CENTRAL_BYTES > directory.end || view.getUint32(at, true) !== CENTRAL) {
      throw archiveInvalid(`the zip archive is damaged: no entry at byte ${at} of its directory`);
    }
    const nameAt = at + CENTRAL_BYTES;
    const extraAt = nameAt + view.getUint16(at + 28, true);
    const commentAt = extraAt + view.getUint16(at + 30, true);
    const next = commentAt + view.getUint16(at + 32, true);
    if (next > directory.end) throw archiveInvalid("the zip archive is damaged: its directory is cut off");
    const path = nameOf(bytes.subarray(nameAt, extraAt));
    const extras = extrasOf(view, extraAt, commentAt);
    const record = recordOf(view, at, extras.get(EXTRA_ZIP64), directory.shift);
    const mtime = timeOf(view, at, extras.get(EXTRA_TIMES));
    const madeBy = view.getUint8(at + 5);
    const mode = madeBy === MADE_BY_UNIX || madeBy === MADE_BY_DARWIN ? view.getUint16(at + 40, true) : 0;
    at = next;
    if (path.endsWith("/") || (mode & TYPE_MASK) === TYPE_DIRECTORY) {
      yield { path, mtime, kind: "directory" };
      continue;
    }
    const source = sourceOf(bytes, view, record, inflate);
    if ((mode & TYPE_MASK) === TYPE_SYMLINK) yield { path, mtime, kind: "symlink", target: targetOf(source, path) };
    else yield { path, mtime, kind: "file", source };
  }
}

/** @param {Uint8Array} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param {DataView} view @returns {number} where the end record is, or -1 */
function findEnd(view) {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_BYTES_MAX); at--) {
    // The comment must reach to the end, or the signature is part of one.
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
  return -1;
}

/**
 * @param {DataView} view
 * @returns {{ at: number, end: number, count: number, shift: number }} `shift` = bytes before the archive proper
 */
function findDirectory(view) {
  const end = findEnd(view);
  if (end === -1) throw archiveInvalid("the zip archive is cut off: it has no end record");
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let offset = view.getUint32(end + 16, true);
  let stop = end;
  const locator = end - LOCATOR64_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR64) {
    const stated = uint64(view, locator + 8);
    // Something may stand before the archive: then the record is found where it must be without extensible data.
    const at = isEnd64(view, stated) ? stated : locator - END64_BYTES;
    if (!isEnd64(view, at)) throw archiveInvalid("the zip archive is damaged: its zip64 record is not where it should be");
    count = uint64(view, at + 32);
    size = uint64(view, at + 40);
    offset = uint64(view, at + 48);
    stop = at;
  } else if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count) {
    throw archiveInvalid("the zip archive is one part of several; join them first");
  }
  const at = stop - size;
  const shift = at - offset;
  if (at < 0 || shift < 0 || count * CENTRAL_BYTES > size) {
    throw archiveInvalid("the zip archive is damaged: its directory does not fit");
  }
  return { at, end: stop, count, shift };
}

/** @param {DataView} view @param {number} at */
function isEnd64(view, at) {
  return at >= 0 && at + END64_BYTES <= view.byteLength && view.getUint32(at, true) === END64;
}

/**
 * @param {DataView} view
 * @param {number} at of the central directory's entry
 * @param {DataView | undefined} extra zip64's
 * @param {number} shift
 * @returns {Record}
 */
function recordOf(view, at, extra, shift) {
  let used = 0;
  /** @param {number} place */
  const field = (place) => {
    const value = view.getUint32(place, true);
    if (value !== UINT32_MAX || extra === undefined) return value;
    // zip64 has the fields that are full, in this order and no others.
    if (used + 8 > extra.byteLength) throw archiveInvalid("the zip archive is damaged: a zip64 field is missing");
    used += 8;
    return uint64(extra, used - 8);
  };
  const size = field(at + 24);
  const packed = field(at + 20);
  const offset = field(at + 42) + shift;
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const checksum = view.getUint32(at + 16, true);
  return { flags, method, checksum, packed, size, offset };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {DataView} view
 * @param {Record} record
 * @param {Inflate} inflate
 * @returns {Source}
 */
function sourceOf(bytes, view, record, inflate) {
  const { flags, method, packed, size, offset } = record;
  if ((flags & FLAG_ENCRYPTED) !== 0) return unreadable(size, ERRNO_ACCES);
  if (method !== METHOD_STORED && method !== METHOD_DEFLATED) return unreadable(size, ERRNO_NOTSUP);
  const impossible = method === METHOD_STORED ? size !== packed : size > packed * DEFLATE_RATIO_MAX + DEFLATE_FRAME_BYTES;
  if (impossible || size > FILE_BYTES_MAX || offset + LOCAL_BYTES + packed > bytes.length) return unreadable(size, ERRNO_IO);
  return {
    size,
    shared: method === METHOD_STORED,
    load() {
      if (view.getUint32(offset, true) !== LOCAL) return ERRNO_IO;
      const from = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
      if (from + packed > bytes.length) return ERRNO_IO;
      const content = bytes.subarray(from, from + packed);
      const unpacked = method === METHOD_STORED ? content : inflated(content, size, inflate);
      if (typeof unpacked === "number") return unpacked;
      return crc32(unpacked) === record.checksum ? unpacked : ERRNO_IO;
    },
  };
}

/**
 * Into a buffer of the size that was stated: more than that is never made, however much there is.
 * @param {Uint8Array} content
 * @param {number} size
 * @param {Inflate} inflate
 * @returns {Uint8Array<ArrayBuffer> | number}
 */
function inflated(content, size, inflate) {
  let out;
  try {
    out = new Uint8Array(size);
  } catch {
    return ERRNO_NOMEM;
  }
  try {
    return inflate(content, { out }).length === size ? out : ERRNO_IO;
  } catch {
    return ERRNO_IO;
  }
}

/** @param {Source} source @param {string} path */
function targetOf(source, path) {
  const bytes = source.size > 0 && source.size <= SYMLINK_BYTES_MAX ? source.load() : ERRNO_IO;
  const link = `the target of the link ${JSON.stringify(path)} in the archive`;
  if (typeof bytes === "number") throw archiveInvalid(`${link} cannot be read`);
  const target = nameOf(bytes);
  if (target.includes("\0")) throw archiveInvalid(`${link} has a NUL`);
  return target;
}

/** UTF-8, as a flag may say or not, or else the code page of old. @param {Uint8Array} bytes */
function nameOf(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : CODE_PAGE_437[byte - 128])).join("");
  }
}

/**
 * The extra fields by their numbers, as far as they can be told apart.
 * @param {DataView} view
 * @param {number} at
 * @param {number} end
 */
function extrasOf(view, at, end) {
  /** @type {Map<number, DataView>} */
  const extras = new Map();
  while (at + 4 <= end) {
    const size = view.getUint16(at + 2, true);
    if (at + 4 + size > end) break;
    extras.set(view.getUint16(at, true), new DataView(view.buffer, view.byteOffset + at + 4, size));
    at += 4 + size;
  }
  return extras;
}

/**
 * When the member was modified: in Unix's time where it is given, else in that of DOS, which has no zone and is taken as UTC.
 * @param {DataView} view
 * @param {number} at
 * @param {DataView | undefined} times
 * @returns {Timestamp}
 */
function timeOf(view, at, times) {
  if (times !== undefined && times.byteLength >= 5 && (times.getUint8(0) & 1) !== 0) {
    return { seconds: Math.max(0, times.getInt32(1, true)), nanoseconds: 0 };
  }
  const time = view.getUint16(at + 12, true);
  const date = view.getUint16(at + 14, true);
  const milliseconds = Date.UTC(
    1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2,
  );
  return { seconds: Math.max(0, Math.floor(milliseconds / 1000)), nanoseconds: 0 };
}

/** Numbers beyond 2^53 lose digits, and are out of any archive's range. @param {DataView} view @param {number} at */
function uint64(view, at) {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}
