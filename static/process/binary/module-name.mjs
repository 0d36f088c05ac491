import { Reader } from "./reader.mjs";
import { SECTION_CUSTOM } from "./sections.mjs";

/** @typedef {import("./sections.mjs").Sections} Sections */

const SUBSECTION_MODULE = 0;

/**
 * The name that a module carries, or nothing.
 * https://webassembly.github.io/spec/core/appendix/custom.html#name-section
 * @param {Sections} sections
 */
export function moduleName(sections) {
  try {
    for (const { body } of sections.all(SECTION_CUSTOM)) {
      const reader = new Reader(body, 0);
      if (reader.name() !== "name" || reader.byte() !== SUBSECTION_MODULE) continue;
      reader.unsigned();
      return reader.name();
    }
  } catch {
    // A name section may be anything: the browser does not look at it either.
  }
  return "";
}
