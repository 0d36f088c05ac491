import { ProcessFiles } from "./process-files.mjs";
import { ProcessTime } from "./process-time.mjs";
import { bytesOf, withData } from "./values.mjs";
import { Views } from "./views.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */
/** @typedef {import("../aikernel.mjs").Exit} Exit */
/** @typedef {import("../aikernel.mjs").TraceCall} TraceCall */

/** One program of a kernel. */
export class Process {
  #peer;
  #output;
  #within;

  /**
   * @param {Peer} peer
   * @param {string} id
   * @param {string} name
   * @param {ProcessOutput} output
   * @param {Promise<Exit & {counters: Record<string, number>}>} exit
   * @param {number | null} [within] the call of an import that this is the process for
   */
  constructor(peer, id, name, output, exit, within = null) {
    this.#peer = peer;
    this.#output = output;
    this.#within = within;
    this.id = id;
    this.name = name;
    this.exit = exit;
    this.stdin = {
      /** @param {Uint8Array | string} data */
      write: async (data) => this.#peer.call("process.stdin", { id, bytes: bytesOf(data) }),
      close: () => this.#peer.call("process.closeStdin", { id }),
    };
    /** The program's linear memory, while it runs or stays. */
    this.memory = {
      /** @param {number} offset @param {number} length @returns {Promise<Uint8Array>} a copy */
      read: (offset, length) => this.#peer.call("process.memory.read", { id, offset, length }),
      /** @param {number} offset @param {Uint8Array} bytes @returns {Promise<void>} */
      write: (offset, bytes) => this.#peer.call("process.memory.write", { id, offset, bytes }),
      /** @returns {Promise<number>} in bytes */
      size: () => this.#peer.call("process.memory.size", { id }),
    };
    const control = this.#control.bind(this);
    /** Its files while it runs; afterwards see `files`. */
    this.fs = new ProcessFiles(control, (mount) => this.#peer.call("process.mount", { id, mount }));
    /** The clock that it sees. */
    this.time = new ProcessTime(control);
  }

  /**
   * What the module exports, with types, in its order.
   * @returns {Promise<import("../process/control/module.mjs").Item[]>}
   */
  exports() {
    return this.#control("module.exports");
  }

  /** @returns {Promise<(import("../process/control/module.mjs").Item & {module: string})[]>} what the module imports */
  imports() {
    return this.#control("module.imports");
  }

  /**
   * The whole state of a program that no call is running in: memory, globals, files, clock and more. `spawn` starts from it.
   * @returns {Promise<Uint8Array>}
   */
  saveState() {
    return this.#peer.call("process.saveState", { id: this.id });
  }

  /** Returns to a saved state of the same module; refused with nothing changed. @param {Uint8Array} state @returns {Promise<void>} */
  restoreState(state) {
    return this.#peer.call("process.restoreState", { id: this.id, state });
  }

  /** @param {string} operation @param {...unknown} args @returns {Promise<any>} */
  #control(operation, ...args) {
    return this.#peer.call("process.control", { id: this.id, operation, args });
  }

  /** @returns {ReadableStream<Uint8Array>} standard output; kept until it is read */
  get stdout() {
    return this.#output.streams[1];
  }

  /** @returns {ReadableStream<Uint8Array>} standard error; kept until it is read */
  get stderr() {
    return this.#output.streams[2];
  }

  /** Ends the program at once, whatever it does. */
  kill() {
    return this.#peer.call("process.kill", { id: this.id });
  }

  /**
   * Asks the program to end by its own exit path, and kills it after the grace.
   * @param {number} [grace] seconds
   * @returns {Promise<Exit>}
   */
  terminate(grace = 5) {
    return this.#peer.call("process.terminate", { id: this.id, grace });
  }

  /**
   * Calls an exported function. The call waits until the program's entry and all calls before it have returned; made on the
   * `this` of an import, it runs at once while the program waits for that import.
   * @param {string} name
   * @param {...(number | bigint)} args converted to the types of its parameters
   * @returns {Promise<any>} its result; several results are an array
   */
  call(name, ...args) {
    return this.#peer.call("process.call", { id: this.id, name, args, within: this.#within });
  }

  /** Waits until everything the program has written to `opfs` mounts is stored. @returns {Promise<void>} */
  flush() {
    return this.#peer.call("process.flush", { id: this.id });
  }

  /**
   * The last picture; `data` and `bytes` are one and the same.
   * @returns {Promise<{width: number, height: number, format: string, sequence: number, data: Uint8Array, bytes: Uint8Array} | null>}
   */
  async frame() {
    return withData(await this.#peer.call("process.frame", { id: this.id }));
  }

  /**
   * The pictures that the program shows, from the one that is there on; those that come while nobody asks for the next are
   * replaced by the newest. Ends with the program, after its last picture.
   * @returns {AsyncGenerator<import("./views.mjs").Frame, void, void>}
   */
  async *frames() {
    const { framesOf } = await import("./frames.mjs");
    yield* framesOf(Views.of(this.#peer), this.id);
  }

  /**
   * Shows the program's pictures in a canvas, each pixel of them a pixel of the canvas. With `input`, the canvas can have the
   * focus, and keyboard, pointer and gamepad are the program's then; F6 is left to the page.
   * @param {HTMLCanvasElement} canvas
   * @param {{input?: boolean}} [options]
   * @returns {Promise<() => void>} ends it
   */
  async attachDisplay(canvas, { input = true } = {}) {
    const { attachDisplay } = await import("../display/attach.mjs");
    return attachDisplay(Views.of(this.#peer), this.id, canvas, { input, send: (bytes) => this.sendInput(bytes) });
  }

  /**
   * Plays the program's sound, which then runs at most 200 ms ahead of what is heard. Browsers let nothing be heard before
   * their user has touched the page: until then the sound is dropped, and the program not held back.
   * @returns {Promise<import("../audio/attach.mjs").AttachedAudio>}
   */
  async attachAudio() {
    const { AttachedAudio } = await import("../audio/attach.mjs");
    return new AttachedAudio(null).attach(Views.of(this.#peer), this.id);
  }

  /**
   * Takes the sound that has come since the last call; at most the last 16 MiB are kept. `data` and `bytes` are one and the same.
   * @returns {Promise<{rate: number, channels: number, format: string, data: Uint8Array, bytes: Uint8Array} | null>}
   */
  async audio() {
    return withData(await this.#peer.call("process.audio", { id: this.id }));
  }

  /** @param {Uint8Array} bytes records for /dev/input/events, see include/aikernel.h @returns {Promise<void>} */
  sendInput(bytes) {
    return this.#peer.call("process.input", { id: this.id, bytes });
  }

  /** @param {any} event goes as a line of JSON to readers of /dev/event @returns {Promise<void>} */
  sendEvent(event) {
    return this.#peer.call("process.event", { id: this.id, line: JSON.stringify(event) });
  }

  /** @param {number} columns @param {number} rows of its terminal @returns {Promise<void>} */
  resize(columns, rows) {
    return this.#peer.call("process.resize", { id: this.id, columns, rows });
  }

  /** @returns {Promise<TraceCall[]>} the last system calls of a traced program, at most 10 000 */
  trace() {
    return this.#peer.call("process.trace", { id: this.id });
  }

  /** @returns {Promise<[number, number, string][]>} the last lines of output: descriptor, ms since the epoch, text */
  lines() {
    return this.#peer.call("process.lines", { id: this.id });
  }

  /** @returns {Promise<Record<string, number>>} what an ended program has used; empty while it runs */
  counters() {
    return this.#peer.call("process.counters", { id: this.id });
  }

  /**
   * The files an ended program left below `path`.
   * @param {string} [path]
   * @returns {Promise<Record<string, Uint8Array>>}
   */
  files(path = "/") {
    return this.#peer.call("process.files", { id: this.id, path });
  }

  /** Drops what the kernel keeps of the process; kills it if it runs. */
  release() {
    return this.#peer.call("process.release", { id: this.id });
  }
}

/** Standard output and error as streams that keep what nobody has read yet. */
export class ProcessOutput {
  /** @type {ReadableStreamDefaultController<Uint8Array>[]} */
  #controllers = [];
  /** @type {ReadableStream<Uint8Array>[]} indexed by descriptor */
  streams = [0, 1, 2].map((fd) => new ReadableStream({
    start: (controller) => {
      this.#controllers[fd] = controller;
    },
    cancel: () => {
      delete this.#controllers[fd];
    },
  }));

  /**
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   */
  push(fd, bytes) {
    this.#controllers[fd]?.enqueue(bytes);
  }

  end() {
    for (const controller of this.#controllers) controller?.close();
    this.#controllers = [];
  }
}
