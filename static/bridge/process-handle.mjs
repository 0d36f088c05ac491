import { KernelError } from "../rpc.mjs";
import { Deadlines } from "./deadlines.mjs";
import { DeviceOutput } from "./device-output.mjs";
import { InputGate } from "./input-gate.mjs";
import { makeRoom } from "./make-room.mjs";
import { OutputIntake } from "./output-intake.mjs";
import { requireBytes, requireRecords, requireText } from "./parameters.mjs";
import { ProcessOutput } from "./process-output.mjs";
import { ProcessRequests } from "./process-requests.mjs";
import { filesBelow, startMessage } from "./process-spec.mjs";

/** @typedef {import("../process/protocol.mjs").Entry} Entry */
/** @typedef {import("../process/protocol.mjs").KernelMessage} KernelMessage */
/** @typedef {import("../process/protocol.mjs").ProcessMessage} ProcessMessage */
/** @typedef {import("../process/protocol.mjs").TraceCall} TraceCall */
/** @typedef {import("../process/protocol.mjs").WasmValue} WasmValue */
/** @typedef {import("./worker-pool.mjs").Pooled} Pooled */
/** @typedef {import("./worker-pool.mjs").WorkerPool} WorkerPool */

/** @typedef {import("./process-spec.mjs").Exit} Exit */
/** @typedef {import("./process-spec.mjs").Sink} Sink */
/** @typedef {import("./process-spec.mjs").Spec} Spec */

/** System calls kept of a traced program. */
const TRACE_CALLS = 10_000;

/** One program: its worker while it runs, afterwards what it left. */
export class ProcessHandle {
  #pool;
  #pooled;
  #worker;
  #spec;
  #deadlines = new Deadlines();
  #exit = /** @type {Exit | null} */ (null);
  #dying = false;
  #intake = new OutputIntake((fd, bytes, time) => void this.#deliver(fd, bytes, time));
  #stdin = new InputGate();
  #tree = /** @type {Entry[] | null} */ (null);
  #counters = /** @type {Record<string, number>} */ ({});
  #output;
  #devices = new DeviceOutput((heard) => this.#post({ type: "heard", heard }));
  /** @type {PromiseWithResolvers<void>} */
  #released = Promise.withResolvers();
  #trace = /** @type {TraceCall[]} */ ([]);
  #requests = new ProcessRequests();
  /** @type {PromiseWithResolvers<Exit | null>} */
  #started = Promise.withResolvers();
  /** @type {PromiseWithResolvers<Exit>} */
  #ended = Promise.withResolvers();

  /**
   * @param {WorkerPool} pool where the worker comes from, and goes back to when the program left it clean
   * @param {Spec} spec
   */
  constructor(pool, spec) {
    this.#pool = pool;
    this.#pooled = pool.take();
    this.#worker = this.#pooled.worker;
    this.#spec = spec;
    this.#output = new ProcessOutput(spec.sink);
    this.#worker.onmessage = (event) => this.#receive(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#workerFailed(event.message || "its script could not be loaded");
    };
    this.#worker.onmessageerror = () => this.#workerFailed("it sent a message that could not be read");
    this.#pooled.onLost = () => this.#workerFailed("it has gone, and the browser does not say why");
    try {
      // Copied, not handed over: the caller may run the same module and files again.
      this.#post(startMessage(spec));
    } catch (error) {
      pool.discard(this.#pooled);
      throw new KernelError(`The program's files or arguments cannot be handed to its worker: ${error}`, "WASM_ARGUMENTS_INVALID");
    }
    if (typeof spec.timeout === "number") this.#limitTime(spec.timeout);
    pool.prepare();
  }

  /** @returns {Promise<Exit | null>} null once the program runs, its end where it could not be started */
  started() {
    return this.#started.promise;
  }

  /** @returns {Promise<Exit>} */
  wait() {
    return this.#ended.promise;
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {Promise<void>} settled when the program has read enough for more to be sent, or has ended
   */
  writeStdin(bytes) {
    this.#post({ type: "stdin", bytes: requireBytes(bytes, "Standard input") });
    return this.#stdin.sent(bytes.length);
  }

  closeStdin() {
    this.#post({ type: "stdin-close" });
  }

  kill() {
    const message = "The program was ended from outside, at once.";
    this.#kill({ reason: "killed", exitCode: 137, code: "WASM_PROCESS_KILLED", message, stack: [] });
  }

  /**
   * Asks the program to end by its own exit path, and kills it when it has not done so.
   * @param {number} graceSeconds
   * @returns {Promise<Exit>}
   */
  terminate(graceSeconds) {
    this.#post({ type: "terminate" });
    this.#deadlines.after(graceSeconds, () => {
      this.#kill({
        reason: "killed", exitCode: 137, code: "WASM_PROCESS_KILLED",
        message: `The program was asked to end and still ran after ${graceSeconds} s.`, stack: [],
      });
    });
    return this.wait();
  }

  /**
   * Calls an exported function: of a program that stays, once its entry and the calls before this one have returned; or from
   * within a function of the host's that the program waits for.
   * @param {string} name
   * @param {WasmValue[]} args
   * @param {number | null} [within] the id of the import that was called
   * @returns {Promise<WasmValue | WasmValue[] | null>} several results are a list
   */
  callExport(name, args, within = null) {
    return this.#request((id) => ({ type: "call", id, name, args, within }));
  }

  /**
   * @param {number} offset
   * @param {number} length
   * @returns {Promise<Uint8Array>} a copy
   */
  readMemory(offset, length) {
    return this.#request((id) => ({ type: "memory-read", id, offset, length }));
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} bytes
   * @returns {Promise<void>}
   */
  writeMemory(offset, bytes) {
    return this.#request((id) => ({ type: "memory-write", id, offset, bytes }));
  }

  /** @returns {Promise<number>} bytes */
  memorySize() {
    return this.#request((id) => ({ type: "memory-size", id }));
  }

  /** Settled when persistent mounts hold what the program has written. @returns {Promise<void>} */
  flush() {
    return this.#request((id) => ({ type: "flush", id }));
  }

  /**
   * Asks for one of the operations of static/process/control.
   * @param {string} operation
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  control(operation, args) {
    return this.#request((id) => ({ type: "control", id, operation, args }));
  }

  /** @param {Uint8Array} bytes records for readers of /dev/input/events */
  sendInput(bytes) {
    this.#post({ type: "input", bytes: requireRecords(bytes) });
  }

  /** @param {string} line for readers of /dev/event */
  sendEvent(line) {
    this.#post({ type: "event", line: requireText(line, "An event") });
  }

  /** @param {number} columns @param {number} rows of the terminal */
  resize(columns, rows) {
    this.#post({ type: "resize", columns, rows });
  }

  /** The last picture the program showed. */
  frame() {
    return this.#devices.frame;
  }

  /**
   * @param {import("./device-output.mjs").Viewer} viewer gets the picture that is there, and those to come
   * @returns {() => void} ends it
   */
  view(viewer) {
    return this.#devices.view(viewer);
  }

  /**
   * @param {import("./device-output.mjs").Listener} listener gets the sound to come; the program plays no faster than it is heard
   * @returns {() => void} ends it
   */
  listen(listener) {
    return this.#devices.listen(listener);
  }

  /** @returns {Promise<void>} settled when nothing is kept of the process any more */
  released() {
    return this.#released.promise;
  }

  /** Takes the sound the program has played and nobody has taken. */
  audio() {
    return this.#devices.takeAudio();
  }

  /** @returns {TraceCall[]} the last system calls of a traced program */
  trace() {
    return this.#trace.slice(-TRACE_CALLS);
  }

  /** @returns {Record<string, number>} empty while the program runs */
  counters() {
    return this.#counters;
  }

  /**
   * @param {number} fd 1 or 2
   * @returns {Uint8Array} what was written so far by a program without a sink
   */
  output(fd) {
    return this.#output.kept(fd);
  }

  /** @returns {[number, string][]} the last lines as [descriptor, text] */
  log() {
    return this.#output.lines().map(([fd, , text]) => [fd, text]);
  }

  /** @returns {[number, number, string][]} the last lines as [descriptor, ms since the Unix epoch, text] */
  lines() {
    return this.#output.lines();
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
    return filesBelow(this.#tree, path);
  }

  release() {
    this.kill();
    this.#tree = null;
    this.#trace = [];
    this.#output = new ProcessOutput(undefined);
    this.#devices = new DeviceOutput();
    this.#released.resolve();
  }

  /** @param {KernelMessage} message */
  #post(message) {
    if (!this.#exit) this.#worker.postMessage(message);
  }

  /**
   * @param {(id: number) => KernelMessage} message
   * @returns {Promise<any>}
   */
  #request(message) {
    if (this.#exit) return Promise.reject(processEnded(this.#exit));
    return this.#requests.ask((id) => this.#worker.postMessage(message(id)));
  }

  /** @param {ProcessMessage} message */
  #receive(message) {
    if (this.#exit) return;
    switch (message.type) {
      case "ready":
        break;
      case "started":
        this.#started.resolve(null);
        break;
      case "room":
        makeRoom();
        this.#post({ type: "room" });
        break;
      case "output":
        this.#intake.receive(message);
        break;
      case "stdin-ack":
        this.#stdin.taken(message.bytes);
        break;
      case "tail":
        this.#intake.watch(message.buffer);
        break;
      case "answer":
        this.#requests.answered(message);
        break;
      case "import":
        void this.#callHost(message);
        break;
      case "trace":
        this.#traced(message.calls);
        this.#post({ type: "trace-ack" });
        break;
      case "frame":
        this.#devices.show(message);
        this.#post({ type: "frame-ack" });
        break;
      case "audio":
        void this.#play(message);
        break;
      case "event":
        this.#spec.events?.("event", message.line);
        this.#post({ type: "event-ack" });
        break;
      case "terminal":
        this.#spec.events?.("terminal", message.raw);
        break;
      case "exit": {
        const { reason, exitCode, code, message: text, stack } = message;
        this.#tree = message.tree;
        this.#counters = message.counters;
        this.#end({ reason, exitCode, code, message: text, stack }, message.reusable);
        break;
      }
    }
  }

  /**
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   * @param {number} time
   */
  async #deliver(fd, bytes, time) {
    const size = bytes.byteLength; // a sink may hand the buffer on
    await this.#output.take(fd, bytes, time);
    this.#post({ type: "ack", bytes: size });
  }

  /** @param {Extract<ProcessMessage, {type: "import"}>} message */
  async #callHost({ id, module, name, args }) {
    try {
      const value = await this.#spec.imports?.call(module, name, args, id);
      this.#post({ type: "import-return", id, value });
    } catch (error) {
      const { message, code } = KernelError.from(error, "WASM_IMPORT_FAILED");
      this.#post({ type: "import-return", id, error: { message, code } });
    }
  }

  /** @param {Extract<ProcessMessage, {type: "audio"}>} message */
  async #play(message) {
    const bytes = message.bytes.length;
    await this.#devices.play(message);
    this.#post({ type: "audio-ack", bytes });
  }

  /** @param {TraceCall[]} calls */
  #traced(calls) {
    this.#trace.push(...calls);
    if (this.#trace.length > 2 * TRACE_CALLS) this.#trace = this.#trace.slice(-TRACE_CALLS);
    this.#spec.events?.("trace", calls);
  }

  /** @param {number} seconds */
  #limitTime(seconds) {
    this.#deadlines.after(seconds, () => {
      this.#kill({
        reason: "timeout", exitCode: 124, code: "WASM_PROCESS_TIMEOUT",
        message: `The program was still running after ${seconds} s.`, stack: [],
      });
    });
  }

  /** @param {string} why */
  #workerFailed(why) {
    this.#end({
      reason: "trapped", exitCode: 134, code: "WASM_WORKER_FAILED",
      message: `The worker of the program failed: ${why}.`, stack: [],
    });
  }

  /**
   * Ends the program from outside. What it has sent before is on its way here and would be lost with the worker, so that the
   * event loop is let in first.
   * @param {Exit} exit
   */
  #kill(exit) {
    if (this.#exit || this.#dying) return;
    this.#dying = true;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      this.#end(exit);
    };
    channel.port2.postMessage(null);
  }

  /**
   * @param {Exit} exit
   * @param {boolean} reusable whether the program left its worker as it was
   */
  #end(exit, reusable = false) {
    if (this.#exit) return;
    if (reusable) this.#pool.giveBack(this.#pooled);
    else this.#pool.discard(this.#pooled);
    this.#intake.close();
    this.#stdin.close();
    this.#exit = exit;
    this.#deadlines.clear();
    this.#requests.close(() => processEnded(exit));
    this.#started.resolve(exit);
    this.#ended.resolve(exit);
  }
}

/** @param {Exit} exit */
function processEnded(exit) {
  return new KernelError(
    `The program has ended (${exit.reason}${exit.message ? `: ${exit.message}` : ""}): it can no longer be asked for anything.`,
    "WASM_PROCESS_ENDED",
  );
}
