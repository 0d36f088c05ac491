import { KIND_FUNCTION } from "./imports.mjs";
import { unsigned } from "./reader.mjs";
import { SECTION_EXPORT, SECTION_START } from "./sections.mjs";

/** @typedef {import("./sections.mjs").Sections} Sections */

/** The name under which a module's start function is exported when it is taken out of its start section. */
const START_EXPORT = "aikernel:start";

/**
 * Turns a module's start section into an export, so that the host can call it where it may wait: instantiation runs a start
 * section on a stack that JSPI cannot suspend.
 * @param {Sections} sections
 * @returns {string | null} the export's name, or null when there is no start section
 */
export function exportStart(sections) {
  const start = sections.reader(SECTION_START);
  if (start === null) return null;
  const name = new TextEncoder().encode(START_EXPORT);
  sections.append(SECTION_EXPORT, [...unsigned(name.length), ...name, KIND_FUNCTION, ...start.bytes]);
  sections.remove(({ id }) => id === SECTION_START);
  return START_EXPORT;
}
