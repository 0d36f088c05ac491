import { SECTION_CODE } from "./sections.mjs";
import { valueType } from "./types.mjs";

/** @typedef {import("./sections.mjs").Sections} Sections */

/**
 * The functions of a code section, as places in its contents: the locals begin at `body`, the instructions at `code`.
 * @param {Sections} sections
 * @returns {Generator<{ bytes: Uint8Array, body: number, code: number, to: number }>}
 */
export function* functionBodies(sections) {
  const reader = sections.reader(SECTION_CODE);
  if (reader === null) return;
  for (let left = reader.unsigned(); left > 0; left--) {
    const size = reader.unsigned();
    const body = reader.at;
    const to = body + size;
    for (let groups = reader.unsigned(); groups > 0; groups--) {
      reader.unsigned();
      valueType(reader);
    }
    yield { bytes: reader.bytes, body, code: reader.at, to };
    reader.at = to;
  }
}
