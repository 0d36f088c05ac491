/** Functions of the embedder that the kernel calls, by ids that this side chose. */

import { KernelError } from "../rpc.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("../aikernel.mjs").OutputCallback} OutputCallback */
/** @typedef {import("../aikernel.mjs").TraceCallback} TraceCallback */
/** @typedef {import("../aikernel.mjs").SpawnOptions} SpawnOptions */
/**
 * @typedef {{output: OutputCallback, trace?: TraceCallback, terminal?: (raw: boolean) => void,
 *   foreground?: (process: {id: string, name: string} | null) => void}} StreamCallbacks
 */

/** Output of the kernel by the ids that this side chose. */
export class Streams {
  #nextId = 1;
  /** @type {Map<number, StreamCallbacks>} */
  #callbacks = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    peer.serve({
      output: async ({ stream, fd, bytes }) => {
        try {
          await this.#callbacks.get(stream)?.output(fd, bytes);
        } finally {
          peer.notify("stream.ack", { stream });
        }
      },
      trace: async ({ stream, calls, dropped }) => {
        try {
          await this.#callbacks.get(stream)?.trace?.(calls, dropped);
        } finally {
          peer.notify("trace.ack", { stream });
        }
      },
      terminal: ({ stream, raw }) => this.#callbacks.get(stream)?.terminal?.(raw),
      foreground: ({ stream, process }) => this.#callbacks.get(stream)?.foreground?.(process),
    });
  }

  /** @param {StreamCallbacks} callbacks */
  open(callbacks) {
    const id = this.#nextId++;
    this.#callbacks.set(id, callbacks);
    return id;
  }

  /** @param {number} id */
  close(id) {
    this.#callbacks.delete(id);
  }
}

/** Functions of the page that programs import, by the ids that this side chose. */
export class Imports {
  #nextId = 1;
  /** @type {Map<number, {functions: NonNullable<SpawnOptions["imports"]>, processWithin: (within: number) => Process}>} */
  #offered = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    peer.serve({
      "import.call": ({ imports, module, name, args, within }) => {
        const offered = this.#offered.get(imports);
        if (!offered) throw new KernelError("The process that it was given for has ended.", "WASM_IMPORT_FAILED");
        return offered.functions[module][name].apply(offered.processWithin(within), args);
      },
    });
  }

  /**
   * @param {NonNullable<SpawnOptions["imports"]>} functions
   * @param {(within: number) => Process} processWithin what `this` is in them, by the id of the call
   */
  open(functions, processWithin) {
    const id = this.#nextId++;
    this.#offered.set(id, { functions, processWithin });
    return id;
  }

  /** @param {number} id */
  close(id) {
    this.#offered.delete(id);
  }
}
