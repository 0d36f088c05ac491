/**
 * What the kernel worker answers to the page and to a host: the methods of one peer. Control goes through Python, which
 * owns the process table; the bytes of programs do not.
 */

import { KernelError } from "../rpc.mjs";
import { mountOf, treeOf } from "./guest-tree.mjs";
import { OutputStreams } from "./output-streams.mjs";
import { requireBytes } from "./parameters.mjs";
import { Views } from "./views.mjs";

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
  const views = new Views(peer);
  /** @type {Map<string, ProcessHandle>} */
  const handles = new Map();
  /** @type {Map<number, any>} */
  const shells = new Map();
  /** @type {Map<number, () => void>} */
  const watches = new Map();
  /** Which canvas has a name now. @type {Map<string, number>} */
  const canvases = new Map();
  let nextId = 1;

  /** @param {string} id */
  const handleOf = (id) => handles.get(id) ?? /** @type {ProcessHandle} */ (value(python.handle(id)));
  /** @param {number} id */
  const shellOf = (id) => {
    const shell = shells.get(id);
    if (!shell) throw new KernelError(`There is no shell ${id}, or it was closed.`, "SHELL_NOT_FOUND");
    return shell;
  };

  peer.serve({
    "process.spawn": async ({ id: chosen = null, name, stream, files, directories, symlinks, mounts = [], ...options }) => {
      const tree = treeOf({ files, directories, symlinks });
      const sink = stream === undefined || stream === null ? null : streams.sink(stream);
      const { imports = [], importsId = null, ...rest } = options;
      const { id, handle } = value(
        await python.spawn(name, chosen, {
          ...rest,
          tree,
          sink,
          mounts: mounts.map(mountOf),
          imports: imports.length === 0 ? null : importsOf(peer, imports, importsId),
          observer: sink === null ? null : observerOf(peer, streams, stream),
        }),
      );
      handles.set(id, handle);
      return { id };
    },
    "process.wait": async ({ id }) => {
      const handle = handleOf(id); // a reset takes it from the table before the end is told
      return { ...value(await python.wait(id)), counters: handle.counters() };
    },
    "process.stdin": ({ id, bytes }) => handleOf(id).writeStdin(bytes),
    "process.closeStdin": ({ id }) => handleOf(id).closeStdin(),
    "process.kill": async ({ id }) => value(await python.kill(id)),
    "process.terminate": async ({ id, grace }) => value(await python.terminate(id, grace)),
    "process.call": ({ id, name, args = [], within = null }) => handleOf(id).callExport(name, args, within),
    "process.memory.read": ({ id, offset, length }) => handleOf(id).readMemory(offset, length),
    "process.memory.write": ({ id, offset, bytes }) => handleOf(id).writeMemory(offset, requireBytes(bytes, "What is written into memory")),
    "process.memory.size": ({ id }) => handleOf(id).memorySize(),
    "process.flush": ({ id }) => handleOf(id).flush(),
    "process.control": ({ id, operation, args = [] }) => handleOf(id).control(operation, args),
    "process.mount": ({ id, mount }) => handleOf(id).control("files.mount", [mountOf(mount)]),
    "process.saveState": async ({ id }) => value(await python.save_state(id)),
    "process.restoreState": async ({ id, state }) => value(await python.restore_state(id, requireBytes(state, "A state"))),
    "process.frame": ({ id }) => handleOf(id).frame(),
    "process.audio": ({ id }) => handleOf(id).audio(),
    "process.show": ({ id, frames, sound }) => views.show(id, handleOf(id), { frames, sound }),
    "process.hide": ({ id }) => views.hide(id),
    "process.input": ({ id, bytes }) => handleOf(id).sendInput(bytes),
    "process.event": ({ id, line }) => handleOf(id).sendEvent(line),
    "process.resize": ({ id, columns, rows }) => handleOf(id).resize(columns, rows),
    "process.trace": ({ id }) => handleOf(id).trace(),
    "process.lines": ({ id }) => handleOf(id).lines(),
    "process.counters": ({ id }) => handleOf(id).counters(),
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
      const tell = (/** @type {any[]} */ events) => events.forEach((event) => peer.notify("event", { watch: id, event }));
      const end = value(python.watch(pattern, tell));
      watches.set(id, end);
      return id;
    },
    "events.unwatch": ({ watch }) => {
      watches.get(watch)?.();
      watches.delete(watch);
    },
    "shell.open": ({ stream, columns, rows }) => {
      const id = nextId++;
      shells.set(id, value(python.open_shell(streams.sink(stream), observerOf(peer, streams, stream), columns, rows)));
      return id;
    },
    "shell.resize": ({ shell, columns, rows }) => value(python.shell_resize(shellOf(shell), columns, rows)),
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
    "canvas.attach": async ({ name, id }) => {
      const [{ Picture }, { wayToCanvas }] = await Promise.all([import("../gpu/present.mjs"), import("../gpu/canvas-check.mjs")]);
      const show = (/** @type {ImageBitmap} */ bitmap) => peer.call("canvas.show", { id, bitmap }, [bitmap]);
      value(python.attach_canvas(name, new Picture(show, await wayToCanvas(!value(python.uses_gpu())))));
      canvases.set(name, id);
    },
    "canvas.detach": ({ name, id }) => {
      if (canvases.get(name) !== id) return; // another has taken its place
      canvases.delete(name);
      value(python.detach_canvas(name));
    },
    "gallery.draw": async ({ canvas, request }) => value(await python.draw_gallery(canvas, request)),
    "gallery.close": async () => value(await python.close_gallery()),
    "kernel.reset": async () => {
      handles.clear();
      value(await python.reset());
    },
    "stream.ack": ({ stream }) => streams.acknowledge(stream),
    "trace.ack": ({ stream }) => streams.acknowledgeTrace(stream),
    "frame.ack": ({ id }) => views.frameTaken(id),
    "sound.ack": ({ id }) => views.soundTaken(id),
  });

  peer.onClose(() => {
    streams.close();
    views.close();
    for (const end of watches.values()) end();
    for (const shell of shells.values()) shell.destroy();
  });
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
 * The functions that the other side answers.
 * @param {Peer} peer
 * @param {import("../process/protocol.mjs").ImportName[]} names
 * @param {number} id which the other side chose
 */
function importsOf(peer, names, id) {
  return {
    names,
    /** @param {string} module @param {string} name @param {unknown[]} args @param {number} within */
    call: async (module, name, args, within) => {
      try {
        return await peer.call("import.call", { imports: id, module, name, args, within });
      } catch (error) {
        // The program's end gets a code of its own: the one that the channel added would stand in the middle of its message.
        throw new Error(String(/** @type {Error} */ (error).message).replace(/ ErrorCode=(WASM_IMPORT|RPC_METHOD)_FAILED$/, ""));
      }
    },
  };
}

/**
 * Tells the other side of a process what goes with its output: system calls, the wish for a raw terminal, and of a shell the
 * program in its foreground, or null.
 * @param {Peer} peer
 * @param {OutputStreams} streams
 * @param {number} stream
 */
function observerOf(peer, streams, stream) {
  return (/** @type {"trace" | "terminal" | "foreground"} */ kind, /** @type {any} */ told) => {
    if (kind === "trace") streams.trace(stream, told);
    else if (kind === "terminal") peer.notify("terminal", { stream, raw: told });
    else peer.notify("foreground", { stream, process: told ?? null });
  };
}
