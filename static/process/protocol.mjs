/**
 * What the kernel worker and a process worker say to each other, by `postMessage`.
 *
 * The kernel sends one `start`, then `stdin`, `stdin-close` and `ack` as they come. The process answers `ready` when its
 * script stands, `started` when the module is instantiated, `output` as it writes, and one `exit`, which is the last.
 */

/**
 * One name in the guest's file tree. Paths are absolute; a directory that is only implied need not be listed.
 * @typedef {{ path: string, kind: "file", bytes: Uint8Array<ArrayBuffer> }
 *   | { path: string, kind: "directory" }
 *   | { path: string, kind: "symlink", target: string }} Entry
 */

/**
 * @typedef {object} StartMessage
 * @property {"start"} type
 * @property {Uint8Array<ArrayBuffer>} module the module's bytes
 * @property {string[]} args `args[0]` is the program's name
 * @property {[string, string][]} env
 * @property {string[]} preopens guest paths of the directories opened as descriptors 3, 4, ...
 * @property {Entry[]} tree
 * @property {Uint8Array | null} stdin bytes that are there from the beginning
 * @property {boolean} stdinOpen whether more may come; if not, reading past `stdin` is the end of the file
 * @property {number} window bytes of output that may be unacknowledged before a controllable process waits
 * @property {number} outputLimit bytes of output after which the process is ended; Infinity for none
 * @property {boolean} controllable whether busy calls let the event loop in every few milliseconds
 * @property {boolean} [terminal] whether descriptors 0, 1 and 2 present themselves as a terminal; absent = no
 */

/**
 * @typedef {StartMessage
 *   | { type: "stdin", bytes: Uint8Array }
 *   | { type: "stdin-close" }
 *   | { type: "ack", bytes: number }} KernelMessage
 */

/** @typedef {"exited" | "trapped" | "output" | "link" | "invalid"} Reason */

/**
 * @typedef {null | "WASM_TRAP" | "WASM_MODULE_INVALID" | "WASM_IMPORT_MISSING" | "WASM_ENTRY_MISSING"
 *   | "WASM_OUTPUT_LIMIT" | "WASM_SUSPENSION_UNAVAILABLE" | "WASM_ARGUMENTS_INVALID"} ExitErrorCode
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
 * @typedef {{ type: "ready" }
 *   | { type: "started" }
 *   | { type: "output", fd: 1 | 2, bytes: Uint8Array<ArrayBuffer> }
 *   | ({ type: "exit", tree: Entry[], counters: Record<string, number> } & Ending)} ProcessMessage
 */

/** @typedef {(message: ProcessMessage, transfer?: Transferable[]) => void} Post */

export {};
