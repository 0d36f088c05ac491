import { archiveInvalid } from "./mount-error.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./archive.mjs").Member} Member */

/**
 * Reads tar archives: the old format, ustar and pax (POSIX.1-2001, "pax Interchange Format") and GNU's long names and big
 * numbers (https://www.gnu.org/software/tar/manual/html_node/Standard.html). Contents are not copied.
 */

const BLOCK = 512;
const NAME_AT = 0;
const NAME_BYTES = 100;
const SIZE_AT = 124;
const MTIME_AT = 136;
const NUMBER_BYTES = 12;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const TYPE_AT = 156;
const LINK_AT = 157;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;
/** Extended headers are text about one member: what is longer is no such thing. */
const EXTENSION_BYTES_MAX = 0x10_0000;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const bytewise = new TextDecoder("iso-8859-1");

/**
 * Whether the bytes begin like a tar archive.
 * @param {Uint8Array} bytes
 */
export function isTar(bytes) {
  if (bytes.length < BLOCK) return false;
  return isBlank(bytes, 0) || checksumFits(bytes, 0);
}

/**
 * The members in their order; what is neither file, directory nor link (devices, pipes, labels) is passed over.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Generator<Member>}
 * @throws {import("./mount-error.mjs").MountError} WASM_ARCHIVE_INVALID
 */
export function* tarMembers(bytes) {
  /** @type {Map<string, string>} */
  const common = new Map();
  /** For the next member only. @type {Map<string, string>} */
  let own = new Map();
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < BLOCK) throw archiveInvalid("the tar archive is cut off within a header");
    if (isBlank(bytes, at)) return;
    if (!checksumFits(bytes, at)) {
      throw archiveInvalid(`the tar archive is damaged: the header at byte ${at} does not fit its checksum`);
    }
    const type = String.fromCharCode(bytes[at + TYPE_AT] || 48);
    /** @param {string} key */
    const extended = (key) => own.get(key) ?? common.get(key);
    const isExtension = "xXgLK".includes(type);
    const size = sizeOf(bytes, at, type, isExtension ? undefined : extended("size"));
    const from = at + BLOCK;
    if (size > bytes.length - from) throw archiveInvalid(`the tar archive is cut off within the member at byte ${at}`);
    const content = bytes.subarray(from, from + size);
    at = from + Math.ceil(size / BLOCK) * BLOCK;

    if (isExtension) {
      if (size > EXTENSION_BYTES_MAX) throw archiveInvalid("the tar archive has an extended header of more than 1 MiB");
      if (type === "g") readRecords(content, common);
      else if (type === "L") own.set("path", textOf(content));
      else if (type === "K") own.set("linkpath", textOf(content));
      else readRecords(content, own);
      continue;
    }
    const header = bytes.subarray(from - BLOCK, from);
    const target = extended("linkpath") ?? textOf(header.subarray(LINK_AT, LINK_AT + NAME_BYTES));
    const member = memberOf(type, extended("path") ?? nameOf(header), target, content);
    const time = extended("mtime");
    own = new Map();
    if (member !== null) {
      yield { ...member, mtime: time === undefined ? timestampOf(numberAt(header, MTIME_AT), 0) : decimalTime(time) };
    }
  }
}

/**
 * @param {string} type
 * @param {string} path
 * @param {string} target
 * @param {Uint8Array<ArrayBuffer>} content
 * @returns {Member | null}
 */
function memberOf(type, path, target, content) {
  const mtime = null;
  switch (type) {
    case "0":
    case "7":
      // The oldest archives know directories by their names only.
      if (path.endsWith("/")) return { path, mtime, kind: "directory" };
      return { path, mtime, kind: "file", source: { size: content.length, shared: true, load: () => content } };
    case "5":
    case "D":
      return { path, mtime, kind: "directory" };
    case "1":
      return { path, mtime, kind: "hardlink", target };
    case "2":
      return { path, mtime, kind: "symlink", target };
    case "S":
      throw archiveInvalid(`${JSON.stringify(path)} is a sparse file in GNU's old format; pack it without --sparse`);
    default:
      return null;
  }
}

/**
 * The bytes that follow a header. Links, directories and devices have none, whatever they say.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {string} type
 * @param {string | undefined} extended
 */
function sizeOf(bytes, at, type, extended) {
  if ("123456".includes(type)) return 0;
  const size = extended === undefined ? numberAt(bytes, at + SIZE_AT) : Number(extended);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw archiveInvalid(`the tar archive is damaged: the size of the member at byte ${at} is no number`);
  }
  return size;
}

/** ustar splits long names in two. @param {Uint8Array} header */
function nameOf(header) {
  const name = textOf(header.subarray(NAME_AT, NAME_AT + NAME_BYTES));
  // GNU's own format ("ustar  ") has times where ustar has the prefix.
  const isUstar = textOf(header.subarray(MAGIC_AT, MAGIC_AT + 6)) === "ustar";
  const prefix = isUstar ? textOf(header.subarray(PREFIX_AT, PREFIX_AT + PREFIX_BYTES)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/**
 * A number in octal digits; or, with the highest bit set, in big-endian two's complement (GNU).
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function numberAt(bytes, at) {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x40 ? -1 : 0;
    value = value * 64 + (first & 0x3f);
    for (let i = 1; i < NUMBER_BYTES; i++) value = value * 256 + (bytes[at + i] ?? 0);
    return value;
  }
  const text = bytewise.decode(bytes.subarray(at, at + NUMBER_BYTES)).replace(/[\0 ]+$/, "").trimStart();
  if (text === "") return 0;
  if (!/^[0-7]+$/.test(text)) throw archiveInvalid(`the tar archive is damaged: ${JSON.stringify(text)} is no number`);
  return Number.parseInt(text, 8);
}

/** Text up to a NUL: UTF-8, or else one character for each byte. @param {Uint8Array} bytes */
function textOf(bytes) {
  const end = bytes.indexOf(0);
  return decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** @param {Uint8Array} bytes */
function decode(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    return bytewise.decode(bytes);
  }
}

/**
 * Reads the records of a pax header: "length key=value\n", the length counting all of it.
 * @param {Uint8Array} content
 * @param {Map<string, string>} into
 */
function readRecords(content, into) {
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const space = content.indexOf(32, at);
    const length = Number(bytewise.decode(content.subarray(at, space === -1 ? at : space)));
    const end = at + length;
    const equals = content.indexOf(61, space);
    const parts = space !== -1 && equals !== -1 && equals < end;
    if (!Number.isInteger(length) || !parts || end > content.length || content[end - 1] !== 10) {
      throw archiveInvalid("the tar archive is damaged: an extended header cannot be read");
    }
    const key = decode(content.subarray(space + 1, equals));
    if (key.startsWith("GNU.sparse.")) throw archiveInvalid("the tar archive has sparse files; pack it without --sparse");
    const value = decode(content.subarray(equals + 1, end - 1));
    // An empty value takes an earlier one back.
    if (value === "") into.delete(key);
    else into.set(key, value);
    at = end;
  }
}

/** @param {string} text seconds since the epoch, perhaps with a fraction @returns {Timestamp} */
function decimalTime(text) {
  const parts = /^(\d+)(?:\.(\d*))?$/.exec(text);
  return timestampOf(Number(parts?.[1] ?? 0), Number((parts?.[2] ?? "").slice(0, 9).padEnd(9, "0")));
}

/**
 * Times before the epoch, which WASI cannot tell, become the epoch.
 * @param {number} seconds
 * @param {number} nanoseconds
 * @returns {Timestamp}
 */
function timestampOf(seconds, nanoseconds) {
  return seconds >= 0 && Number.isSafeInteger(seconds) ? { seconds, nanoseconds } : { seconds: 0, nanoseconds: 0 };
}

/** @param {Uint8Array} bytes @param {number} at */
function isBlank(bytes, at) {
  for (let i = at; i < at + BLOCK; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Whether a header has the sum of its bytes in it, the sum's own taken as spaces. Some old archives summed with signs.
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function checksumFits(bytes, at) {
  let sum = 0;
  for (let i = at; i < at + BLOCK; i++) sum += /** @type {number} */ (bytes[i]);
  const field = bytes.subarray(at + CHECKSUM_AT, at + CHECKSUM_AT + CHECKSUM_BYTES);
  for (const byte of field) sum += 32 - byte;
  const text = bytewise.decode(field).replace(/[\0 ]+/g, "");
  if (!/^[0-7]+$/.test(text)) return false;
  const stated = Number.parseInt(text, 8);
  if (stated === sum) return true;
  for (let i = at; i < at + BLOCK; i++) if (/** @type {number} */ (bytes[i]) > 127) sum -= 256;
  return stated === sum;
}
