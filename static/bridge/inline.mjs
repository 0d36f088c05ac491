/** Instances in the kernel worker's own thread, on the same process and WASI host as those that have a worker of their own. */
import { KernelError } from "../rpc.mjs";
import { control } from "../process/control/control.mjs";
import { compileModule } from "../process/compile.mjs";
import { DirectImports } from "../process/direct-imports.mjs";
import { keepDeepStacks, sentence, terminated } from "../process/exit.mjs";
import { mountTrees } from "../process/fs/mounts.mjs";
import { instantiate } from "../process/instance.mjs";
import { Process } from "../process/process.mjs";
import { requireStack } from "../process/stack-probe.mjs";
import { resumeState } from "../process/state/state.mjs";
import { DeviceOutput } from "./device-output.mjs";
import { InlineCalls } from "./inline-calls.mjs";
import { requireBytes, requireRecords, requireText } from "./parameters.mjs";
import { ProcessOutput } from "./process-output.mjs";
import { startMessage } from "./process-spec.mjs";

/** @typedef {import("../process/compile.mjs").Compiled} Compiled */
/** @typedef {import("../process/direct-imports.mjs").DirectOffer} DirectOffer */
/** @typedef {import("../process/protocol.mjs").Ending} Ending */
/** @typedef {import("../process/protocol.mjs").ProcessMessage} ProcessMessage */
/** @typedef {import("./process-spec.mjs").Spec} Spec */

/** @typedef {Omit<Spec, "module" | "imports"> & { imports?: DirectOffer }} InlineSpec */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number | undefined} memoryLimit bytes of linear memory
 * @returns {Promise<InlineModule>}
 */
export async function compileInline(bytes, memoryLimit) {
  keepDeepStacks();
  const compiled = await compileModule(bytes, memoryLimit ?? null, true);
  if ("reason" in compiled) throw failure(compiled);
  return new InlineModule(compiled, memoryLimit);
}

/** A compiled module. */
export class InlineModule {
  #compiled;
  #memoryLimit;

  /** @param {Compiled} compiled @param {number | undefined} memoryLimit */
  constructor(compiled, memoryLimit) {
    this.#compiled = compiled;
    this.#memoryLimit = memoryLimit;
  }

  /**
   * Links and instantiates. The start section is run, exported entries are not.
   * @param {InlineSpec} spec
   * @returns {InlineInstance}
   */
  instantiate(spec) {
    return new InlineInstance(this.#compiled, { ...spec, memoryLimit: this.#memoryLimit });
  }
}

/** One instance. What is asked of it is answered at once. */
export class InlineInstance {
  /** Null once disposed. @type {Process | null} */
  #process = null;
  #calls;
  #output;
  #events;
  #devices = new DeviceOutput();
  /** What the program said when there was no stack left to tell it on. @type {ProcessMessage[]} */
  #late = [];
  /** How it had ended when it was disposed. @type {Ending | null} */
  #exit = null;
  /** Told when the instance is disposed, so that nobody waits for a stack that is gone. @type {Set<(error: KernelError) => void>} */
  #waiting = new Set();

  /**
   * @param {Compiled} compiled
   * @param {InlineSpec} spec
   */
  constructor(compiled, spec) {
    const { imports, sink, events } = spec;
    this.#output = new ProcessOutput(sink);
    this.#events = events;
    const start = startMessage({ ...spec, module: new Uint8Array(0), imports: undefined });
    try {
      this.#process = new Process(
        start,
        (message) => this.#receive(message),
        () => {},
        (process) => new DirectImports(process, imports),
      );
    } catch (error) {
      throw KernelError.from(error, "WASM_ARGUMENTS_INVALID");
    }
    const process = this.#process;
    this.#calls = new InlineCalls(process, () => this.#end(process));
    try {
      mountTrees(process, start.mounts);
      if (start.state !== null) {
        resumeState(process, compiled, start.state);
        return;
      }
      const refusal = instantiate(process, compiled);
      if (refusal !== null) throw failure(refusal);
      const { start: entry } = compiled;
      if (entry !== null) this.#calls.begin(/** @type {Function} */ (process.exportCalls.find(entry)));
    } catch (error) {
      this.dispose();
      throw KernelError.from(error, "WASM_TRAP");
    }
  }

  /**
   * An exported function.
   * @param {string} name
   */
  function(name) {
    return this.#calls.find(name);
  }

  /**
   * Calls an export without arguments on a stack that can be suspended.
   * @param {string} name
   * @returns {Promise<void>}
   */
  async run(name) {
    const entry = this.#calls.entry(name);
    const process = this.#alive();
    /** @type {PromiseWithResolvers<never>} */
    const { promise: gone, reject } = Promise.withResolvers();
    this.#waiting.add(reject);
    await Promise.race([process.run(entry, []), gone]);
    this.#waiting.delete(reject);
    process.turnstile.beforeWait();
    if (process.ending === null) return;
    this.#end(process);
    if (process.ending.reason !== "exited") throw failure(process.ending);
  }

  /**
   * A part of linear memory as it is now, which growth detaches.
   * @param {number} offset
   * @param {number} length
   * @returns {Uint8Array}
   */
  view(offset, length) {
    const { memory } = this.#alive();
    if (memory.buffer === null) throw new KernelError("The module neither exports nor imports a memory.", "WASM_NO_MEMORY");
    if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0 || offset + length > memory.size()) {
      throw new KernelError(
        `${length} bytes at ${offset} are not within the memory, which has ${memory.size()} bytes.`,
        "WASM_MEMORY_RANGE_INVALID",
      );
    }
    return new Uint8Array(memory.buffer, offset, length);
  }

  /** Bytes. */
  memorySize() {
    return this.#alive().memory.size();
  }

  /**
   * Carries out one of the operations of static/process/control.
   * @param {string} operation
   * @param {unknown[]} args
   * @returns {any} a plain value, or a promise of one
   */
  control(operation, ...args) {
    try {
      const value = control(this.#alive(), operation, args);
      if (!(value instanceof Promise)) return value;
      return value.catch((error) => {
        throw refused(error);
      });
    } catch (error) {
      throw refused(error);
    }
  }

  /** How the program has ended; null while it can be called. */
  get exit() {
    return this.#process === null ? this.#exit : this.#process.ending;
  }

  /** @param {Uint8Array} bytes */
  writeStdin(bytes) {
    this.#alive().stdin.push(requireBytes(bytes, "Standard input"));
  }

  closeStdin() {
    this.#alive().stdin.end();
  }

  /** @param {1 | 2} fd @returns {Uint8Array} */
  output(fd) {
    return this.#output.kept(fd);
  }

  frame() {
    return this.#devices.frame;
  }

  audio() {
    this.#process?.devices.flush();
    return this.#devices.takeAudio();
  }

  /** @param {Uint8Array} bytes */
  sendInput(bytes) {
    this.#alive().devices.input(requireRecords(bytes));
  }

  /** @param {string} line */
  sendEvent(line) {
    this.#alive().devices.event(requireText(line, "An event"));
  }

  /** Lets go of everything. */
  dispose() {
    const process = this.#process;
    if (process === null) return;
    this.#exit = process.ending;
    this.#process = null;
    this.#calls.close();
    // Disposed by a function that it has called: nothing of it goes on.
    process.ending ??= terminated("it was disposed");
    process.turnstile.suspendable = false;
    process.turnstile.close();
    if (process.mounted) void import("../process/fs/mounts.mjs").then(({ closeMounts }) => closeMounts(process));
    this.#output = new ProcessOutput(undefined);
    this.#events = undefined;
    this.#devices = new DeviceOutput();
    for (const reject of this.#waiting) reject(disposed());
    this.#waiting.clear();
  }

  #alive() {
    if (this.#process === null) throw disposed();
    return this.#process;
  }

  /** The program has ended: what it has left is told. @param {Process} process */
  #end(process) {
    if (process.finished) return;
    process.finished = true;
    for (const message of this.#late.splice(0)) this.#tell(process, message);
    process.stdout.flush();
    process.devices.finish();
    process.tracer?.finish();
  }

  /**
   * The program says something, which may go on to Python.
   * @param {ProcessMessage} message
   * @throws {RangeError} where there is no stack left for that: the program ends, and what it said is told then
   */
  #receive(message) {
    try {
      requireStack();
    } catch (error) {
      this.#late.push(message);
      throw error;
    }
    if (this.#process !== null) this.#tell(this.#process, message);
  }

  /** Whatever has a window is taken at once. @param {Process} process @param {ProcessMessage} message */
  #tell(process, message) {
    switch (message.type) {
      case "output":
        void this.#output.take(message.fd, message.bytes, message.time);
        process.stdout.acknowledge(message.bytes.length);
        break;
      case "frame":
        this.#devices.show(message);
        process.devices.frameAcknowledged();
        break;
      case "audio":
        this.#devices.play(message);
        process.devices.audioAcknowledged(message.bytes.length);
        break;
      case "event":
        this.#events?.("event", message.line);
        process.devices.eventAcknowledged();
        break;
      case "terminal":
        this.#events?.("terminal", message.raw);
        break;
      case "trace":
        this.#events?.("trace", message.calls);
        process.tracer?.acknowledged();
        break;
    }
  }
}

/** @param {Ending} ending */
function failure({ code, message }) {
  return new KernelError(sentence(message), code ?? "WASM_PROCESS_ENDED");
}

/** @param {unknown} error an operation's */
function refused(error) {
  const { code = "WASM_OPERATION_FAILED", message } = /** @type {{ code?: string, message: string }} */ (error);
  return new KernelError(message, code);
}

function disposed() {
  return new KernelError("The instance was disposed.", "WASM_CONTEXT_DISPOSED");
}
