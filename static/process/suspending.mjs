/**
 * Calls that may have to wait, at the price of calls that cannot.
 *
 * A `WebAssembly.Suspending` import costs about 100 ns more than a plain one, each time, whether it waits or not (V8 changes
 * stacks for it). So the program is given functions of a small WebAssembly module in between, made here: each calls the plain
 * JavaScript function, and only when that answers `WAITS` it calls a second import, a suspending one, which stands still for
 * what the first one left behind. The frames on the stack are then all of WebAssembly, which JSPI can suspend.
 */

/** The answer that stands for a promise: no errno is negative. */
const WAITS = -1;

const I32 = 0x7f;
const I64 = 0x7e;

/**
 * Makes suspending functions of plain ones.
 * @param {Record<string, { call: Function, parameters: string }>} calls each answers an errno or a promise of one. `parameters`
 *   has a letter for each: "i" for 32 bits, "I" for 64 bits of which the function is given the lower 32 (a BigInt costs 30 ns)
 * @param {(error: unknown) => number} recover what a call answers whose promise was rejected, or throws
 * @returns {Record<string, Function>}
 */
export function suspendingCalls(calls, recover) {
  const Suspending = WebAssembly.Suspending;
  if (Suspending === undefined) throw new Error("the browser cannot suspend WebAssembly");
  /** @type {Promise<number> | null} */
  let pending = null;
  const wait = () => {
    const promise = pending;
    pending = null;
    return promise?.catch(recover);
  };
  /** @type {Record<string, WebAssembly.ImportValue>} */
  const plain = Object.create(null);
  for (const [name, { call }] of Object.entries(calls)) {
    plain[name] = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) => {
      const answer = call(a, b, c, d);
      if (typeof answer === "number") return answer;
      pending = answer;
      return WAITS;
    };
  }
  const module = new WebAssembly.Module(moduleOf(Object.entries(calls).map(([name, { parameters }]) => [name, parameters])));
  const waiting = /** @type {WebAssembly.ImportValue} */ (/** @type {unknown} */ (new Suspending(wait)));
  const instance = new WebAssembly.Instance(module, { plain, waiting: { wait: waiting } });
  return /** @type {Record<string, Function>} */ (/** @type {unknown} */ (instance.exports));
}

/**
 * The module, written as in https://webassembly.github.io/spec/core/binary/: for each call
 *
 *     (func (export "name") (param ...) (result i32) (local $answer i32)
 *       (local.tee $answer (call $plain (local.get 0) ...))
 *       (if (result i32) (i32.eq (i32.const -1)) (then (call $wait)) (else (local.get $answer))))
 *
 * @param {[string, string][]} calls names and parameters
 * @returns {Uint8Array<ArrayBuffer>}
 */
function moduleOf(calls) {
  const count = calls.length;
  const outer = calls.map(([, parameters]) => functionType([...parameters].map((letter) => (letter === "I" ? I64 : I32))));
  const inner = calls.map(([, parameters]) => functionType([...parameters].map(() => I32)));
  const types = [...outer, ...inner, functionType([])];
  const imports = calls.map(([name], i) => [...text("plain"), ...text(name), 0, count + i]);
  imports.push([...text("waiting"), ...text("wait"), 0, 2 * count]);
  const functions = calls.map((_, i) => [i]);
  const exports = calls.map(([name], i) => [...text(name), 0, count + 1 + i]);
  const bodies = calls.map(([, parameters], i) => {
    const answer = parameters.length;
    const loads = [...parameters].flatMap((letter, at) => (letter === "I" ? [0x20, at, 0xa7] : [0x20, at]));
    const body = [1, 1, I32, ...loads, 0x10, i, 0x22, answer, 0x41, 0x7f, 0x46, 0x04, I32, 0x10, count, 0x05, 0x20, answer, 0x0b, 0x0b];
    return [body.length, ...body];
  });
  return new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(3, functions),
    ...section(7, exports),
    ...section(10, bodies),
  ]);
}

/** @param {number[]} parameters */
function functionType(parameters) {
  return [0x60, parameters.length, ...parameters, 1, I32];
}

/** @param {string} name ASCII, shorter than 128 */
function text(name) {
  return [name.length, ...[...name].map((letter) => letter.charCodeAt(0))];
}

/** @param {number} id @param {number[][]} items fewer than 128 */
function section(id, items) {
  const content = [items.length, ...items.flat()];
  return [id, (content.length & 0x7f) | 0x80, content.length >> 7, ...content];
}
