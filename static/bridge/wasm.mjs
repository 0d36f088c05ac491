/** The engine behind the Python seam: one worker per process, what it wrote, how it ended. */

import { KernelError } from "../rpc.mjs";
import { startModuleWorker } from "../module-worker.mjs";

/** @typedef {import("../process/protocol.mjs").Entry} Entry */
/** @typedef {import("../process/protocol.mjs").ProcessMessage} ProcessMessage */

/**
 * @typedef {object} Exit
 * @property {"exited" | "trapped" | "killed" | "timeout" | "memory" | "output" | "link" | "invalid"} reason
 * @property {number} exitCode
 * @property {string | null} code
 * @property {string} message
 * @property {string[]} stack
 */

/** @typedef {{write(fd: number, bytes: Uint8Array): unknown}} Sink */

/**
 * @typedef {object} Spec
 * @property {Uint8Array} module
 * @property {string[]} args
 * @property {[string, string][]} env
 * @property {Uint8Array} [stdin] left out, standard input stays open
 * @property {Entry[]} tree
 * @property {string[]} preopens
 * @property {number} [timeout] seconds
 * @property {number} [outputLimit] bytes
 * @property {boolean} controllable
 * @property {Sink} [sink]
 */

/** Output a program may have on its way to a reader before it has to wait for the reader. */
const WINDOW_BYTES = 1 << 20;
/** What is kept for a program without a reader of its own, before it ends with the reason `output`. */
const KEPT_OUTPUT_BYTES = 256 << 20;
const LOG_BYTES = 64 << 10;
/** Far above what two cores can serve, far below where a browser falls over. */
const MAX_PROCESSES = 256;

/** Runs programs. A started worker waits in reserve, because starting one takes longer than most programs run. */
export class ProcessEngine {
  #url = new URL("../process/worker.mjs", import.meta.url);
  #reserve = /** @type {Worker | null} */ (null);
  #running = 0;

  constructor() {
    this.#fillReserve();
  }

  /**
   * @param {Spec} spec
   * @returns {ProcessHandle}
   */
  spawn(spec) {
    if (this.#running >= MAX_PROCESSES) {
      throw new KernelError(
        `${MAX_PROCESSES} processes are running already: kill some, or wait until one has ended.`,
        "WASM_PROCESS_LIMIT",
      );
    }
    const worker = this.#reserve ?? this.#startWorker();
    this.#reserve = null;
    this.#running += 1;
    const handle = new ProcessHandle(worker, spec);
    void handle.started().then(() => this.#fillReserve());
    void handle.wait().then(() => {
      this.#running -= 1;
    });
    return handle;
  }

  #fillReserve() {
    this.#reserve ??= this.#startWorker();
  }

  #startWorker() {
    return startModuleWorker(this.#url, "aikernel process");
  }
}

/** One program: its worker while it runs, afterwards what it left. */
export class ProcessHandle {
  #worker;
  #sink;
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #exit = /** @type {Exit | null} */ (null);
  #tree = /** @type {Entry[] | null} */ (null);
  #kept = /** @type {Uint8Array[][]} */ ([[], [], []]);
  #log = new OutputLog(LOG_BYTES);
  #settleStarted = /** @type {(exit: Exit | null) => void} */ (() => {});
  #settleExit = /** @type {(exit: Exit) => void} */ (() => {});
  /** @type {Promise<Exit | null>} */
  #started = new Promise((resolve) => {
    this.#settleStarted = resolve;
  });
  /** @type {Promise<Exit>} */
  #ended = new Promise((resolve) => {
    this.#settleExit = resolve;
  });

  /**
   * @param {Worker} worker fresh, or waiting for its first program
   * @param {Spec} spec
   */
  constructor(worker, spec) {
    this.#worker = worker;
    this.#sink = spec.sink;
    worker.onmessage = (event) => this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#workerFailed(event.message || "its script could not be loaded");
    };
    worker.onmessageerror = () => this.#workerFailed("it sent a message that could not be read");
    if (typeof spec.timeout === "number") this.#limitTime(spec.timeout, performance.now() + spec.timeout * 1000);
    // Copied, not handed over: the caller may run the same module and files again.
    worker.postMessage({
      type: "start",
      module: spec.module,
      args: spec.args,
      env: spec.env,
      preopens: spec.preopens,
      tree: spec.tree,
      stdin: spec.stdin ?? null,
      stdinOpen: !spec.stdin,
      window: WINDOW_BYTES,
      outputLimit: spec.outputLimit ?? (spec.sink ? Infinity : KEPT_OUTPUT_BYTES),
      controllable: spec.controllable,
    });
  }

  /** @returns {Promise<Exit | null>} null once the program runs, its end where it could not be started */
  started() {
    return this.#started;
  }

  /** @returns {Promise<Exit>} */
  wait() {
    return this.#ended;
  }

  /** @param {Uint8Array} bytes */
  writeStdin(bytes) {
    if (!this.#exit) this.#worker.postMessage({ type: "stdin", bytes });
  }

  closeStdin() {
    if (!this.#exit) this.#worker.postMessage({ type: "stdin-close" });
  }

  kill() {
    this.#terminate({ reason: "killed", exitCode: 137, code: "WASM_PROCESS_KILLED", message: "", stack: [] });
  }

  /**
   * @param {number} fd 1 or 2
   * @returns {Uint8Array} what was written so far by a program without a sink
   */
  output(fd) {
    const chunks = this.#kept[fd];
    const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
    let offset = 0;
    for (const chunk of chunks) {
      all.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.#kept[fd] = [all];
    return all;
  }

  /** @returns {[number, string][]} the last lines as [descriptor, text] */
  log() {
    return this.#log.lines();
  }

  /**
   * @param {string} path absolute guest path of a directory or a file
   * @returns {Record<string, Uint8Array>} the files the program left there, by absolute path
   */
  files(path) {
    if (!this.#exit) {
      throw new KernelError("The program is still running: its files can be taken when it has ended.", "WASM_PROCESS_RUNNING");
    }
    if (!this.#tree) {
      throw new KernelError(
        `The program was ended from outside (${this.#exit.reason}) and its files went with it, or they were released.`,
        "WASM_FILES_LOST",
      );
    }
    const below = path.endsWith("/") ? path : `${path}/`;
    /** @type {Record<string, Uint8Array>} */
    const files = Object.create(null);
    for (const entry of this.#tree) {
      if (entry.kind === "file" && (entry.path === path || entry.path.startsWith(below))) files[entry.path] = entry.bytes;
    }
    return files;
  }

  release() {
    this.kill();
    this.#tree = null;
    this.#kept = [[], [], []];
    this.#sink = undefined;
  }

  /** @param {ProcessMessage} message */
  #receive(message) {
    if (this.#exit) return;
    switch (message.type) {
      case "ready":
        break;
      case "started":
        this.#settleStarted(null);
        break;
      case "output":
        void this.#deliver(message.fd, message.bytes);
        break;
      case "exit": {
        const { reason, exitCode, code, message: text, stack, tree } = message;
        this.#tree = tree;
        this.#terminate({ reason, exitCode, code, message: text, stack });
        break;
      }
    }
  }

  /**
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   */
  async #deliver(fd, bytes) {
    const size = bytes.byteLength; // a sink may hand the buffer on
    this.#log.add(fd, bytes);
    try {
      if (this.#sink) await this.#sink.write(fd, bytes);
      else this.#kept[fd].push(bytes);
    } catch (error) {
      console.error(`The output of a program could not be delivered: ${error}`);
    }
    if (!this.#exit) this.#worker.postMessage({ type: "ack", bytes: size });
  }

  /**
   * @param {number} seconds
   * @param {number} deadline on the clock of `performance.now()`
   */
  #limitTime(seconds, deadline) {
    // A timer holds at most 2^31 - 1 ms and takes anything longer as none at all, so a long wait is several.
    const left = Math.min(deadline - performance.now(), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      if (performance.now() < deadline) this.#limitTime(seconds, deadline);
      else {
        this.#terminate({
          reason: "timeout", exitCode: 124, code: "WASM_PROCESS_TIMEOUT",
          message: `The program was still running after ${seconds} s.`, stack: [],
        });
      }
    }, left);
  }

  /** @param {string} why */
  #workerFailed(why) {
    this.#terminate({
      reason: "trapped", exitCode: 134, code: "WASM_WORKER_FAILED",
      message: `The worker of the program failed: ${why}.`, stack: [],
    });
  }

  /** @param {Exit} exit */
  #terminate(exit) {
    if (this.#exit) return;
    this.#exit = exit;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#settleStarted(exit);
    this.#settleExit(exit);
  }
}

/** The tail of what a program wrote, both descriptors as they came, bounded. */
class OutputLog {
  #limit;
  #size = 0;
  /** @type {{fd: number, bytes: Uint8Array}[]} */
  #chunks = [];

  /** @param {number} limit bytes */
  constructor(limit) {
    this.#limit = limit;
  }

  /**
   * @param {number} fd
   * @param {Uint8Array} bytes
   */
  add(fd, bytes) {
    // A copy of the tail: a view would keep a large buffer alive, and sinks may hand theirs on.
    const tail = bytes.slice(-this.#limit);
    this.#chunks.push({ fd, bytes: tail });
    this.#size += tail.byteLength;
    while (this.#size > this.#limit && this.#chunks.length > 1) {
      this.#size -= this.#chunks[0].bytes.byteLength;
      this.#chunks.shift();
    }
  }

  /** @returns {[number, string][]} */
  lines() {
    /** @type {[number, string][]} */
    const lines = [];
    const decoders = [new TextDecoder(), new TextDecoder(), new TextDecoder()];
    const open = ["", "", ""];
    for (const { fd, bytes } of this.#chunks) {
      const parts = (open[fd] + decoders[fd].decode(bytes, { stream: true })).split("\n");
      open[fd] = /** @type {string} */ (parts.pop());
      for (const part of parts) lines.push([fd, part.replace(/\r$/, "")]);
    }
    for (const fd of [1, 2]) if (open[fd]) lines.push([fd, open[fd]]);
    return lines;
  }
}
