import { functionBodies } from "./code.mjs";
import { KIND_GLOBAL, KIND_MEMORY, LIMIT_ADDRESS_64, LIMIT_MAXIMUM, LIMIT_SHARED, readLimits } from "./imports.mjs";
import { OP_CALL, OP_MEMORY_GROW, walk } from "./instructions.mjs";
import { Reader, joined, unsigned } from "./reader.mjs";
import {
  SECTION_CODE, SECTION_CUSTOM, SECTION_EXPORT, SECTION_FUNCTION, SECTION_GLOBAL, SECTION_MEMORY, SECTION_TYPE,
} from "./sections.mjs";
import { functionTypeIndices } from "./signatures.mjs";

/** @typedef {import("./imports.mjs").Import} Import */
/** @typedef {import("./imports.mjs").Limits} Limits */
/** @typedef {import("./sections.mjs").Sections} Sections */
/** @typedef {import("./types.mjs").Signature} Signature */

export const PAGE_BYTES = 65_536;
/** The name under which the bytes of refused growth are exported. */
export const REFUSED_EXPORT = "aikernel:refused";

const I32 = 0x7f;
const I64 = 0x7e;
const MUTABLE = 1;
const END = 0x0b;
const I32_CONST = 0x41;
const I64_CONST = 0x42;

/** Memories that are larger than the limit before anything runs. */
export class InitialMemoryTooLarge extends Error {
  /** @param {number} bytes */
  constructor(bytes) {
    super(`${bytes} bytes`);
    this.bytes = bytes;
  }
}

/**
 * Lowers the maximum of a memory.
 * @param {Limits} limits
 * @param {number} spare pages by which it may grow
 * @returns {Limits}
 */
export function lowered(limits, spare) {
  return { ...limits, maximum: Math.min(limits.maximum ?? Infinity, limits.initial + spare) };
}

/**
 * Lowers the maximums of the module's own memories, so that growing beyond fails in the engine itself. All memories, imported ones
 * too, stand under the one limit: what they do not begin with is shared evenly among them.
 * @param {Sections} sections
 * @param {Import[]} imports
 * @param {number} limit bytes, of all memories together
 * @returns {number} the pages by which each may grow
 * @throws {InitialMemoryTooLarge}
 */
export function lowerMaximums(sections, imports, limit) {
  const memories = memoryLimits(sections, imports);
  const pages = Math.floor(limit / PAGE_BYTES);
  const initially = memories.reduce((sum, { initial }) => sum + initial, 0);
  if (initially > pages) throw new InitialMemoryTooLarge(initially * PAGE_BYTES);
  const spare = Math.floor((pages - initially) / Math.max(1, memories.length));
  const reader = sections.reader(SECTION_MEMORY);
  if (reader === null) return spare;
  const count = reader.unsigned();
  const body = unsigned(count);
  for (let i = 0; i < count; i++) {
    const { initial, maximum, shared, wide } = lowered(readLimits(reader), spare);
    const flags = LIMIT_MAXIMUM | (shared ? LIMIT_SHARED : 0) | (wide ? LIMIT_ADDRESS_64 : 0);
    body.push(flags, ...unsigned(initial), ...unsigned(maximum ?? 0));
  }
  sections.put(SECTION_MEMORY, new Uint8Array(body));
  return spare;
}

/**
 * Lets the module count the growth it is refused: each `memory.grow` becomes the call of a function that does it and, when it
 * failed, adds what was asked for to an exported global. Without that, a program that fails for want of memory could not be
 * told from one that fails otherwise.
 * @param {Sections} sections
 * @param {Import[]} imports
 * @param {(Signature | null)[]} types
 * @returns {boolean} whether the module grows a memory at all
 * @throws {Error} UnknownBinary when the code holds what is not known; the sections are as they were then
 */
export function countRefusedGrowth(sections, imports, types) {
  const memories = memoryLimits(sections, imports);
  const firstFunction = functionTypeIndices(sections, imports).length;
  /** The functions to be added, by the memory that each grows. @type {Map<number, number>} */
  const growers = new Map();
  const { count } = sections.vector(SECTION_CODE);
  const bodies = [...rewritten(sections, (memory) => {
    const index = growers.get(memory) ?? firstFunction + growers.size;
    growers.set(memory, index);
    return index;
  })];
  if (growers.size === 0) return false;

  const refused = imports.filter(({ kind }) => kind === KIND_GLOBAL).length + sections.vector(SECTION_GLOBAL).count;
  let type = types.length;
  for (const memory of growers.keys()) {
    const wide = memories[memory]?.wide ?? false;
    const address = wide ? I64 : I32;
    sections.append(SECTION_TYPE, [0x60, 1, address, 1, address]);
    sections.append(SECTION_FUNCTION, unsigned(type++));
    bodies.push(new Uint8Array(grower(memory, wide, refused)));
  }
  sections.append(SECTION_GLOBAL, [I64, MUTABLE, I64_CONST, 0, END]);
  const name = new TextEncoder().encode(REFUSED_EXPORT);
  sections.append(SECTION_EXPORT, [...unsigned(name.length), ...name, KIND_GLOBAL, ...unsigned(refused)]);
  sections.put(SECTION_CODE, joined([new Uint8Array(unsigned(count + growers.size)), ...bodies]));
  // Hints for the compiler name places in the code, which have moved.
  sections.remove(({ id, body }) => id === SECTION_CUSTOM && new Reader(body, 0).name().startsWith("metadata.code."));
  return true;
}

/** @param {Sections} sections @param {Import[]} imports @returns {Limits[]} */
function memoryLimits(sections, imports) {
  const limits = imports.flatMap((item) => (item.kind === KIND_MEMORY ? [item.limits] : []));
  const reader = sections.reader(SECTION_MEMORY);
  if (reader === null) return limits;
  for (let left = reader.unsigned(); left > 0; left--) limits.push(readLimits(reader));
  return limits;
}

/**
 * The function bodies, with their sizes, and with calls in the place of `memory.grow`.
 * @param {Sections} sections
 * @param {(memory: number) => number} growerOf the index of the function that grows a memory
 * @returns {Generator<Uint8Array>}
 */
function* rewritten(sections, growerOf) {
  const wanted = new Uint8Array(256);
  wanted[OP_MEMORY_GROW] = 1;
  for (const { bytes, body, code, to } of functionBodies(sections)) {
    /** @type {Uint8Array[]} */
    const pieces = [];
    let copied = body;
    walk(bytes, code, to, wanted, (opcode, number, from, after) => {
      const memory = new Reader(bytes, from + 1).unsigned();
      pieces.push(bytes.subarray(copied, from), new Uint8Array([OP_CALL, ...unsigned(growerOf(memory))]));
      copied = after;
    });
    pieces.push(bytes.subarray(copied, to));
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    yield new Uint8Array(unsigned(size));
    yield* pieces;
  }
}

/**
 * (func (param $pages) (result) (local $old)
 *   (local.tee $old (memory.grow (local.get $pages)))
 *   (if (eq (const -1)) (then (global.set $refused (i64.add (global.get $refused) (i64.shl $pages 16)))))
 *   (local.get $old))
 * @param {number} memory
 * @param {boolean} wide whether its addresses have 64 bits
 * @param {number} refused the global's index
 * @returns {number[]} with the size
 */
function grower(memory, wide, refused) {
  const address = wide ? I64 : I32;
  const body = [
    ...[1, 1, address],
    ...[0x20, 0, OP_MEMORY_GROW, ...unsigned(memory), 0x22, 1],
    ...(wide ? [I64_CONST, 0x7f, 0x51] : [I32_CONST, 0x7f, 0x46]),
    ...[0x04, 0x40, 0x23, ...unsigned(refused), 0x20, 0, ...(wide ? [] : [0xad])],
    ...[I64_CONST, 16, 0x86, 0x7c, 0x24, ...unsigned(refused), END],
    ...[0x20, 1, END],
  ];
  return [...unsigned(body.length), ...body];
}
