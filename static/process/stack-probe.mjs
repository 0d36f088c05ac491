/**
 * Whether there is stack left, asked before Python is entered from a program's call: an interpreter that runs out of it in the
 * middle of something is left there, its `finally` blocks unrun. A program can use nearly all of the stack before it calls.
 *
 * JavaScript cannot look at the stack. But an engine checks on entering a function with a large frame that the frame fits, and
 * fails where it does not: so a function of WebAssembly is entered here that would need a large frame on a path it never takes.
 */

/** Values that are alive together on the path never taken, 8 bytes each. */
const SLOTS = 2048;
/** Frames one upon the other: eight small functions compile faster than a large one. 8 * 16 KiB are left for Python. */
const LEVELS = 8;
const NEVER = -1;

const I32 = 0x7f;
const I64 = 0x7e;

/**
 * The module, written as in https://webassembly.github.io/spec/core/binary/:
 *
 *     (import "" "value" (func $value (result i64)))
 *     (import "" "take" (func $take (param i64)))
 *     (import "" "nothing" (func $nothing))
 *     (func $probe (export "probe") (param i32)
 *       (call $nothing)                                              ;; a frame is made at once only if it is needed at once
 *       (if (i32.gt_s (local.get 0) (i32.const 0)) (then (call $probe (i32.sub (local.get 0) (i32.const 1)))))
 *       (if (i32.eq (local.get 0) (i32.const NEVER)) (then (call $take (call $value)) ...)))  ;; all values first, then all takes
 *
 * @returns {Uint8Array<ArrayBuffer>}
 */
function moduleBytes() {
  const recursion = [0x20, 0, 0x41, 0, 0x4a, 0x04, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x10, 3, 0x0b];
  const values = Array.from({ length: SLOTS }, () => [0x10, 0]).flat();
  const takes = Array.from({ length: SLOTS }, () => [0x10, 1]).flat();
  const never = [0x20, 0, 0x41, NEVER & 0x7f, 0x46, 0x04, 0x40, ...values, ...takes, 0x0b];
  const body = [0, 0x10, 2, ...recursion, ...never, 0x0b];
  return new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, [4, 0x60, 0, 1, I64, 0x60, 1, I64, 0, 0x60, 0, 0, 0x60, 1, I32, 0]),
    ...section(2, [3, ...imported("value", 0), ...imported("take", 1), ...imported("nothing", 2)]),
    ...section(3, [1, 3]),
    ...section(7, [1, ...text("probe"), 0, 3]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** @param {number} value */
function unsigned(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** @param {number} id @param {number[]} content */
function section(id, content) {
  return [id, ...unsigned(content.length), ...content];
}

/** @param {string} name */
function text(name) {
  return [name.length, ...[...name].map((letter) => letter.charCodeAt(0))];
}

/** @param {string} name @param {number} type */
function imported(name, type) {
  return [0, ...text(name), 0, type];
}

/** Made when first used. @type {((levels: number) => void) | null} */
let probe = null;

function makeProbe() {
  const imports = { "": { value: () => 0n, take: () => {}, nothing: () => {} } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), imports);
  return /** @type {(levels: number) => void} */ (exports["probe"]);
}

/**
 * Makes sure that there is stack left for Python.
 * @throws {RangeError} as where there is none left at all
 */
export function requireStack() {
  probe ??= makeProbe();
  probe(LEVELS - 1);
}
