/**
 * The module that pages import: boots a kernel in a worker and hands out its processes, events and Python.
 *
 *     import { boot } from "./aikernel.mjs";
 *     const kernel = await boot();
 *     const done = await kernel.run("prog", await (await fetch("prog.wasm")).arrayBuffer(), { args: ["x"] });
 */

import { Imports, Streams } from "./embed/callbacks.mjs";
import { Canvases } from "./embed/canvases.mjs";
import { GalleryPictures } from "./embed/gallery.mjs";
import { Process, ProcessOutput } from "./embed/process.mjs";
import { Shell } from "./embed/shell.mjs";
import { Speaker } from "./embed/speaker.mjs";
import {
  CLOCK_OPTIONS, SPAWN_OPTIONS, bytesFrom, bytesOf, bytesOfModule, preopensOf, requireKnown, requireNumbers, wireTree,
} from "./embed/values.mjs";
import { Views } from "./embed/views.mjs";
import { startModuleWorker } from "./module-worker.mjs";
import { randomId } from "./random-id.mjs";
import { KernelError, Peer, portChannel } from "./rpc.mjs";

export { KernelError, Process, Shell };

/** @typedef {import("./boot.mjs").BootProgress} BootProgress */
/** @typedef {import("./bridge/wasm.mjs").Exit} Exit */
/** @typedef {import("./process/protocol.mjs").ClockMode} ClockMode */
/** @typedef {import("./process/protocol.mjs").ClockStart} ClockStart */
/** @typedef {import("./process/protocol.mjs").TraceCall} TraceCall */
/** @typedef {{sequence: number, name: string, payload: any, time: string, source: string}} KernelEvent */
/** @typedef {(fd: 1 | 2, bytes: Uint8Array) => void | Promise<void>} OutputCallback */
/** @typedef {import("./embed/gallery.mjs").GalleryPicture} GalleryPicture */
/** @typedef {import("./embed/gallery.mjs").GalleryRequest} GalleryRequest */
/** @typedef {(calls: TraceCall[], dropped: number) => void | Promise<void>} TraceCallback */

/**
 * What a program finds at a path of its own, besides `files`.
 * @typedef {{kind: "memory", files?: Record<string, Uint8Array | string>, readOnly?: boolean}
 *   | {kind: "archive", bytes: Uint8Array | ArrayBuffer, readOnly?: boolean}
 *   | {kind: "opfs", name: string, readOnly?: boolean}
 *   | {kind: "directory", handle: FileSystemDirectoryHandle, readOnly?: boolean}} Mount
 */

/**
 * @typedef {object} BootOptions
 * @property {(progress: BootProgress) => void} [onProgress]
 * @property {number} [stallTimeoutMs] the longest time without any progress before booting fails; 60 000 if not given
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} SpawnOptions
 * @property {string[]} [args] after the name
 * @property {string} [argv0] the first argument, where it is not to be the name
 * @property {Record<string, string>} [env]
 * @property {Uint8Array | string | null} [stdin] these bytes, then end of file; left out, standard input stays open
 * @property {Record<string, Uint8Array | string>} [files] by absolute guest path
 * @property {Record<string, Mount>} [mounts] by guest path
 * @property {number} [timeout] seconds of wall time
 * @property {number} [outputLimit] bytes, both descriptors together; 256 MiB where the output is kept
 * @property {number} [memoryLimit] bytes of linear memory
 * @property {{bytes?: number, files?: number, descriptors?: number}} [quota] for files in memory
 * @property {Record<string, Record<string, (this: Process, ...args: any[]) => any>>} [imports] by module and name; a promise
 *   holds the program back
 * @property {Uint8Array} [state] of `Process.saveState`, to start from: the module's start and entry are not run
 * @property {boolean} [stay] keeps the instance when its entry has returned, for `call`
 * @property {boolean} [trace] records system calls
 * @property {boolean} [terminal] whether descriptors 0 to 2 are a terminal
 * @property {number} [columns] of that terminal
 * @property {number} [rows]
 * @property {boolean} [controllable]
 * @property {ClockMode | Partial<ClockStart>} [clock] what its clocks and sleeps go by; the host's clock, if not given
 * @property {number} [seed] what its randomness is generated from: a whole number below 2**53
 * @property {boolean} [deterministic] makes every run with the same module, arguments, files and input the same: a virtual clock
 *   that begins at the epoch, the seed 0 and no input, unless given, and a program that waits for its display
 * @property {boolean} [lossless] whether the program waits for its display and its sound, so that all of both arrives
 * @property {TraceCallback} [onTrace] takes system calls as they are made, and how many were left out before them
 * @property {(raw: boolean) => void} [onTerminal] learns when the program wants its terminal raw, and when no longer
 * @property {OutputCallback} [onOutput] takes the output instead of `stdout` and `stderr`; a promise holds the program back
 */

const KEPT_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * Boots a kernel: a worker, Python in it, and the engine for processes.
 * @param {BootOptions} [options]
 * @returns {Promise<Kernel>} rejects with a KernelError whose code starts with `BOOT_`
 */
export async function boot({ onProgress = () => {}, stallTimeoutMs = 60_000, signal } = {}) {
  if (signal?.aborted) throw new KernelError("Booting was aborted.", "BOOT_ABORTED");
  onProgress({ stage: "worker", loaded: 0, total: 0, message: "Starting the kernel's worker" });
  const worker = startModuleWorker(new URL("kernel-worker.mjs", import.meta.url), "aikernel kernel");
  const peer = new Peer(portChannel(worker));
  const stop = (/** @type {KernelError} */ error) => {
    worker.terminate();
    peer.close(error);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const why = event.message || "its script could not be loaded";
    stop(new KernelError(`The kernel's worker failed: ${why}.`, "BOOT_WORKER_FAILED"));
  };
  const abort = () => stop(new KernelError("Booting was aborted.", "BOOT_ABORTED"));
  signal?.addEventListener("abort", abort);
  peer.serve({ progress: onProgress });
  try {
    const versions = await peer.call("boot", { stallTimeoutMs });
    const kernel = new Kernel(peer, versions, () => stop(new KernelError("The kernel was disposed.", "KERNEL_DISPOSED")));
    onProgress({ stage: "ready", loaded: 0, total: 0, message: "Ready" });
    return kernel;
  } catch (error) {
    worker.terminate();
    throw KernelError.from(error, "BOOT_KERNEL_FAILED");
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** A running kernel. Made by `boot`. */
export class Kernel {
  #peer;
  #streams;
  #imports;
  #dispose;

  /**
   * @param {Peer} peer
   * @param {{version: string, pyodide: string}} versions
   * @param {() => void} dispose
   */
  constructor(peer, versions, dispose) {
    this.#peer = peer;
    this.#streams = new Streams(peer);
    this.#imports = new Imports(peer);
    this.#dispose = dispose;
    this.versions = versions;
    this.events = new Events(peer);
    this.programs = new Programs(peer);
    this.processes = new Processes(peer);
    /** What Python's audio provider plays: heard once there is an output for it. */
    this.speaker = new Speaker(peer);
    /** Where Python shows pictures: `kernel.canvases` there. */
    this.canvases = new Canvases(peer);
    /** Pictures of ready kernels, as the console page shows them. */
    this.gallery = new GalleryPictures(peer);
  }

  /**
   * Starts a program. One that cannot be started (no valid module, a missing import) is a process that has ended. An option that
   * there is not is refused with WASM_OPTION_UNKNOWN.
   * @param {string} name
   * @param {Uint8Array | ArrayBuffer | Response | URL} module
   * @param {SpawnOptions} [options]
   * @returns {Promise<Process>}
   */
  async spawn(name, module, options = {}) {
    requireKnown(options, SPAWN_OPTIONS);
    const { files = {}, mounts = {}, imports = {}, stdin, onOutput, onTrace, onTerminal, outputLimit, ...others } = options;
    if (typeof others.clock === "object" && others.clock !== null) requireKnown(others.clock, CLOCK_OPTIONS);
    requireNumbers({ timeout: others.timeout, outputLimit, memoryLimit: others.memoryLimit });
    const output = new ProcessOutput();
    const stream = this.#streams.open({
      output: onOutput ?? ((fd, bytes) => output.push(fd, bytes)),
      trace: onTrace,
      terminal: onTerminal,
    });
    const id = randomId();
    /** @type {(exit: Promise<Exit & {counters: Record<string, number>}>) => void} */
    let settle = () => {};
    /** @type {Process["exit"]} */
    const ended = new Promise((resolve) => (settle = resolve));
    const process = new Process(this.#peer, id, name, output, ended);
    const importsId = this.#imports.open(imports, (within) => new Process(this.#peer, id, name, output, ended, within));
    const close = () => {
      this.#streams.close(stream);
      this.#imports.close(importsId);
      output.end();
    };
    try {
      await this.#peer.call("process.spawn", {
        preopens: preopensOf(mounts),
        ...others,
        id,
        name,
        stream,
        imports: Object.entries(imports).flatMap(([from, functions]) => Object.keys(functions).map((key) => [from, key])),
        importsId,
        module: await bytesOfModule(module),
        stdin: stdin === undefined || stdin === null ? null : bytesOf(stdin),
        state: others.state === undefined || others.state === null ? null : bytesOf(others.state),
        ...wireTree(files, mounts),
        trace: others.trace ?? onTrace !== undefined,
        outputLimit: outputLimit ?? (onOutput ? null : KEPT_OUTPUT_BYTES),
      });
    } catch (error) {
      close();
      throw error;
    }
    const exit = this.#peer.call("process.wait", { id }).finally(close);
    exit.catch(() => {}); // whoever asks for the exit sees the failure; nobody has to ask
    settle(exit);
    return process;
  }

  /**
   * Runs a program to its end.
   * @param {string} name
   * @param {Uint8Array | ArrayBuffer | Response | URL} module
   * @param {Omit<SpawnOptions, "onOutput">} [options] standard input is empty if not given
   * @returns {Promise<Completed>}
   */
  async run(name, module, options = {}) {
    const process = await this.spawn(name, module, { ...options, stdin: options.stdin ?? "" });
    const [exit, stdout, stderr] = await Promise.all([process.exit, bytesFrom(process.stdout), bytesFrom(process.stderr)]);
    return {
      ...exit,
      stdout,
      stderr,
      files: (path) => process.files(path),
      trace: () => process.trace(),
      lines: () => process.lines(),
      release: () => process.release(),
    };
  }

  /**
   * Runs code in the kernel's Python and returns the value of its last expression.
   * @param {string} code
   * @returns {Promise<any>} rejects with the code `PYTHON_ERROR` and the traceback when it raises
   */
  python(code) {
    return this.#peer.call("python.run", { code });
  }

  /**
   * Opens an `aik` shell that writes to `terminal`. Its programs have a terminal of that size, whose keys are edited to
   * lines by whoever calls `Shell.input`, until `raw(true)` says that the program wants them as they come.
   * `foreground` is told which program the terminal belongs to from now on, null when there is none.
   * @param {{write(bytes: Uint8Array): void | Promise<void>, raw?(on: boolean): void,
   *   foreground?(process: {id: string, name: string} | null): void}} terminal
   * @param {{columns?: number, rows?: number}} [size]
   * @returns {Promise<Shell>}
   */
  async openShell(terminal, { columns = 80, rows = 24 } = {}) {
    const stream = this.#streams.open({
      output: (_, bytes) => terminal.write(bytes),
      terminal: (raw) => terminal.raw?.(raw),
      foreground: (process) => terminal.foreground?.(process),
    });
    const shell = await this.#peer.call("shell.open", { stream, columns, rows });
    return new Shell(this.#peer, shell, () => this.#streams.close(stream));
  }

  /**
   * Lets a host into the kernel, over a web socket to the server that this module came from.
   * @param {string} token what the host's server asks for
   * @returns {Promise<void>}
   */
  attachHost(token) {
    return this.#peer.call("host.attach", { token });
  }

  /** Ends the kernel with everything in it. */
  dispose() {
    this.#dispose();
  }
}

/**
 * @typedef {Exit & {counters: Record<string, number>, stdout: Uint8Array, stderr: Uint8Array,
 *   files(path?: string): Promise<Record<string, Uint8Array>>, trace(): Promise<TraceCall[]>,
 *   lines(): Promise<[number, number, string][]>, release(): Promise<void>}} Completed
 */

/** The event bus, watched. */
class Events {
  #peer;
  /** @type {Map<number, (event: KernelEvent) => void>} */
  #listeners = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
    peer.serve({ event: ({ watch, event }) => this.#listeners.get(watch)?.(event) });
  }

  /**
   * Calls `listener` for every event whose name matches `pattern` (`*` and `?`).
   * @param {string} pattern
   * @param {(event: KernelEvent) => void} listener
   * @returns {() => void} ends it
   */
  on(pattern, listener) {
    const watch = this.#peer.call("events.watch", { pattern }).then((id) => {
      this.#listeners.set(id, listener);
      return id;
    });
    return () => {
      void watch.then((id) => {
        this.#listeners.delete(id);
        return this.#peer.call("events.unwatch", { watch: id });
      });
    };
  }
}

/** The programs that the kernel knows by name. */
class Programs {
  #peer;

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /**
   * Makes a module runnable by name.
   * @param {string} name
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {Promise<void>}
   */
  add(name, bytes) {
    return this.#peer.call("programs.add", { name, bytes: new Uint8Array(bytes) });
  }

  /** @returns {Promise<{name: string, bytes: number, source: "site" | "user", summary: string}[]>} */
  list() {
    return this.#peer.call("programs.list");
  }
}

/** The process table. */
class Processes {
  #peer;

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /** @returns {Promise<{id: string, name: string, state: string, startedAt: string | null, exit: Exit | null}[]>} */
  list() {
    return this.#peer.call("processes.list");
  }

  /**
   * @param {string} id
   * @returns {Promise<void>}
   */
  kill(id) {
    return this.#peer.call("process.kill", { id });
  }

  /**
   * Watches and hears a process of any origin, from the picture that is there on.
   * @param {string} id
   * @param {import("./embed/views.mjs").Watcher} watcher
   * @returns {Promise<() => void>} ends it; rejects with WASM_PROCESS_NOT_FOUND
   */
  watch(id, watcher) {
    return Views.of(this.#peer).watch(id, watcher);
  }

  /**
   * @param {string} id
   * @param {Uint8Array} bytes records for /dev/input/events, see include/aikernel.h
   * @returns {Promise<void>}
   */
  sendInput(id, bytes) {
    return this.#peer.call("process.input", { id, bytes });
  }
}
