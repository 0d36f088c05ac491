import { KernelError } from "../rpc.mjs";
import { isI32 } from "../process/direct-imports.mjs";
import { endingOf, forWantOfMemory, sentence } from "../process/exit.mjs";
import { ValueMismatch, foreignType, signedZero, toArguments } from "../process/wasm-values.mjs";

/** @typedef {import("../process/binary/types.mjs").Signature} Signature */
/** @typedef {import("../process/process.mjs").Process} Process */
/** @typedef {import("../process/protocol.mjs").WasmValue} WasmValue */

/** This file in a stack trace: what is outside of the first frame of it is not the program's. */
const OUTSIDE = "inline-calls.mjs";

/**
 * An exported function, and the instance it was looked up in; nothing of it when the program is gone.
 * @typedef {{ name: string, signature: Signature, entry: Function, instance: WebAssembly.Instance | null }} Bound
 */

/** What a call answers. @typedef {WasmValue | "-0"} Answer */
/** @typedef {{ call: (...args: any[]) => Answer | Answer[] | undefined, params: string[], results: string[] }} InlineCall */

/** Calls of the program's exports by a host in the same thread: each runs at once, to its end, on the caller's own stack. */
export class InlineCalls {
  /** Null when the host has let go of the program. @type {Process | null} */
  process;
  #ended;
  /** @type {Map<string, InlineCall>} */
  #calls = new Map();
  /** @type {Bound[]} */
  #bounds = [];

  /** @param {Process} process @param {() => void} ended is called when the program has ended in a call */
  constructor(process, ended) {
    this.process = process;
    this.#ended = ended;
  }

  /**
   * The exported function of that name, as it is called from outside. It goes on working when the process is given another instance.
   * @param {string} name
   * @returns {InlineCall}
   * @throws {KernelError}
   */
  find(name) {
    const known = this.#calls.get(name);
    if (known !== undefined) return known;
    const process = this.#alive();
    const entry = process.exportCalls.find(name);
    const signature = process.exportCalls.signature(name);
    if (entry === null || signature === undefined) {
      throw new KernelError(process.exportCalls.missing(name), "WASM_EXPORT_NOT_FOUND");
    }
    const call = this.#made({ name, signature, entry, instance: process.instance });
    const found = { call, params: [...signature.params], results: [...signature.results] };
    this.#calls.set(name, found);
    return found;
  }

  /**
   * A function that takes nothing, as it is called on a stack that can be suspended.
   * @param {string} name
   * @returns {Function}
   */
  entry(name) {
    const { params } = this.find(name);
    if (params.length > 0) {
      throw new KernelError(`${name} takes ${params.length} arguments, and an entry takes none.`, "WASM_EXPORT_ARGUMENTS_INVALID");
    }
    return /** @type {Function} */ (this.#alive().exportCalls.find(name));
  }

  /**
   * Runs the start section.
   * @param {Function} entry
   */
  begin(entry) {
    const { instance } = this.#alive();
    this.#made({ name: "The start section", signature: { params: [], results: [] }, entry, instance })();
  }

  /** Lets go of the program. */
  close() {
    this.process = null;
    this.#calls.clear();
    // Whoever still has a function of it must not keep the instance, and its memory, alive.
    for (const bound of this.#bounds) Object.assign(bound, { entry: gone, instance: null });
    this.#bounds = [];
  }

  /**
   * @param {Bound} bound
   * @returns {InlineCall["call"]}
   */
  #made(bound) {
    const calls = this;
    this.#bounds.push(bound);
    const { params, results } = bound.signature;
    const any = (/** @type {ArrayLike<unknown>} */ args) => calls.#checked(bound, Array.from(args));
    if (results.some((type) => type !== "i32")) {
      return (...args) => {
        const value = any(args);
        return Array.isArray(value) ? value.map(signedZero) : signedZero(value);
      };
    }
    if (params.some((type) => type !== "i32")) return (...args) => any(args);
    // What most functions are. By the number of parameters: handing a list on costs more than the call itself.
    switch (params.length) {
      case 0:
        return function () {
          const process = calls.process;
          if (arguments.length !== 0 || process === null || !calls.#ready(process, bound)) return any(arguments);
          const suspendable = enter(process);
          try {
            return bound.entry();
          } catch (error) {
            throw calls.#failed(process, bound, error);
          } finally {
            leave(process, suspendable);
          }
        };
      case 1:
        return function (a) {
          const process = calls.process;
          if (arguments.length !== 1 || !isI32(a) || process === null || !calls.#ready(process, bound)) return any(arguments);
          const suspendable = enter(process);
          try {
            return bound.entry(a);
          } catch (error) {
            throw calls.#failed(process, bound, error);
          } finally {
            leave(process, suspendable);
          }
        };
      case 2:
        return function (a, b) {
          const process = calls.process;
          if (arguments.length !== 2 || !isI32(a) || !isI32(b) || process === null || !calls.#ready(process, bound)) {
            return any(arguments);
          }
          const suspendable = enter(process);
          try {
            return bound.entry(a, b);
          } catch (error) {
            throw calls.#failed(process, bound, error);
          } finally {
            leave(process, suspendable);
          }
        };
      default:
        return (...args) => any(args);
    }
  }

  /** Whether the function can be called just so. @param {Process} process @param {Bound} bound */
  #ready(process, bound) {
    return process.ending === null && process.instance === bound.instance;
  }

  /**
   * A call of which nothing is known yet.
   * @param {Bound} bound
   * @param {unknown[]} args
   * @returns {WasmValue | WasmValue[] | undefined}
   */
  #checked(bound, args) {
    const process = this.#alive();
    const { name, signature } = bound;
    if (process.instance !== bound.instance) {
      bound.entry = /** @type {Function} */ (process.exportCalls.find(name));
      bound.instance = process.instance;
    }
    const foreign = foreignType(signature);
    if (foreign !== null) {
      const kind = foreign === "ref" ? "a reference" : foreign;
      throw new KernelError(`${name} has ${kind} in its signature, which cannot be handed over.`, "WASM_EXPORT_ARGUMENTS_INVALID");
    }
    let values;
    try {
      values = toArguments(args, signature.params);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      throw new KernelError(`${name} cannot be called like that: ${error.message}.`, "WASM_EXPORT_ARGUMENTS_INVALID");
    }
    const suspendable = enter(process);
    try {
      return bound.entry(...values);
    } catch (error) {
      throw this.#failed(process, bound, error);
    } finally {
      leave(process, suspendable);
    }
  }

  /** The process, which can be called. */
  #alive() {
    const { process } = this;
    if (process === null) throw new KernelError("The instance was disposed: it can no longer be called.", "WASM_CONTEXT_DISPOSED");
    if (process.ending !== null) {
      const { reason, message } = process.ending;
      throw new KernelError(`The program has ended (${reason}: ${message}): it can no longer be called.`, "WASM_PROCESS_ENDED");
    }
    return process;
  }

  /**
   * The program has ended in a call.
   * @param {Process} process
   * @param {Bound} bound
   * @param {unknown} error
   */
  #failed(process, { name }, error) {
    this.note(process, error);
    const { code, message } = /** @type {import("../process/protocol.mjs").Ending} */ (process.ending);
    return new KernelError(`${name} ended the program: ${sentence(message)}`, code ?? "WASM_PROCESS_ENDED");
  }

  /**
   * Notes how the program has ended, if it is not known yet.
   * @param {Process} process
   * @param {unknown} error that came out of the program
   */
  note(process, error) {
    if (process.ending === null) {
      const end = endingOf(error, process.moduleName(), OUTSIDE);
      const { memory, refusedBytes } = process;
      const wanting = end.code === "WASM_TRAP" && refusedBytes > 0;
      process.ending = wanting ? forWantOfMemory(end, refusedBytes, process.start.memoryLimit ?? 0, memory.size()) : end;
    }
    this.#ended();
  }
}

/** What is called of a program that is gone: nothing ever is. */
function gone() {}

/**
 * From now on, until `leave`, the program runs on a stack that cannot be suspended, above those of its own that wait.
 * @param {Process} process
 * @returns {boolean} whether the stack below can be
 */
function enter({ turnstile }) {
  const { suspendable } = turnstile;
  turnstile.suspendable = false;
  turnstile.depth++;
  return suspendable;
}

/** @param {Process} process @param {boolean} suspendable */
function leave({ turnstile, stdout }, suspendable) {
  turnstile.depth--;
  turnstile.suspendable = suspendable;
  stdout.flush();
}
