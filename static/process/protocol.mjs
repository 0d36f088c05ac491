/**
 * What the kernel worker and a process worker say to each other, by `postMessage`.
 *
 * The process answers `ready` when its script stands. The kernel sends `start`; the process says `started` when the module is
 * instantiated, then talks while it runs, and ends with one `exit`, the last message of that program. After an `exit` with
 * `reusable` the worker takes another `start`, with nothing left of the program before.
 */

/**
 * One name in the guest's file tree. Paths are absolute; a directory that is only implied need not be listed.
 * @typedef {{ path: string, kind: "file", bytes: Uint8Array<ArrayBuffer> }
 *   | { path: string, kind: "directory" }
 *   | { path: string, kind: "symlink", target: string }} Entry
 */

/**
 * Another file system than the root's, at `path`. An archive is a tar, tar.gz or zip, told by its first bytes; `opfs` is the
 * page's persistent store of that name; a directory is one that the page's user handed over, and changes to it stay in memory.
 * Paths in a memory mount's tree are absolute within the mount.
 * @typedef {{ path: string, readOnly: boolean } & (
 *   | { kind: "memory", tree: Entry[] }
 *   | { kind: "archive", bytes: Uint8Array<ArrayBuffer> }
 *   | { kind: "opfs", name: string }
 *   | { kind: "directory", handle: FileSystemDirectoryHandle })} Mount
 */

/**
 * What the process's writable file systems in memory may hold together, and how much may be open at once; Infinity for no limit.
 * @typedef {object} QuotaLimits
 * @property {number} bytes of file contents
 * @property {number} files inodes of any kind
 * @property {number} descriptors
 */

/** @typedef {"real" | "virtual" | "manual"} ClockMode */

/**
 * The clock that a program begins with (clock.mjs). `start` is in nanoseconds since the Unix epoch, and is not heeded by a real
 * clock; `scale` is how many seconds pass in one of the host's.
 * @typedef {{ mode: ClockMode, start: bigint, scale: number, paused: boolean }} ClockStart
 */

/**
 * @typedef {object} StartMessage
 * @property {"start"} type
 * @property {Uint8Array<ArrayBuffer>} module the module's bytes
 * @property {string[]} args `args[0]` is the program's name
 * @property {[string, string][]} env
 * @property {string[]} preopens guest paths of the directories opened as descriptors 3, 4, ...; none where the program was given
 *   nothing: `/` is opened then, for what it makes itself (FileSystem.granted)
 * @property {Entry[]} tree the root file system
 * @property {Mount[]} mounts
 * @property {Uint8Array | null} stdin bytes that are there from the beginning
 * @property {boolean} stdinOpen whether more may come; if not, reading past `stdin` is the end of the file
 * @property {number} window bytes of output that may be unacknowledged before the process waits, where it can be suspended
 * @property {number} outputLimit bytes of output after which the process is ended; Infinity for none
 * @property {number | null} memoryLimit bytes of linear memory; null for the module's own maximum
 * @property {QuotaLimits} quota
 * @property {ImportName[]} imports of the functions that the host answers
 * @property {boolean} stay whether the instance is kept after its entry returned, for calls of its exports
 * @property {boolean} controllable whether busy calls let the event loop in every few milliseconds
 * @property {import("./state/encoding.mjs").Part[] | null} state where the program goes on instead of beginning: its start section and
 *   entry are not run then, and it stays
 * @property {boolean} trace whether each system call is told
 * @property {boolean} terminal whether descriptors 0, 1 and 2 present themselves as a terminal
 * @property {number} columns of the terminal
 * @property {number} rows of the terminal
 * @property {ClockStart} clock
 * @property {number | null} seed of the program's randomness (random-pool.mjs); null for the browser's
 * @property {boolean} lossless whether the program waits for its display and other devices, so that all that it shows arrives, and
 *   nothing it is told depends on how fast that is
 */

/**
 * [module, name] of an import; and how it tells the time where it is a clock, which the host is not asked for.
 * @typedef {[module: string, name: string, clock?: import("./clock-import.mjs").ClockImport]} ImportName
 */

/** What an export or a host's function is called with, and answers: i32, f32 and f64 are numbers, i64 a bigint. */
/** @typedef {number | bigint} WasmValue */

/** @typedef {{ code: string, message: string }} Failure */

/**
 * The `within` of a call is the id of the import whose answer is being worked out by whoever calls: the call runs at once, while
 * the program stands in that import, and not before a call that the same import made earlier has returned. A call without, or
 * within an import that was answered meanwhile, waits until the entry and all calls before it have returned.
 * @typedef {StartMessage
 *   | { type: "stdin", bytes: Uint8Array }
 *   | { type: "stdin-close" }
 *   | { type: "ack", bytes: number }
 *   | { type: "call", id: number, name: string, args: WasmValue[], within: number | null }
 *   | { type: "memory-read", id: number, offset: number, length: number }
 *   | { type: "memory-write", id: number, offset: number, bytes: Uint8Array }
 *   | { type: "memory-size", id: number }
 *   | { type: "flush", id: number }
 *   | { type: "control", id: number, operation: string, args: unknown[] }
 *   | { type: "import-return", id: number, value: unknown }
 *   | { type: "import-return", id: number, error: Failure }
 *   | { type: "terminate" }
 *   | { type: "input", bytes: Uint8Array }
 *   | { type: "event", line: string }
 *   | { type: "frame-ack" }
 *   | { type: "audio-ack", bytes: number }
 *   | { type: "heard", heard: boolean }
 *   | { type: "room" }
 *   | { type: "event-ack" }
 *   | { type: "trace-ack" }
 *   | { type: "resize", columns: number, rows: number }} KernelMessage
 */

/** @typedef {"exited" | "trapped" | "killed" | "memory" | "output" | "link" | "invalid"} Reason */

/**
 * @typedef {null | "WASM_TRAP" | "WASM_MODULE_INVALID" | "WASM_IMPORT_MISSING" | "WASM_ENTRY_MISSING"
 *   | "WASM_OUTPUT_LIMIT" | "WASM_SUSPENSION_UNAVAILABLE" | "WASM_ARGUMENTS_INVALID" | "WASM_MEMORY_LIMIT"
 *   | "WASM_FEATURE_UNSUPPORTED" | "WASM_COMPONENT_UNSUPPORTED" | "WASM_IMPORT_FAILED" | "WASM_PROCESS_TERMINATED"
 *   | "WASM_MOUNT_INVALID" | "WASM_MOUNT_BUSY" | "WASM_ARCHIVE_INVALID" | "WASM_SAVE_STATE_INVALID" | "WASM_SAVE_STATE_FOREIGN"
 *   | "WASM_SAVE_STATE_UNSUPPORTED"} ExitErrorCode
 */

/**
 * How a process ended.
 * @typedef {object} Ending
 * @property {Reason} reason
 * @property {number} exitCode
 * @property {ExitErrorCode} code
 * @property {string} message
 * @property {string[]} stack the wasm frames, innermost first
 */

/**
 * One system call, as it was seen.
 * @typedef {object} TraceCall
 * @property {number} time milliseconds since the process began
 * @property {string} name
 * @property {string} args decoded
 * @property {string} result decoded; "?" for a call that never returned
 * @property {number} duration microseconds
 */

/**
 * The `tail` is a shared buffer with the output that was not sent yet, where the page is cross-origin isolated
 * (standard-output.mjs knows its layout). `time` of an output is in milliseconds since the Unix epoch.
 * `room` asks the kernel to make room for the program's memory, and is answered when it has.
 * @typedef {{ type: "ready" }
 *   | { type: "room" }
 *   | { type: "started" }
 *   | { type: "output", fd: 1 | 2, bytes: Uint8Array<ArrayBuffer>, time: number }
 *   | { type: "stdin-ack", bytes: number }
 *   | { type: "tail", buffer: SharedArrayBuffer }
 *   | { type: "answer", id: number, value: unknown }
 *   | { type: "answer", id: number, error: Failure }
 *   | { type: "import", id: number, module: string, name: string, args: WasmValue[] }
 *   | { type: "trace", calls: TraceCall[] }
 *   | { type: "frame", width: number, height: number, format: string, sequence: number, bytes: Uint8Array<ArrayBuffer> }
 *   | { type: "audio", rate: number, channels: number, format: string, bytes: Uint8Array<ArrayBuffer> }
 *   | { type: "event", line: string }
 *   | { type: "terminal", raw: boolean }
 *   | ({ type: "exit", tree: Entry[], counters: Record<string, number>, reusable: boolean } & Ending)} ProcessMessage
 */

/** @typedef {(message: ProcessMessage, transfer?: Transferable[]) => void} Post */

export {};
