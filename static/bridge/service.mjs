/**
 * What the kernel worker answers to the page and to a host: the methods of one peer. Control goes through Python, which
 * owns the process table; the bytes of programs do not.
 */

import { KernelError } from "../rpc.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */
/** @typedef {import("./wasm.mjs").ProcessHandle} ProcessHandle */

/**
 * The Python side (aikernel_web/browser/service.py). Each answers `{value}` or `{error: {code, message}}`.
 * @typedef {Record<string, (...args: any[]) => any>} PythonService
 */

/**
 * @param {Peer} peer
 * @param {{python: PythonService, runPython: (code: string) => Promise<unknown>}} kernel
 */
export function serveKernel(peer, { python, runPython }) {
  const streams = new OutputStreams(peer);
  /** @type {Map<string, ProcessHandle>} */
  const handles = new Map();
  /** @type {Map<number, any>} */
  const shells = new Map();
  /** @type {Map<number, () => void>} */
  const watches = new Map();
  let nextId = 1;

  /** @param {string} id */
  const handleOf = (id) => {
    const handle = handles.get(id);
    if (!handle) throw new KernelError(`There is no process ${JSON.stringify(id)}, or it was released.`, "WASM_PROCESS_NOT_FOUND");
    return handle;
  };
  /** @param {number} id */
  const shellOf = (id) => {
    const shell = shells.get(id);
    if (!shell) throw new KernelError(`There is no shell ${id}, or it was closed.`, "SHELL_NOT_FOUND");
    return shell;
  };

  peer.serve({
    "process.spawn": async ({ name, stream, files, directories = [], symlinks = {}, ...options }) => {
      const tree = treeOf(files ?? {}, directories, symlinks);
      const sink = stream === undefined || stream === null ? null : streams.sink(stream);
      const { id, handle } = value(await python.spawn(name, { ...options, tree, sink }));
      handles.set(id, handle);
      return { id };
    },
    "process.wait": async ({ id }) => value(await python.wait(id)),
    "process.stdin": ({ id, bytes }) => handleOf(id).writeStdin(bytes),
    "process.closeStdin": ({ id }) => handleOf(id).closeStdin(),
    "process.kill": async ({ id }) => value(await python.kill(id)),
    "process.files": ({ id, path = "/" }) => handleOf(id).files(path),
    "process.release": ({ id }) => {
      handles.delete(id);
      return value(python.release(id));
    },
    "processes.list": () => value(python.list_processes()),
    "programs.add": ({ name, bytes }) => value(python.add_program(name, bytes)),
    "programs.list": () => value(python.list_programs()),
    "python.run": async ({ code }) => {
      const result = /** @type {any} */ (await runPython(code));
      try {
        return value(python.portable(result));
      } finally {
        result?.destroy?.();
      }
    },
    "events.watch": ({ pattern }) => {
      const id = nextId++;
      const end = value(python.watch(pattern, (/** @type {any} */ event) => peer.notify("event", { watch: id, event })));
      watches.set(id, end);
      return id;
    },
    "events.unwatch": ({ watch }) => {
      watches.get(watch)?.();
      watches.delete(watch);
    },
    "shell.open": ({ stream }) => {
      const id = nextId++;
      shells.set(id, value(python.open_shell(streams.sink(stream))));
      return id;
    },
    "shell.execute": async ({ shell, line }) => value(await python.shell_execute(shellOf(shell), line)),
    "shell.input": ({ shell, bytes }) => value(python.shell_input(shellOf(shell), bytes)),
    "shell.endOfInput": ({ shell }) => value(python.shell_end_of_input(shellOf(shell))),
    "shell.interrupt": ({ shell }) => value(python.shell_interrupt(shellOf(shell))),
    "shell.complete": ({ shell, line }) => value(python.shell_complete(shellOf(shell), line)),
    "shell.close": ({ shell }) => {
      value(python.shell_interrupt(shellOf(shell)));
      shellOf(shell).destroy();
      shells.delete(shell);
    },
    "kernel.reset": async () => {
      handles.clear();
      value(await python.reset());
    },
    "stream.ack": ({ stream }) => streams.acknowledge(stream),
  });

  peer.onClose(() => {
    streams.close();
    for (const end of watches.values()) end();
    for (const shell of shells.values()) shell.destroy();
  });
}

/** Output on its way to the other side; a program waits when the other side does not keep up. */
class OutputStreams {
  #peer;
  #closed = false;
  /** @type {Map<number, (() => void)[]>} */
  #waiting = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /**
   * @param {number} stream an id that the other side chose
   * @returns {import("./wasm.mjs").Sink}
   */
  sink(stream) {
    return {
      write: (fd, bytes) => {
        if (this.#closed) return undefined;
        this.#peer.notify("output", { stream, fd, bytes }, [bytes.buffer]);
        return new Promise((resolve) => {
          const waiting = this.#waiting.get(stream);
          if (waiting) waiting.push(() => resolve(undefined));
          else this.#waiting.set(stream, [() => resolve(undefined)]);
        });
      },
    };
  }

  /** @param {number} stream whose oldest output was taken */
  acknowledge(stream) {
    const waiting = this.#waiting.get(stream);
    waiting?.shift()?.();
    if (waiting?.length === 0) this.#waiting.delete(stream);
  }

  close() {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) for (const resolve of waiting) resolve();
    this.#waiting.clear();
  }
}

/**
 * @param {{value?: any, error?: {code: string, message: string}}} answer of a Python method
 * @returns {any}
 */
function value(answer) {
  if (answer.error) throw new KernelError(answer.error.message, answer.error.code);
  return answer.value instanceof Map ? Object.fromEntries(answer.value) : answer.value;
}

/**
 * Makes the tree a program starts with. Names come from outside: each must be absolute and plain.
 * @param {Record<string, Uint8Array<ArrayBuffer>>} files
 * @param {string[]} directories
 * @param {Record<string, string>} symlinks
 * @returns {import("../process/protocol.mjs").Entry[]}
 */
function treeOf(files, directories, symlinks) {
  return [
    ...directories.map((path) => ({ path: guestPath(path), kind: /** @type {const} */ ("directory") })),
    ...Object.entries(files).map(([path, bytes]) => ({ path: guestPath(path), kind: /** @type {const} */ ("file"), bytes })),
    ...Object.entries(symlinks).map(([path, target]) => ({ path: guestPath(path), kind: /** @type {const} */ ("symlink"), target })),
  ];
}

/**
 * @param {string} path
 * @returns {string}
 */
function guestPath(path) {
  const names = path.split("/").slice(1);
  if (!path.startsWith("/") || path.includes("\0") || names.some((name) => name === "" || name === "." || name === "..")) {
    throw new KernelError(
      `${JSON.stringify(path)} is no path for a file of the program: it must be absolute, such as "/in.txt", ` +
        "without empty parts, '.', '..' or NUL.",
      "WASM_PATH_INVALID",
    );
  }
  return path;
}

