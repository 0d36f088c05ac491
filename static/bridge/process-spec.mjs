/** What a program is started with, how it ends, and what it leaves. */

/** @typedef {import("../process/protocol.mjs").ClockStart} ClockStart */
/** @typedef {import("../process/protocol.mjs").Entry} Entry */
/** @typedef {import("../process/protocol.mjs").Mount} Mount */
/** @typedef {import("../process/protocol.mjs").WasmValue} WasmValue */

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
 * @property {Mount[]} [mounts]
 * @property {number} [timeout] seconds
 * @property {number} [outputLimit] bytes
 * @property {number} [memoryLimit] bytes of linear memory
 * @property {{bytes?: number, files?: number, descriptors?: number}} [quota]
 * @property {boolean} controllable
 * @property {boolean} [stay] whether the instance is kept for calls of its exports
 * @property {import("../process/state/encoding.mjs").Part[]} [state] where the program goes on instead of beginning
 * @property {boolean} [trace]
 * @property {boolean} [terminal]
 * @property {number} [columns]
 * @property {number} [rows]
 * @property {Partial<ClockStart>} [clock] the host's clock, if not given
 * @property {number} [seed] of the program's randomness
 * @property {boolean} [lossless] whether the program waits for its display, so that every frame arrives
 * @property {{names: import("../process/protocol.mjs").ImportName[], call(module: string, name: string, args: WasmValue[], within: number): unknown}} [imports]
 *   calls of exports that are made to answer hand `within` to ProcessHandle.callExport
 * @property {(kind: "event" | "terminal" | "trace", value: any) => void} [events]
 * @property {Sink} [sink]
 */

/** Output a program may have on its way to a reader before it has to wait for the reader. */
const WINDOW_BYTES = 1 << 20;
/** What is kept for a program without a reader of its own, before it ends with the reason `output`. */
const KEPT_OUTPUT_BYTES = 256 << 20;
const QUOTA = { bytes: 1 << 30, files: 1_000_000, descriptors: 16_384 };
const TERMINAL = { columns: 80, rows: 24 };

/**
 * The message that starts a program: what was left out is filled in.
 * @param {Spec} spec
 * @returns {import("../process/protocol.mjs").StartMessage}
 */
export function startMessage(spec) {
  return {
    type: "start",
    module: /** @type {Uint8Array<ArrayBuffer>} */ (spec.module),
    args: spec.args,
    env: spec.env,
    preopens: spec.preopens,
    tree: spec.tree,
    mounts: spec.mounts ?? [],
    stdin: spec.stdin ?? null,
    stdinOpen: !spec.stdin,
    window: WINDOW_BYTES,
    outputLimit: spec.outputLimit ?? (spec.sink ? Infinity : KEPT_OUTPUT_BYTES),
    memoryLimit: spec.memoryLimit ?? null,
    quota: {
      bytes: spec.quota?.bytes ?? QUOTA.bytes,
      files: spec.quota?.files ?? QUOTA.files,
      descriptors: spec.quota?.descriptors ?? QUOTA.descriptors,
    },
    imports: spec.imports?.names ?? [],
    stay: spec.stay ?? false,
    controllable: spec.controllable,
    state: spec.state ?? null,
    trace: spec.trace ?? false,
    terminal: spec.terminal ?? false,
    columns: spec.columns ?? TERMINAL.columns,
    rows: spec.rows ?? TERMINAL.rows,
    clock: {
      mode: spec.clock?.mode ?? "real",
      start: BigInt(spec.clock?.start ?? 0),
      scale: spec.clock?.scale ?? 1,
      paused: spec.clock?.paused ?? false,
    },
    seed: spec.seed ?? null,
    lossless: spec.lossless ?? false,
  };
}

/**
 * @param {Entry[]} tree
 * @param {string} path absolute guest path of a directory or a file
 * @returns {Record<string, Uint8Array>} the files there, by absolute path
 */
export function filesBelow(tree, path) {
  const below = path.endsWith("/") ? path : `${path}/`;
  /** @type {Record<string, Uint8Array>} */
  const files = Object.create(null);
  for (const entry of tree) {
    if (entry.kind === "file" && (entry.path === path || entry.path.startsWith(below))) files[entry.path] = entry.bytes;
  }
  return files;
}
