/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").ExitErrorCode} ExitErrorCode */

const EXIT_INVALID = 126;
const EXIT_TRAPPED = 134; // 128 + SIGABRT
const EXIT_MEMORY_LIMIT = 137; // 128 + SIGKILL, as where an out-of-memory killer is at work
const EXIT_TERMINATED = 143; // 128 + SIGTERM
const EXIT_OUTPUT_LIMIT = 153; // 128 + SIGXFSZ

/** Frames kept of an error's stack; V8's own default is ten. */
const STACK_FRAMES = 64;

/** (module (func (export "") unreachable)) */
const UNREACHABLE_MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 4, 1, 0, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);

/** Makes errors carry deep stacks. */
export function keepDeepStacks() {
  const errors = /** @type {{ stackTraceLimit?: number }} */ (/** @type {unknown} */ (Error));
  errors.stackTraceLimit = STACK_FRAMES;
}

/**
 * Leaves the program's stack for good by a wasm trap. A thrown JavaScript value would not do: the `catch (...)` of a C++
 * program catches those, and would swallow its own `exit`.
 * @returns {never}
 */
export function unwind() {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(UNREACHABLE_MODULE));
  /** @type {() => void} */ (instance.exports[""])();
  throw new Error("unreachable returned");
}

/** An ending's message with its full stop. @param {string} message */
export function sentence(message) {
  return message.endsWith(".") ? message : `${message}.`;
}

/** @param {number} exitCode @returns {Ending} */
export function exited(exitCode) {
  return { reason: "exited", exitCode, code: null, message: `exited with code ${exitCode}`, stack: [] };
}

/** @param {string} name @param {number} number @returns {Ending} */
export function raised(name, number) {
  return { reason: "exited", exitCode: 128 + number, code: null, message: `raised SIG${name}`, stack: [] };
}

/** @param {string} message @param {string[]} stack @returns {Ending} */
export function trapped(message, stack) {
  return { reason: "trapped", exitCode: EXIT_TRAPPED, code: "WASM_TRAP", message, stack };
}

/** @param {number} limit @returns {Ending} */
export function outputLimitReached(limit) {
  return {
    reason: "output",
    exitCode: EXIT_OUTPUT_LIMIT,
    code: "WASM_OUTPUT_LIMIT",
    message: `the program wrote more than its limit of ${limit} bytes and was ended; raise the output limit to let it go on`,
    stack: [],
  };
}

/** @param {string} message @param {string[]} [stack] @returns {Ending} */
export function memoryLimitReached(message, stack = []) {
  return { reason: "memory", exitCode: EXIT_MEMORY_LIMIT, code: "WASM_MEMORY_LIMIT", message, stack };
}

/** Whether an error says that the browser has no memory left. @param {unknown} error */
export function isOutOfMemory(error) {
  return error instanceof RangeError && /memory|allocation/i.test(error.message);
}

/** @param {unknown} error @param {string[]} [stack] @returns {Ending} */
export function memoryExhausted(error, stack = []) {
  return memoryLimitReached(`the browser has no memory left for the program: ${messageOf(error)}`, stack);
}

/**
 * The end of a program that was refused memory and then trapped.
 * @param {Ending} ending
 * @param {number} refusedBytes
 * @param {number} limit bytes
 * @param {number} size bytes it had
 * @returns {Ending}
 */
export function forWantOfMemory(ending, refusedBytes, limit, size) {
  const message =
    `the program was refused ${refusedBytes} bytes of memory beyond the ${size} it had, its limit being ${limit} bytes, ` +
    `and then failed: ${ending.message}`;
  return memoryLimitReached(message, ending.stack);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} how @returns {Ending} */
export function terminated(how) {
  return {
    reason: "killed",
    exitCode: EXIT_TERMINATED,
    code: "WASM_PROCESS_TERMINATED",
    message: `ended on request: ${how}`,
    stack: [],
  };
}

/** @param {string} what the host's function @param {string} message @returns {Ending} */
export function importFailed(what, message) {
  return {
    reason: "trapped",
    exitCode: EXIT_TRAPPED,
    code: "WASM_IMPORT_FAILED",
    message: `${what}, a function of the host, failed: ${message}`,
    stack: [],
  };
}

/** @param {ExitErrorCode} code @param {string} message @returns {Ending} */
export function refused(code, message) {
  return { reason: "invalid", exitCode: EXIT_INVALID, code, message, stack: [] };
}

/** @param {string} message @returns {Ending} */
export function moduleInvalid(message) {
  return { reason: "invalid", exitCode: EXIT_INVALID, code: "WASM_MODULE_INVALID", message, stack: [] };
}

/** @param {string} message @returns {Ending} */
export function argumentsInvalid(message) {
  return { reason: "invalid", exitCode: EXIT_INVALID, code: "WASM_ARGUMENTS_INVALID", message, stack: [] };
}

/** @param {string} message @returns {Ending} */
export function importMissing(message) {
  return { reason: "link", exitCode: EXIT_INVALID, code: "WASM_IMPORT_MISSING", message, stack: [] };
}

/** @param {string} message @returns {Ending} */
export function entryMissing(message) {
  return { reason: "link", exitCode: EXIT_INVALID, code: "WASM_ENTRY_MISSING", message, stack: [] };
}

const WHY_NOT_SUSPENDED =
  WebAssembly.promising === undefined
    ? "the browser lacks JavaScript Promise Integration (WebAssembly.Suspending; Chrome and Edge 137+, Firefox 153+, Safari 27+). " +
      "Give all of stdin before the start and avoid sleeping, or use a browser that has it."
    : "it was called synchronously. Give it what it waits for before the call, or call it so that it may wait (`run`).";

/** @param {string} what the call that had to wait @returns {Ending} */
export function suspensionUnavailable(what) {
  return {
    reason: "trapped",
    exitCode: EXIT_TRAPPED,
    code: "WASM_SUSPENSION_UNAVAILABLE",
    message: `${what} has to wait, and the program cannot be suspended here: ${WHY_NOT_SUSPENDED}`,
    stack: [],
  };
}

/**
 * How an error that came out of the program's code ends it.
 * @param {unknown} error
 * @param {string} [moduleName] that the module carries
 * @param {string} [outside] a script: its innermost frame, and all that is outside of it, is not the program's
 * @returns {Ending}
 */
export function endingOf(error, moduleName = "", outside = undefined) {
  if (!(error instanceof Error)) {
    const exceptions = /** @type {{ Exception?: new (...args: never[]) => object }} */ (
      /** @type {unknown} */ (WebAssembly)
    ).Exception;
    if (exceptions !== undefined && error instanceof exceptions) {
      const stack = /** @type {{ stack?: unknown }} */ (error).stack;
      return trapped("uncaught WebAssembly exception", wasmFrames(inside(stack, outside), moduleName));
    }
    return trapped(`uncaught exception: ${String(error)}`, []);
  }
  const stack = wasmFrames(inside(error.stack, outside), moduleName);
  if (error instanceof WebAssembly.RuntimeError) return trapped(error.message, stack);
  if (isStackOverflow(error)) return trapped(`call stack exhausted (${error.message})`, stack);
  if (isOutOfMemory(error)) return memoryExhausted(error, stack);
  if (error.name === "SuspendError") return { ...suspensionUnavailable("A call"), stack };
  return trapped(`${error.name}: ${error.message}`, stack);
}

/**
 * @param {unknown} stack
 * @param {string | undefined} outside
 */
function inside(stack, outside) {
  const text = String(stack ?? "");
  return outside === undefined ? text : (text.split(outside, 1)[0] ?? "");
}

/** @param {Error} error */
function isStackOverflow(error) {
  if (error instanceof RangeError) return /call stack|stack overflow/i.test(error.message);
  return error.name === "InternalError" && /recursion/.test(error.message); // Firefox
}

/**
 * The wasm frames of an error's stack, innermost first, as `name (wasm-function[index]:0xoffset)`. V8 takes names from the
 * module's name section, and puts the module's before the function's.
 * @param {string} stack
 * @param {string} moduleName
 * @returns {string[]}
 */
export function wasmFrames(stack, moduleName) {
  const frames = [];
  for (const line of stack.split("\n")) {
    const place = /wasm-function\[(\d+)\](?::(0x[0-9a-f]+))?/.exec(line);
    if (place === null) continue;
    // V8: "    at name (wasm://...)", Firefox: "name@https://...wasm-function[...]"
    const named = /^\s*at (?:async )?(.+?) \(/.exec(line)?.[1] ?? /^([^@\s]+)@/.exec(line)?.[1];
    const name = moduleName !== "" && named?.startsWith(`${moduleName}.`) ? named.slice(moduleName.length + 1) : named;
    const where = `wasm-function[${place[1]}]${place[2] === undefined ? "" : `:${place[2]}`}`;
    frames.push(name === undefined ? where : `${name} (${where})`);
  }
  return frames;
}
