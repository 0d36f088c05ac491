/**
 * The entry of a process worker: programs, one at a time, each from `start` to `exit`. See protocol.mjs.
 */
import { argumentsInvalid, endingOf, forWantOfMemory, keepDeepStacks } from "./exit.mjs";
import { answerMemory } from "./memory-requests.mjs";
import { flush, handOver, mount } from "./mounted-files.mjs";
import { Process } from "./process.mjs";
import { runProgram } from "./program.mjs";
import { terminate } from "./signals.mjs";

/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").KernelMessage} KernelMessage */
/** @typedef {import("./protocol.mjs").StartMessage} StartMessage */
/** @typedef {import("./protocol.mjs").Post} Post */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

/** Memory up to which a program that ended leaves a worker worth keeping; more is given back sooner with the worker. */
const REUSABLE_BYTES = 64 << 20;

/** @type {Post} */
const post = (message, transfer = []) => scope.postMessage(message, transfer);

/** The program that runs. @type {Process | null} */
let current = null;

/** @param {Ending} ending before there was a process */
function refuse(ending) {
  post({ type: "exit", ...ending, tree: [], counters: {}, reusable: false });
}

/**
 * Ends a program, once: hands over what it left, and lets go of everything else.
 * @param {Process} process
 * @param {Ending} end
 */
async function finish(process, end) {
  if (process.finished) return;
  process.finished = true;
  process.ending = end;
  const { stdout, devices, turnstile, clock, memory, refusedBytes } = process;
  const wanting = end.code === "WASM_TRAP" && refusedBytes > 0;
  const ending = wanting ? forWantOfMemory(end, refusedBytes, process.start.memoryLimit ?? 0, memory.size()) : end;
  if (ending.reason !== "output") stdout.flush();
  devices.finish();
  process.tracer?.finish();
  const standing = turnstile.depth > 0;
  turnstile.suspendable = false;
  turnstile.close();
  clock.read();
  const counters = process.counters();
  const note = (await flush(process))?.message ?? "";
  const { tree, transfer, lost } = handOver(process);
  const message = [ending.message, note, lost].filter((text) => text !== "").join("; ");
  // Of a module that was refused nothing has run.
  const clean = ending.reason === "exited" || ending.reason === "invalid" || ending.reason === "link";
  const reusable = clean && !standing && lost === "" && memory.size() <= REUSABLE_BYTES;
  if (current === process) current = null;
  process.post({ type: "exit", ...ending, message, tree, counters, reusable }, transfer);
}

/** @param {StartMessage} start */
async function begin(start) {
  /** @type {Process} */
  let process;
  let gone = false;
  try {
    process = new Process(
      start,
      (message, transfer) => {
        if (gone) return;
        // Nothing comes after the exit, whatever of the program should still stir.
        gone = message.type === "exit";
        post(message, transfer);
      },
      (ending) => void finish(process, ending),
    );
  } catch (error) {
    refuse(argumentsInvalid(error instanceof Error ? error.message : String(error)));
    return;
  }
  current = process;
  controlled = Promise.resolve();
  try {
    const ending = (await mount(process)) ?? (await runProgram(process));
    if (ending !== null) await finish(process, ending);
  } catch (error) {
    await finish(process, endingOf(error));
  }
}

/** @param {Process} process @param {Exclude<KernelMessage, StartMessage>} message */
function receive(process, message) {
  switch (message.type) {
    case "stdin":
      process.stdin.push(message.bytes);
      break;
    case "stdin-close":
      process.stdin.end();
      break;
    case "ack":
      process.stdout.acknowledge(message.bytes);
      break;
    case "import-return":
      process.hostImports.answered(message);
      break;
    case "call":
      process.exportCalls.add(message);
      break;
    case "memory-read":
    case "memory-write":
    case "memory-size":
      answerMemory(message, process.memory, process.post);
      break;
    case "flush":
      void flush(process).then((failure) =>
        process.post(
          failure === null
            ? { type: "answer", id: message.id, value: null }
            : { type: "answer", id: message.id, error: failure },
        ),
      );
      break;
    case "control":
      void answerControl(process, message);
      break;
    case "terminate":
      void terminate(process).then((ending) => {
        if (ending !== null) return finish(process, ending);
        process.exportCalls.pump(); // the handler has kept them back
      });
      break;
    case "input":
      process.devices.input(message.bytes);
      break;
    case "event":
      process.devices.event(message.line);
      break;
    case "frame-ack":
      process.devices.frameAcknowledged();
      break;
    case "audio-ack":
      process.devices.audioAcknowledged(message.bytes);
      break;
    case "room":
      process.roomMade();
      break;
    case "heard":
      process.devices.listen(message.heard);
      break;
    case "trace-ack":
      process.tracer?.acknowledged();
      break;
    case "event-ack":
      process.devices.eventAcknowledged();
      break;
    case "resize":
      process.devices.resize(message.columns, message.rows);
      break;
  }
}

/** What the host asked of this program before, which comes first. @type {Promise<unknown>} */
let controlled = Promise.resolve();

/**
 * Few hosts ask for anything: what can be asked is loaded with the first question.
 * @param {Process} process
 * @param {Extract<KernelMessage, { type: "control" }>} message
 */
function answerControl(process, { id, operation, args }) {
  controlled = Promise.all([import("./control/control.mjs"), controlled]).then(async ([{ control }]) => {
    try {
      const value = await control(process, operation, args);
      process.post({ type: "answer", id, value: value ?? null }, value instanceof Uint8Array ? [value.buffer] : []);
    } catch (error) {
      const { code = "WASM_OPERATION_FAILED", message } = /** @type {{ code?: string, message: string }} */ (error);
      process.post({ type: "answer", id, error: { code, message } });
    }
  });
}

/**
 * Says that the script stands. Before that it takes a lock that is named like the worker and kept for as long as it lives, so that
 * the kernel learns of its death (bridge/worker-pool.mjs).
 */
function announce() {
  const ready = () => post({ type: "ready" });
  const forever = () => {
    ready();
    return new Promise(() => {});
  };
  try {
    scope.navigator.locks.request(scope.name, forever).catch(ready);
  } catch {
    ready(); // no locks in an insecure context
  }
}

/** Something went wrong outside of all calls. @param {Ending} ending */
function fail(ending) {
  if (current !== null) void finish(current, ending);
}

keepDeepStacks();
scope.addEventListener("message", (event) => {
  const message = /** @type {KernelMessage} */ (event.data);
  if (message.type === "start") {
    if (current === null) void begin(message);
  } else if (current !== null && !current.finished) {
    receive(current, message);
  }
});
scope.addEventListener("messageerror", () => {
  const ending = argumentsInvalid("a message to the process could not be read");
  if (current === null) refuse(ending);
  else fail(ending);
});
scope.addEventListener("error", (event) => {
  if (current === null) return;
  event.preventDefault();
  fail(endingOf(event.error ?? event.message));
});
scope.addEventListener("unhandledrejection", (event) => {
  if (current === null) return;
  event.preventDefault();
  fail(endingOf(event.reason));
});
announce();
