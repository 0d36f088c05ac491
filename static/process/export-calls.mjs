import { sentence } from "./exit.mjs";
import { ValueMismatch, foreignType, toArguments } from "./wasm-values.mjs";

/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").WasmValue} WasmValue */
/** @typedef {Extract<import("./protocol.mjs").KernelMessage, { type: "call" }>} Call */

/**
 * Calls of the program's exports by the host. They run one after another once the entry has returned. Those that a function of
 * the host's makes while the program stands in it run at once, on a stack above the one that waits: others must not, for they
 * would see the program in the middle of something, and only by chance.
 */
export class ExportCalls {
  #process;
  /** @type {WebAssembly.Exports | null} */
  #exports = null;
  /** @type {() => Map<string, Signature>} */
  #readSignatures = () => new Map();
  /** Read when the first call comes. @type {Map<string, Signature> | null} */
  #signatures = null;
  /** @type {Call[]} */
  #queue = [];
  #open = false;

  /** @param {Process} process */
  constructor(process) {
    this.#process = process;
  }

  /**
   * The module is instantiated.
   * @param {WebAssembly.Exports} exports
   * @param {() => Map<string, Signature>} signatures of the exported functions
   */
  attach(exports, signatures) {
    this.#exports = exports;
    this.#readSignatures = signatures;
  }

  /** An exported function, or null. @param {string} name @returns {Function | null} */
  find(name) {
    const found = this.#exports !== null && Object.hasOwn(this.#exports, name) ? this.#exports[name] : null;
    return typeof found === "function" ? found : null;
  }

  /** The signature of an exported function. @param {string} name @returns {Signature | undefined} */
  signature(name) {
    this.#signatures ??= this.#readSignatures();
    return this.#signatures.get(name);
  }

  /** Says that there is no such function. @param {string} name */
  missing(name) {
    return `The module exports no function ${JSON.stringify(name)}. ${this.#listed()}`;
  }

  /** From now on calls need not wait for the program's entry. */
  open() {
    this.#open = true;
    this.pump();
  }

  /** @param {Call} call */
  add(call) {
    this.#queue.push(call);
    this.pump();
  }

  /** Begins the next call if one can run now. */
  pump() {
    if (this.#process.ending !== null) return;
    const next = this.#queue.findIndex((call) => this.#mayRun(call));
    if (next >= 0) void this.#answer(this.#queue.splice(next, 1)[0]);
  }

  /** @param {Call} call */
  #mayRun({ within }) {
    const { turnstile, hostImports } = this.#process;
    // Whoever calls after the import was answered is outside like everybody else.
    if (within !== null && hostImports.waits(within)) return hostImports.innermost === within;
    return turnstile.depth === 0 && this.#open;
  }

  /** @param {Call} call */
  async #answer({ id, name, args }) {
    const { post, turnstile } = this.#process;
    /** @param {string} code @param {string} message */
    const refuse = (code, message) => {
      post({ type: "answer", id, error: { code, message } });
      this.pump();
    };
    const entry = this.find(name);
    const signature = this.signature(name);
    if (entry === null || signature === undefined) {
      return refuse("WASM_EXPORT_NOT_FOUND", this.missing(name));
    }
    const foreign = foreignType(signature);
    if (foreign !== null) {
      const kind = foreign === "ref" ? "a reference" : foreign;
      return refuse("WASM_EXPORT_ARGUMENTS_INVALID", `${name} has ${kind} in its signature, which cannot be handed over.`);
    }
    let values;
    try {
      values = toArguments(args, signature.params);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      return refuse("WASM_EXPORT_ARGUMENTS_INVALID", `${name} cannot be called like that: ${error.message}.`);
    }
    const value = await this.#process.run(entry, values);
    if (this.#process.ending === null) {
      turnstile.beforeWait();
      post({ type: "answer", id, value: value ?? null });
      this.pump();
    } else {
      const { code, message } = this.#process.ending;
      post({ type: "answer", id, error: { code: code ?? "WASM_PROCESS_ENDED", message: `${name} ended the program: ${sentence(message)}` } });
      this.#process.finish(this.#process.ending);
    }
  }

  #listed() {
    const names = [...(this.#signatures?.keys() ?? [])];
    const shown = names.slice(0, 20).join(", ");
    return names.length === 0 ? "It exports no function at all." : `It exports ${shown}${names.length > 20 ? ", ..." : ""}.`;
  }
}
