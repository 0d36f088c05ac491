/**
 * What the JavaScript API does not tell or change about a module, read from its bytes. All of it expects a valid module.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

const SECTION_CUSTOM = 0;
const SECTION_IMPORT = 2;
const SECTION_EXPORT = 7;
const SECTION_START = 8;
/** Sections come in this order, custom ones anywhere; tags and the data count were added between. */
const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;
const KIND_TAG = 4;
const LIMIT_MAXIMUM = 1;
const LIMIT_SHARED = 2;
const LIMIT_ADDRESS_64 = 4;
/** @type {Readonly<Record<number, WebAssembly.TableKind>>} */
const TABLE_KINDS = { 0x70: "anyfunc", 0x6f: "externref" };
/** The magic number and the version. */
const HEADER_BYTES = 8;

/** The name under which a module's start function is exported when it is taken out of its start section. */
const START_EXPORT = "aikernel:start";

/** The bytes say something that is not known here. */
class UnknownBinary extends Error {}

/** @typedef {{ id: number, from: number, body: number, to: number }} Section `from` is the place of the id */

/** Reads bytes from front to back. */
class Reader {
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
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  name() {
    const length = this.unsigned();
    this.at += length;
    // A copy, because shared memory cannot be decoded.
    return new TextDecoder().decode(this.bytes.slice(this.at - length, this.at));
  }

  /** Limits as the constructors of memories and tables take them. */
  limits() {
    const flags = this.byte();
    if (flags > (LIMIT_MAXIMUM | LIMIT_SHARED | LIMIT_ADDRESS_64)) throw new UnknownBinary("limits of an unknown kind");
    const wide = (flags & LIMIT_ADDRESS_64) !== 0;
    const bound = () => (wide ? BigInt(this.unsigned()) : this.unsigned());
    const descriptor = { initial: bound(), ...((flags & LIMIT_MAXIMUM) === 0 ? {} : { maximum: bound() }) };
    return {
      ...descriptor,
      ...((flags & LIMIT_SHARED) === 0 ? {} : { shared: true }),
      ...(wide ? { address: "i64" } : {}),
    };
  }

  /** Passes over a value type. */
  valueType() {
    const type = this.byte();
    // (ref ht) and (ref null ht) are followed by a heap type.
    if (type === 0x63 || type === 0x64) this.unsigned();
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {Section[]}
 */
function sectionsOf(bytes) {
  const sections = [];
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const from = reader.at;
    const id = reader.byte();
    const size = reader.unsigned();
    const body = reader.at;
    reader.at += size;
    sections.push({ id, from, body, to: reader.at });
  }
  return sections;
}

/**
 * Makes the memories and tables that a module wants to be given, by `module.name`. Stops at the first import whose type is not
 * understood: what is missing then is refused by name.
 * @param {Uint8Array} bytes
 * @returns {Map<string, WebAssembly.Memory | WebAssembly.Table>}
 * @throws {RangeError} when the browser has no memory left for them
 */
export function makeMemoriesAndTables(bytes) {
  /** @type {Map<string, WebAssembly.Memory | WebAssembly.Table>} */
  const made = new Map();
  const section = sectionsOf(bytes).find(({ id }) => id === SECTION_IMPORT);
  if (section === undefined) return made;
  const reader = new Reader(bytes, section.body);
  try {
    for (let left = reader.unsigned(); left > 0; left--) makeImport(reader, made);
  } catch (error) {
    if (!(error instanceof UnknownBinary)) throw error;
  }
  return made;
}

/**
 * @param {Reader} reader
 * @param {Map<string, WebAssembly.Memory | WebAssembly.Table>} made
 */
function makeImport(reader, made) {
  const key = `${reader.name()}.${reader.name()}`;
  const kind = reader.byte();
  if (kind === KIND_FUNCTION) {
    reader.unsigned();
  } else if (kind === KIND_TABLE) {
    const element = TABLE_KINDS[reader.byte()];
    if (element === undefined) throw new UnknownBinary("a table of an unknown kind");
    made.set(key, new WebAssembly.Table(/** @type {WebAssembly.TableDescriptor} */ ({ element, ...reader.limits() })));
  } else if (kind === KIND_MEMORY) {
    made.set(key, new WebAssembly.Memory(/** @type {WebAssembly.MemoryDescriptor} */ (reader.limits())));
  } else if (kind === KIND_GLOBAL) {
    reader.valueType();
    reader.byte();
  } else if (kind === KIND_TAG) {
    reader.byte();
    reader.unsigned();
  } else {
    throw new UnknownBinary("an import of an unknown kind");
  }
}

/**
 * Turns a module's start section into an export, so that the host can call it where it may wait: instantiation runs a start
 * section on a stack that JSPI cannot suspend.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {{ bytes: Uint8Array<ArrayBuffer>, name: string | null }} the export's name, or null when there is no start section
 */
export function exportStart(bytes) {
  const sections = sectionsOf(bytes);
  const start = sections.find(({ id }) => id === SECTION_START);
  if (start === undefined) return { bytes, name: null };
  const index = bytes.subarray(start.body, start.to);
  const name = new TextEncoder().encode(START_EXPORT);
  const entry = [...unsigned(name.length), ...name, KIND_FUNCTION, ...index];

  const exports = sections.find(({ id }) => id === SECTION_EXPORT);
  const reader = new Reader(bytes, exports?.body ?? 0);
  const count = exports === undefined ? 0 : reader.unsigned();
  const old = exports === undefined ? new Uint8Array(0) : bytes.subarray(reader.at, exports.to);
  const countBytes = unsigned(count + 1);
  const size = countBytes.length + old.length + entry.length;
  const section = [new Uint8Array([SECTION_EXPORT, ...unsigned(size), ...countBytes]), old, new Uint8Array(entry)];

  const after = sections.find(
    ({ id }) => id !== SECTION_CUSTOM && SECTION_ORDER.indexOf(id) >= SECTION_ORDER.indexOf(SECTION_EXPORT),
  );
  const place = after?.from ?? bytes.length;
  const rest = sections.filter(({ from, id }) => from >= place && id !== SECTION_EXPORT && id !== SECTION_START);
  const parts = [bytes.subarray(0, place), ...section, ...rest.map(({ from, to }) => bytes.subarray(from, to))];
  return { bytes: joined(parts), name: START_EXPORT };
}

/** @param {number} value @returns {number[]} LEB128 */
function unsigned(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
