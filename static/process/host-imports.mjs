import { clockImport } from "./clock-import.mjs";
import { importFailed, suspensionUnavailable } from "./exit.mjs";
import { ValueMismatch, foreignType, toResults } from "./wasm-values.mjs";

/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Failure} Failure */
/** @typedef {import("./protocol.mjs").WasmValue} WasmValue */
/** @typedef {Extract<import("./protocol.mjs").KernelMessage, { type: "import-return" }>} Return */

/** The functions that the host offers to the program: each asks the kernel and stands still until the answer. */
export class HostImports {
  #process;
  #offered;
  #nextId = 1;
  /** @type {Map<number, (message: Return) => void>} */
  #waiting = new Map();
  /** The imports that the program's stacks stand in, by the depth of the stack. @type {Map<number, number>} */
  #standing = new Map();

  /** @param {Process} process @param {import("./protocol.mjs").ImportName[]} names */
  constructor(process, names) {
    this.#process = process;
    this.#offered = new Map(names.map(([module, name, clock]) => [`${module}\0${name}`, clock]));
  }

  /** @param {string} module @param {string} name */
  offers(module, name) {
    return this.#offered.has(`${module}\0${name}`);
  }

  /** Whether the host has not answered that import yet. @param {number} id */
  waits(id) {
    return this.#waiting.has(id);
  }

  /** The import that the innermost of the program's stacks stands in, so that it can call exports; or undefined. */
  get innermost() {
    return this.#standing.get(this.#process.turnstile.depth);
  }

  /**
   * The function to link, or why it cannot be linked.
   * @param {string} module
   * @param {string} name
   * @param {Signature} signature
   * @returns {WebAssembly.ImportValue | string}
   */
  make(module, name, signature) {
    const foreign = foreignType(signature);
    if (foreign !== null) {
      const kind = foreign === "ref" ? "a reference" : foreign;
      return `${module}.${name} (function of the host with ${kind} in its signature, which cannot leave the program)`;
    }
    const what = `${module}.${name}`;
    const clock = this.#offered.get(`${module}\0${name}`);
    if (clock !== undefined) {
      const made = clockImport(this.#process, clock, signature);
      return typeof made === "string" ? `${what} (${made})` : made;
    }
    const call = (/** @type {WasmValue[]} */ ...args) => {
      const { turnstile } = this.#process;
      if (!turnstile.suspendable) return this.#process.end(suspensionUnavailable(`${what}, a function of the host,`));
      const told = this.#process.tracer?.begin(what, args.map(String).join(", "));
      return turnstile
        .wait(what, () => this.#ask(module, name, args))
        .then((answer) => {
          const result = this.#result(what, answer, signature);
          told?.(result === undefined ? "" : String(result));
          return result;
        });
    };
    const Suspending = WebAssembly.Suspending;
    return Suspending === undefined ? call : /** @type {WebAssembly.ImportValue} */ (new Suspending(call));
  }

  /**
   * Why a global cannot be linked: what the host offers here are functions.
   * @param {string} module
   * @param {string} name
   * @param {import("./binary/types.mjs").ValueType} _type
   * @returns {WebAssembly.ImportValue | string}
   */
  makeGlobal(module, name, _type) {
    return `${module}.${name} (global, which only an instance in the kernel's own thread can be given)`;
  }

  /**
   * @param {string} module
   * @param {string} name
   * @param {WasmValue[]} args
   * @returns {Promise<Return>}
   */
  #ask(module, name, args) {
    const id = this.#nextId++;
    this.#process.post({ type: "import", id, module, name, args });
    const { depth } = this.#process.turnstile;
    this.#standing.set(depth, id);
    return new Promise((resolve) => {
      this.#waiting.set(id, (message) => {
        this.#standing.delete(depth);
        resolve(message);
      });
    });
  }

  /** The host has answered. @param {Return} message */
  answered(message) {
    const settle = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    settle?.(message);
  }

  /**
   * @param {string} what
   * @param {Return} answer
   * @param {Signature} signature
   */
  #result(what, answer, { results }) {
    if ("error" in answer) return this.#process.end(importFailed(what, answer.error.message));
    try {
      return toResults(answer.value, results);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      return this.#process.end(importFailed(what, `what it returned does not fit its signature: ${error.message}`));
    }
  }
}
