import { functionBodies } from "./code.mjs";
import { KIND_MEMORY, KIND_TAG } from "./imports.mjs";
import { PREFIX_ATOMIC, PREFIX_GC, PREFIX_MISC, PREFIX_VECTOR, UnknownInstruction, walk } from "./instructions.mjs";
import { SECTION_MEMORY, SECTION_TAG, SECTION_TYPE } from "./sections.mjs";

/** @typedef {import("./imports.mjs").Import} Import */
/** @typedef {import("./sections.mjs").Sections} Sections */

const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];
/** A function without parameters and results, and the header of a code section with one function of this size. */
const FUNCTION = [1, 4, 1, 96, 0, 0, 3, 2, 1, 0];
/** @param {...number} body */
const code = (...body) => [...FUNCTION, 10, body.length + 4, 1, body.length + 2, 0, ...body, 11];

/**
 * What a module may need beyond the first version of WebAssembly, by the name of the proposal, and the smallest module that
 * needs it. https://webassembly.org/features/
 * @type {Readonly<Record<string, number[]>>}
 */
const PROBES = {
  "exception handling (the older form)": code(6, 64, 25, 11),
  "exception handling (with exnref)": code(31, 64, 1, 2, 0, 11),
  "exception handling": [1, 4, 1, 96, 0, 0, 13, 3, 1, 0, 0],
  "fixed-width SIMD": code(253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26),
  "relaxed SIMD": code(65, 0, 253, 15, 65, 0, 253, 15, 253, 128, 2, 26),
  "half-precision floats": code(67, 0, 0, 0, 0, 253, 160, 2, 26),
  "tail calls": code(18, 0),
  "typed function references": code(210, 0, 212, 26),
  "garbage collection": [1, 6, 2, 95, 0, 96, 0, 0, 3, 2, 1, 1, 10, 8, 1, 6, 0, 251, 0, 0, 26, 11],
  "64-bit memory": [5, 3, 1, 4, 0],
  "multiple memories": [5, 5, 2, 0, 0, 0, 0],
  "custom page sizes": [5, 5, 1, 9, 0, 0, 0],
  threads: [5, 4, 1, 3, 1, 1],
  "wide arithmetic": code(66, 0, 66, 0, 66, 0, 66, 0, 252, 19, 26, 26),
  "stack switching": [1, 6, 2, 96, 0, 0, 93, 0, 0],
};

/** @type {Readonly<Record<number, string>>} */
const BY_OPCODE = {
  0x06: "exception handling (the older form)",
  0x07: "exception handling (the older form)",
  0x08: "exception handling",
  0x09: "exception handling (the older form)",
  0x0a: "exception handling (with exnref)",
  0x12: "tail calls",
  0x13: "tail calls",
  0x14: "typed function references",
  0x15: "typed function references",
  0x18: "exception handling (the older form)",
  0x19: "exception handling (the older form)",
  0x1f: "exception handling (with exnref)",
  0xd3: "garbage collection",
  0xd4: "typed function references",
  0xd5: "typed function references",
  0xd6: "typed function references",
  [PREFIX_GC]: "garbage collection",
  [PREFIX_ATOMIC]: "threads",
};
const RELAXED_FIRST = 0x100;
const HALF_FIRST = 0x120;
const HALF_LAST = 0x14f;
const WIDE_FIRST = 0x13;
const WIDE_LAST = 0x16;

const MEMORY_SHARED = 2;
const MEMORY_64 = 4;
const MEMORY_PAGE_SIZE = 8;

/** Type forms: array and struct, sub types, recursion; continuations. */
const GC_FORMS = new Set([0x5e, 0x5f, 0x50, 0x4f, 0x4e]);
const CONTINUATION_FORM = 0x5d;

/**
 * The proposals that a module needs and the browser lacks. Meant for modules that the browser has refused: nothing is
 * assumed about them.
 * @param {Sections} sections
 * @param {Import[]} imports
 * @returns {string[]}
 */
export function missingFeatures(sections, imports) {
  /** @type {Set<string>} */
  const used = new Set();
  for (const look of [lookAtTypes, lookAtMemories, lookAtTags, lookAtCode]) {
    try {
      look(sections, imports, used);
    } catch (error) {
      if (error instanceof UnknownInstruction) addInstruction(used, error.opcode, error.number);
    }
  }
  return [...used].filter((name) => {
    const probe = PROBES[name];
    return probe !== undefined && !WebAssembly.validate(new Uint8Array([...HEADER, ...probe]));
  });
}

/** @param {Sections} sections @param {Import[]} imports @param {Set<string>} used */
function lookAtTypes(sections, imports, used) {
  // The first form that is not understood ends the look; it is mostly the one that matters.
  const reader = sections.reader(SECTION_TYPE);
  if (reader === null) return;
  for (let left = reader.unsigned(); left > 0; left--) {
    const form = reader.byte();
    if (GC_FORMS.has(form)) used.add("garbage collection");
    if (form === CONTINUATION_FORM) used.add("stack switching");
    if (form !== 0x60) return;
    for (const _ of ["parameters", "results"]) {
      for (let types = reader.unsigned(); types > 0; types--) {
        const type = reader.byte();
        if (type === 0x7b) used.add("fixed-width SIMD");
        if (type === 0x63 || type === 0x64) {
          used.add("typed function references");
          reader.skipNumber();
        }
      }
    }
  }
}

/** @param {Sections} sections @param {Import[]} imports @param {Set<string>} used */
function lookAtMemories(sections, imports, used) {
  const reader = sections.reader(SECTION_MEMORY);
  const own = reader?.unsigned() ?? 0;
  const imported = imports.flatMap((item) => (item.kind === KIND_MEMORY ? [item.limits] : []));
  if (own + imported.length > 1) used.add("multiple memories");
  if (imported.some(({ wide }) => wide)) used.add("64-bit memory");
  if (imported.some(({ shared }) => shared)) used.add("threads");
  for (let left = own; reader !== null && left > 0; left--) {
    const flags = reader.byte();
    if ((flags & MEMORY_SHARED) !== 0) used.add("threads");
    if ((flags & MEMORY_64) !== 0) used.add("64-bit memory");
    if ((flags & MEMORY_PAGE_SIZE) !== 0) used.add("custom page sizes");
    reader.skipNumber();
    if ((flags & 1) !== 0) reader.skipNumber();
    if ((flags & MEMORY_PAGE_SIZE) !== 0) reader.skipNumber();
  }
}

/** @param {Sections} sections @param {Import[]} imports @param {Set<string>} used */
function lookAtTags(sections, imports, used) {
  const any = sections.reader(SECTION_TAG) !== null || imports.some(({ kind }) => kind === KIND_TAG);
  if (any) used.add("exception handling");
}

/** @param {Sections} sections @param {Import[]} imports @param {Set<string>} used */
function lookAtCode(sections, imports, used) {
  const wanted = new Uint8Array(256);
  for (const opcode of [...Object.keys(BY_OPCODE), PREFIX_MISC, PREFIX_VECTOR]) wanted[Number(opcode)] = 1;
  for (const { bytes, code: from, to } of functionBodies(sections)) {
    walk(bytes, from, to, wanted, (opcode, number) => addInstruction(used, opcode, number));
  }
}

/**
 * Opcodes of stack switching are left out: its modules have continuation types, and broken ones have any opcode.
 * @param {Set<string>} used
 * @param {number} opcode
 * @param {number} number
 */
function addInstruction(used, opcode, number) {
  const name = BY_OPCODE[opcode];
  if (name !== undefined) used.add(name);
  else if (opcode === PREFIX_MISC && number >= WIDE_FIRST && number <= WIDE_LAST) used.add("wide arithmetic");
  else if (opcode === PREFIX_VECTOR && number >= HALF_FIRST && number <= HALF_LAST) used.add("half-precision floats");
  else if (opcode === PREFIX_VECTOR) used.add(number >= RELAXED_FIRST ? "relaxed SIMD" : "fixed-width SIMD");
}
