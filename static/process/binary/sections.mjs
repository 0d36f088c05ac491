import { Reader, UnknownBinary, joined, unsigned } from "./reader.mjs";

export const SECTION_CUSTOM = 0;
export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_FUNCTION = 3;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_GLOBAL = 6;
export const SECTION_EXPORT = 7;
export const SECTION_START = 8;
export const SECTION_ELEMENT = 9;
export const SECTION_CODE = 10;
export const SECTION_TAG = 13;

/** Sections come in this order, custom ones anywhere; tags and the data count were added between. */
const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
/** The magic number and the version. */
const HEADER_BYTES = 8;

/** @typedef {{ id: number, body: Uint8Array }} Section a view of the contents, without id and size */

/** A module as its sections, which can be exchanged. */
export class Sections {
  #header;
  #sections;

  /**
   * @param {Uint8Array} bytes
   * @throws {Error} UnknownBinary when the sections do not add up
   */
  constructor(bytes) {
    this.#header = bytes.subarray(0, HEADER_BYTES);
    /** @type {Section[]} */
    this.#sections = [];
    const reader = new Reader(bytes, HEADER_BYTES);
    while (reader.at < bytes.length) {
      const id = reader.byte();
      const size = reader.unsigned();
      if (reader.at + size > bytes.length) throw new UnknownBinary("a section is longer than the module");
      this.#sections.push({ id, body: bytes.subarray(reader.at, reader.at + size) });
      reader.at += size;
    }
  }

  /** @param {number} id */
  all(id) {
    return this.#sections.filter((section) => section.id === id);
  }

  /** A reader at the section's contents, or null where there is no such section. @param {number} id */
  reader(id) {
    const section = this.#sections.find((other) => other.id === id);
    return section === undefined ? null : new Reader(section.body, 0);
  }

  /** The contents of a section that is a vector: its count, and the bytes after that. @param {number} id */
  vector(id) {
    const reader = this.reader(id);
    if (reader === null) return { count: 0, rest: new Uint8Array(0) };
    const count = reader.unsigned();
    return { count, rest: reader.bytes.subarray(reader.at) };
  }

  /** Puts a section in, in the place of the one there was, or in its order. @param {number} id @param {Uint8Array} body */
  put(id, body) {
    const section = this.#sections.find((other) => other.id === id);
    if (section !== undefined) {
      section.body = body;
      return;
    }
    const place = this.#sections.findIndex(
      (other) => other.id !== SECTION_CUSTOM && SECTION_ORDER.indexOf(other.id) > SECTION_ORDER.indexOf(id),
    );
    this.#sections.splice(place < 0 ? this.#sections.length : place, 0, { id, body });
  }

  /** Adds one entry to a section that is a vector, and answers its index there. @param {number} id @param {Iterable<number>} entry */
  append(id, entry) {
    const { count, rest } = this.vector(id);
    this.put(id, joined([new Uint8Array(unsigned(count + 1)), rest, new Uint8Array(entry)]));
    return count;
  }

  /** @param {(section: Section) => boolean} which */
  remove(which) {
    this.#sections = this.#sections.filter((section) => !which(section));
  }

  /** @returns {Uint8Array<ArrayBuffer>} */
  toBytes() {
    return joined([
      this.#header,
      ...this.#sections.flatMap(({ id, body }) => [new Uint8Array([id, ...unsigned(body.length)]), body]),
    ]);
  }
}
