import { UnknownBinary } from "./reader.mjs";

/**
 * Passing over instructions: what follows each opcode.
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

export const OP_END = 0x0b;
export const OP_CALL = 0x10;
export const OP_MEMORY_GROW = 0x40;
export const PREFIX_GC = 0xfb;
export const PREFIX_MISC = 0xfc;
export const PREFIX_VECTOR = 0xfd;
export const PREFIX_ATOMIC = 0xfe;

/** What follows an opcode. */
const NOTHING = 1;
const NUMBER = 2;
const NUMBERS_2 = 3;
const BLOCK_TYPE = 4;
const MEMORY_ARGUMENT = 5;
const BYTES_4 = 6;
const BYTES_8 = 7;
const BYTES_16 = 8;
const BYTE = 9;
const BRANCH_TABLE = 10;
const TYPES = 11;
const CATCHES = 12;
const LANE_ARGUMENT = 13;
const CAST = 14;

/** The bit in a memory argument's flags that says that the memory's index follows. */
const MEMORY_INDEXED = 0x40;
const REF = 0x64;
const REF_NULL = 0x63;

/** @param {number} size @param {[first: number, last: number, what: number][]} ranges */
function table(size, ranges) {
  const whole = new Uint8Array(size);
  for (const [first, last, what] of ranges) whole.fill(what, first, last + 1);
  return whole;
}

/** By opcode; 0 is unknown. */
const PLAIN = table(256, [
  [0x00, 0x01, NOTHING], [0x02, 0x04, BLOCK_TYPE], [0x05, 0x05, NOTHING], [0x06, 0x06, BLOCK_TYPE], [0x07, 0x09, NUMBER],
  [0x0a, 0x0b, NOTHING], [0x0c, 0x0d, NUMBER], [0x0e, 0x0e, BRANCH_TABLE], [0x0f, 0x0f, NOTHING], [0x10, 0x10, NUMBER],
  [0x11, 0x11, NUMBERS_2], [0x12, 0x12, NUMBER], [0x13, 0x13, NUMBERS_2], [0x14, 0x15, NUMBER], [0x18, 0x18, NUMBER],
  [0x19, 0x1b, NOTHING], [0x1c, 0x1c, TYPES], [0x1f, 0x1f, CATCHES], [0x20, 0x26, NUMBER], [0x28, 0x3e, MEMORY_ARGUMENT],
  [0x3f, 0x42, NUMBER], [0x43, 0x43, BYTES_4], [0x44, 0x44, BYTES_8], [0x45, 0xc4, NOTHING], [0xd0, 0xd0, NUMBER],
  [0xd1, 0xd1, NOTHING], [0xd2, 0xd2, NUMBER], [0xd3, 0xd4, NOTHING], [0xd5, 0xd6, NUMBER],
]);

/** By the number after the prefix. @type {Readonly<Record<number, Uint8Array>>} */
const PREFIXED = {
  [PREFIX_GC]: table(0x1f, [
    [0x00, 0x01, NUMBER], [0x02, 0x05, NUMBERS_2], [0x06, 0x07, NUMBER], [0x08, 0x0a, NUMBERS_2], [0x0b, 0x0e, NUMBER],
    [0x0f, 0x0f, NOTHING], [0x10, 0x10, NUMBER], [0x11, 0x13, NUMBERS_2], [0x14, 0x17, NUMBER], [0x18, 0x19, CAST],
    [0x1a, 0x1e, NOTHING],
  ]),
  [PREFIX_MISC]: table(0x12, [
    [0x00, 0x07, NOTHING], [0x08, 0x08, NUMBERS_2], [0x09, 0x09, NUMBER], [0x0a, 0x0a, NUMBERS_2], [0x0b, 0x0b, NUMBER],
    [0x0c, 0x0c, NUMBERS_2], [0x0d, 0x0d, NUMBER], [0x0e, 0x0e, NUMBERS_2], [0x0f, 0x11, NUMBER],
  ]),
  [PREFIX_VECTOR]: table(0x114, [
    [0x00, 0x0b, MEMORY_ARGUMENT], [0x0c, 0x0d, BYTES_16], [0x0e, 0x14, NOTHING], [0x15, 0x22, BYTE], [0x23, 0x53, NOTHING],
    [0x54, 0x5b, LANE_ARGUMENT], [0x5c, 0x5d, MEMORY_ARGUMENT], [0x5e, 0x113, NOTHING],
  ]),
  [PREFIX_ATOMIC]: table(0x4f, [[0x00, 0x02, MEMORY_ARGUMENT], [0x03, 0x03, BYTE], [0x10, 0x4e, MEMORY_ARGUMENT]]),
};

/** An instruction that is not known here. */
export class UnknownInstruction extends UnknownBinary {
  /** @param {number} opcode @param {number} [number] after a prefix */
  constructor(opcode, number = 0) {
    super(`the instruction 0x${opcode.toString(16)} ${number}`);
    this.opcode = opcode;
    this.number = number;
  }
}

/**
 * Passes over instructions: those of a function, or of an expression up to where `visit` says that it ends.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} end
 * @param {Uint8Array} wanted by opcode: not 0 where `visit` is to be called
 * @param {(opcode: number, number: number, from: number, to: number) => boolean | void} visit `number` follows a prefix; true ends it
 * @returns {number} the place behind the last instruction
 * @throws {UnknownInstruction}
 */
export function walk(bytes, at, end, wanted, visit) {
  const skip = () => {
    while (/** @type {number} */ (bytes[at++]) >= 128);
  };
  const unsigned = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = /** @type {number} */ (bytes[at++]);
      value += (byte & 127) * 2 ** shift;
      if (!(byte >= 128)) return value;
    }
  };
  const valueType = () => {
    const byte = /** @type {number} */ (bytes[at]);
    // (ref ht) and (ref null ht) are followed by a heap type.
    if (byte === REF || byte === REF_NULL) at++;
    skip();
  };
  const memoryArgument = () => {
    if ((unsigned() & MEMORY_INDEXED) !== 0) skip();
    skip();
  };
  while (at < end) {
    const from = at;
    const opcode = /** @type {number} */ (bytes[at++]);
    let number = 0;
    let what = PLAIN[opcode] ?? 0;
    if (opcode >= PREFIX_GC) {
      const numbers = PREFIXED[opcode];
      if (numbers === undefined) throw new UnknownInstruction(opcode);
      number = unsigned();
      what = numbers[number] ?? 0;
    }
    switch (what) {
      case NOTHING:
        break;
      case NUMBER:
        skip();
        break;
      case NUMBERS_2:
        skip();
        skip();
        break;
      case BLOCK_TYPE:
        valueType();
        break;
      case MEMORY_ARGUMENT:
        memoryArgument();
        break;
      case BYTES_4:
        at += 4;
        break;
      case BYTES_8:
        at += 8;
        break;
      case BYTES_16:
        at += 16;
        break;
      case BYTE:
        at += 1;
        break;
      case BRANCH_TABLE:
        for (let left = unsigned(); left >= 0 && at < end; left--) skip();
        break;
      case TYPES:
        for (let left = unsigned(); left > 0 && at < end; left--) valueType();
        break;
      case CATCHES:
        valueType();
        for (let left = unsigned(); left > 0 && at < end; left--) {
          // catch and catch_ref name a tag; all four name a label.
          if (/** @type {number} */ (bytes[at++]) < 2) skip();
          skip();
        }
        break;
      case LANE_ARGUMENT:
        memoryArgument();
        at += 1;
        break;
      case CAST:
        at += 1;
        skip();
        skip();
        skip();
        break;
      default:
        throw new UnknownInstruction(opcode, number);
    }
    if (wanted[opcode] !== 0 && visit(opcode, number, from, at) === true) break;
  }
  return at;
}
