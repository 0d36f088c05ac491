import { clockImport } from "./clock-import.mjs";
import { importFailed, suspensionUnavailable, unwind } from "./exit.mjs";
import { requireStack } from "./stack-probe.mjs";
import { ValueMismatch, foreignType, signedZero, toResults, toWasm } from "./wasm-values.mjs";

/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./binary/types.mjs").ValueType} ValueType */
/** @typedef {import("./clock-import.mjs").ClockImport} ClockImport */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").WasmValue} WasmValue */

/**
 * A function of the host in this thread. One that `waits` answers a promise. A function that failed answers `FAILED`, having kept
 * what went wrong on its own side.
 * @typedef {{ call: (...args: any[]) => any, waits: boolean }} DirectFunction
 */

/**
 * @typedef {object} DirectOffer
 * @property {[string, string][]} names [module, name] of the functions and globals that are offered
 * @property {(module: string, name: string, signature: Signature, failed: typeof FAILED) => DirectFunction | { clock: ClockImport } | string} functionOf or why
 *   there is none
 * @property {(module: string, name: string) => unknown} globalOf the value of an immutable global
 */

/** What a function of the host answers that has failed. */
export const FAILED = Object.freeze({ failed: true });

/** Whether a number is an i32 as WebAssembly hands it out. @param {unknown} value */
export function isI32(value) {
  return typeof value === "number" && (value | 0) === value;
}

/** The functions and globals that the host in this very thread offers: called directly, so that they can call the program again. */
export class DirectImports {
  #process;
  #offer;
  #offered;
  /** What was linked, by name and signature: another instance of the module is given the same. @type {Map<string, WebAssembly.ImportValue>} */
  #made = new Map();

  /** @param {Process} process @param {DirectOffer | undefined} offer */
  constructor(process, offer) {
    this.#process = process;
    this.#offer = offer;
    this.#offered = new Set((offer?.names ?? []).map(([module, name]) => `${module}\0${name}`));
  }

  /** @param {string} module @param {string} name */
  offers(module, name) {
    return this.#offered.has(`${module}\0${name}`);
  }

  /** No call comes by message here. */
  waits() {
    return false;
  }

  /** @param {import("./host-imports.mjs").Return} _message */
  answered(_message) {}

  /** @returns {number | undefined} */
  get innermost() {
    return undefined;
  }

  /**
   * The function to link, or why it cannot be linked.
   * @param {string} module
   * @param {string} name
   * @param {Signature} signature
   * @returns {WebAssembly.ImportValue | string}
   */
  make(module, name, signature) {
    const what = `${module}.${name}`;
    const foreign = foreignType(signature);
    if (foreign !== null) {
      return `${what} (function of the host with ${foreign === "ref" ? "a reference" : foreign} in its signature, which it cannot be given)`;
    }
    const key = [module, name, ...signature.params, "", ...signature.results].join("\0");
    let made = this.#made.get(key);
    if (made === undefined) {
      const offered = /** @type {DirectOffer} */ (this.#offer).functionOf(module, name, signature, FAILED);
      const linked = this.#link(what, offered, signature);
      if (typeof linked === "string") return `${what} (${linked})`;
      made = linked;
      this.#made.set(key, made);
    }
    return made;
  }

  /**
   * @param {string} what
   * @param {ReturnType<DirectOffer["functionOf"]>} offered
   * @param {Signature} signature
   */
  #link(what, offered, signature) {
    if (typeof offered === "string") return offered;
    if ("clock" in offered) return clockImport(this.#process, offered.clock, signature);
    return offered.waits ? this.#waiting(what, offered.call, signature) : this.#direct(what, offered.call, signature);
  }

  /**
   * The value to link as an immutable global, or why it cannot be linked.
   * @param {string} module
   * @param {string} name
   * @param {ValueType} type
   * @returns {WebAssembly.ImportValue | string}
   */
  makeGlobal(module, name, type) {
    if (type === "ref" || type === "v128") return `${module}.${name} (global of a type that the host cannot give)`;
    try {
      const value = toWasm(/** @type {DirectOffer} */ (this.#offer).globalOf(module, name), type);
      return /** @type {WebAssembly.ImportValue} */ (value);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      return `${module}.${name} (global: ${error.message})`;
    }
  }

  /**
   * @param {string} what
   * @param {DirectFunction["call"]} call
   * @param {Signature} signature
   * @returns {(...args: WasmValue[]) => WasmValue | WasmValue[] | undefined}
   */
  #direct(what, call, { params, results }) {
    const process = this.#process;
    const settle = (/** @type {unknown} */ value) => this.#settle(what, value, results);
    const any = (/** @type {WasmValue[]} */ args) => {
      requireStack();
      return settle(call(...args.map(signedZero)));
    };
    if (process.tracer !== null) return this.#told(what, any);
    if (params.some((type) => type !== "i32")) return (...args) => any(args);
    const plain = results.length === 1 && results[0] === "i32";
    const direct = (/** @type {unknown} */ value) => plain && isI32(value) && process.ending === null;
    // By the number of parameters: handing a list on costs more than the call itself.
    switch (params.length) {
      case 0:
        return () => {
          requireStack();
          const value = call();
          return direct(value) ? value : settle(value);
        };
      case 1:
        return (a) => {
          requireStack();
          const value = call(a);
          return direct(value) ? value : settle(value);
        };
      case 2:
        return (a, b) => {
          requireStack();
          const value = call(a, b);
          return direct(value) ? value : settle(value);
        };
      case 3:
        return (a, b, c) => {
          requireStack();
          const value = call(a, b, c);
          return direct(value) ? value : settle(value);
        };
      default:
        return (...args) => any(args);
    }
  }

  /**
   * A function that may have to wait: only on a stack that can be suspended.
   * @param {string} what
   * @param {DirectFunction["call"]} call
   * @param {Signature} signature
   * @returns {WebAssembly.ImportValue}
   */
  #waiting(what, call, { results }) {
    const { turnstile } = this.#process;
    const wait = (/** @type {WasmValue[]} */ ...args) => {
      if (!turnstile.suspendable) return this.#process.end(suspensionUnavailable(`${what}, a coroutine function of the host,`));
      requireStack();
      return turnstile.wait(what, () => call(...args.map(signedZero))).then((value) => this.#settle(what, value, results));
    };
    const Suspending = WebAssembly.Suspending;
    return Suspending === undefined ? wait : /** @type {WebAssembly.ImportValue} */ (new Suspending(wait));
  }

  /**
   * @param {string} what
   * @param {(args: WasmValue[]) => WasmValue | WasmValue[] | undefined} call
   */
  #told(what, call) {
    return (/** @type {WasmValue[]} */ ...args) => {
      const told = this.#process.tracer?.begin(what, args.map(String).join(", "));
      const result = call(args);
      told?.(result === undefined ? "" : String(result));
      return result;
    };
  }

  /**
   * What the program is given for what a function answered.
   * @param {string} what
   * @param {unknown} value
   * @param {ValueType[]} types
   */
  #settle(what, value, types) {
    // A call that the function has made may have ended the program: nothing of it goes on.
    if (this.#process.ending !== null) return unwind();
    if (value === FAILED) return this.#process.end(importFailed(what, "it raised an exception"));
    try {
      return toResults(value, types);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      return this.#process.end(importFailed(what, `what it returned does not fit its signature: ${error.message}`));
    }
  }
}
