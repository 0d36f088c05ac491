/**
 * The module that pages import: boots a kernel in a worker and hands out its processes, events and Python.
 *
 *     import { boot } from "./aikernel.mjs";
 *     const kernel = await boot();
 *     const done = await kernel.run("prog", await (await fetch("prog.wasm")).arrayBuffer(), { args: ["x"] });
 */

import { startModuleWorker } from "./module-worker.mjs";
import { KernelError, Peer, portChannel } from "./rpc.mjs";

export { KernelError };

/** @typedef {import("./boot.mjs").BootProgress} BootProgress */
/** @typedef {import("./bridge/wasm.mjs").Exit} Exit */
/** @typedef {{sequence: number, name: string, payload: any, time: string}} KernelEvent */
/** @typedef {(fd: 1 | 2, bytes: Uint8Array) => void | Promise<void>} OutputCallback */

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
 * @property {number} [timeout] seconds of wall time
 * @property {number} [outputLimit] bytes, both descriptors together; 256 MiB where the output is kept
 * @property {boolean} [controllable]
 * @property {OutputCallback} [onOutput] takes the output instead of `stdout` and `stderr`; a promise holds the program back
 */

const KEPT_OUTPUT_BYTES = 256 * 1024 * 1024;
const encoder = new TextEncoder();

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
  #dispose;

  /**
   * @param {Peer} peer
   * @param {{version: string, pyodide: string}} versions
   * @param {() => void} dispose
   */
  constructor(peer, versions, dispose) {
    this.#peer = peer;
    this.#streams = new Streams(peer);
    this.#dispose = dispose;
    this.versions = versions;
    this.events = new Events(peer);
    this.programs = new Programs(peer);
    this.processes = new Processes(peer);
  }

  /**
   * Starts a program. One that cannot be started (no valid module, a missing import) is a process that has ended.
   * @param {string} name
   * @param {Uint8Array | ArrayBuffer | Response | URL} module
   * @param {SpawnOptions} [options]
   * @returns {Promise<Process>}
   */
  async spawn(name, module, { files = {}, stdin, onOutput, outputLimit, ...options } = {}) {
    const output = new ProcessOutput();
    const stream = this.#streams.open(onOutput ?? ((fd, bytes) => output.push(fd, bytes)));
    try {
      const { id } = await this.#peer.call("process.spawn", {
        ...options,
        name,
        stream,
        module: await bytesOfModule(module),
        stdin: stdin === undefined || stdin === null ? null : bytesOf(stdin),
        files: Object.fromEntries(Object.entries(files).map(([path, data]) => [path, bytesOf(data)])),
        outputLimit: outputLimit ?? (onOutput ? null : KEPT_OUTPUT_BYTES),
      });
      const exit = this.#peer.call("process.wait", { id }).finally(() => {
        this.#streams.close(stream);
        output.end();
      });
      exit.catch(() => {}); // whoever asks for the exit sees the failure; nobody has to ask
      return new Process(this.#peer, id, name, output, exit);
    } catch (error) {
      this.#streams.close(stream);
      throw error;
    }
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
    return { ...exit, stdout, stderr, files: (path) => process.files(path), release: () => process.release() };
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
   * Opens an `aik` shell that writes to `terminal`.
   * @param {{write(bytes: Uint8Array): void | Promise<void>}} terminal
   * @returns {Promise<Shell>}
   */
  async openShell(terminal) {
    const stream = this.#streams.open((_, bytes) => terminal.write(bytes));
    return new Shell(this.#peer, await this.#peer.call("shell.open", { stream }), () => this.#streams.close(stream));
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
 * @typedef {Exit & {stdout: Uint8Array, stderr: Uint8Array, files(path?: string): Promise<Record<string, Uint8Array>>,
 *   release(): Promise<void>}} Completed
 */

/** One program of a kernel. */
export class Process {
  #peer;
  #output;

  /**
   * @param {Peer} peer
   * @param {string} id
   * @param {string} name
   * @param {ProcessOutput} output
   * @param {Promise<Exit>} exit
   */
  constructor(peer, id, name, output, exit) {
    this.#peer = peer;
    this.#output = output;
    this.id = id;
    this.name = name;
    this.exit = exit;
    this.stdin = {
      /** @param {Uint8Array | string} data */
      write: (data) => this.#peer.call("process.stdin", { id, bytes: bytesOf(data) }),
      close: () => this.#peer.call("process.closeStdin", { id }),
    };
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

/** An `aik` shell: command lines in, their output to the terminal it was opened for. */
export class Shell {
  #peer;
  #id;
  #close;

  /**
   * @param {Peer} peer
   * @param {number} id
   * @param {() => void} close
   */
  constructor(peer, id, close) {
    this.#peer = peer;
    this.#id = id;
    this.#close = close;
  }

  /**
   * @param {string} line
   * @returns {Promise<number>} the exit code
   */
  execute(line) {
    return this.#peer.call("shell.execute", { shell: this.#id, line });
  }

  /**
   * Gives bytes to the program in the foreground.
   * @param {Uint8Array | string} bytes
   * @returns {Promise<boolean>} false when there is none
   */
  input(bytes) {
    return this.#peer.call("shell.input", { shell: this.#id, bytes: bytesOf(bytes) });
  }

  /** @returns {Promise<boolean>} */
  endOfInput() {
    return this.#peer.call("shell.endOfInput", { shell: this.#id });
  }

  /** @returns {Promise<boolean>} */
  interrupt() {
    return this.#peer.call("shell.interrupt", { shell: this.#id });
  }

  /**
   * @param {string} line up to the cursor
   * @returns {Promise<string[]>} what its last word may become
   */
  complete(line) {
    return this.#peer.call("shell.complete", { shell: this.#id, line });
  }

  async close() {
    await this.#peer.call("shell.close", { shell: this.#id });
    this.#close();
  }
}

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
}

/** Output of the kernel by the ids that this side chose. */
class Streams {
  #nextId = 1;
  /** @type {Map<number, OutputCallback>} */
  #callbacks = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    peer.serve({
      output: async ({ stream, fd, bytes }) => {
        try {
          await this.#callbacks.get(stream)?.(fd, bytes);
        } finally {
          peer.notify("stream.ack", { stream });
        }
      },
    });
  }

  /** @param {OutputCallback} callback */
  open(callback) {
    const id = this.#nextId++;
    this.#callbacks.set(id, callback);
    return id;
  }

  /** @param {number} id */
  close(id) {
    this.#callbacks.delete(id);
  }
}

/** Standard output and error as streams that keep what nobody has read yet. */
class ProcessOutput {
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

/**
 * @param {Uint8Array | ArrayBuffer | Response | URL} module
 * @returns {Promise<Uint8Array>}
 */
async function bytesOfModule(module) {
  if (module instanceof URL) {
    const response = await fetch(module);
    if (!response.ok) throw new KernelError(`${module.href} answered ${response.status}.`, "MODULE_FETCH_FAILED");
    return bytesOfModule(response);
  }
  if (module instanceof Response) return new Uint8Array(await module.arrayBuffer());
  if (module instanceof ArrayBuffer || module instanceof Uint8Array) return new Uint8Array(module);
  throw new KernelError("A module is given as bytes, as a Response or as a URL.", "MODULE_BYTES_REQUIRED");
}

/**
 * @param {Uint8Array | string} data
 * @returns {Uint8Array}
 */
function bytesOf(data) {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {Promise<Uint8Array>}
 */
async function bytesFrom(stream) {
  return new Uint8Array(await new Response(/** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (stream)).arrayBuffer());
}
