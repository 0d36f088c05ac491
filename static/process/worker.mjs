/**
 * The entry of a process worker: one program, from `start` to `exit`. See protocol.mjs.
 */
import { argumentsInvalid, endingOf, keepDeepStacks } from "./exit.mjs";
import { unloadTree } from "./fs/tree.mjs";
import { Process } from "./process.mjs";
import { runProgram } from "./program.mjs";

/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").KernelMessage} KernelMessage */
/** @typedef {import("./protocol.mjs").StartMessage} StartMessage */
/** @typedef {import("./protocol.mjs").Post} Post */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

/** @type {Post} */
const post = (message, transfer = []) => scope.postMessage(message, transfer);

/** @type {Process | null} */
let process = null;
let begun = false;
let finished = false;

/** @param {Ending} ending */
function finish(ending) {
  if (finished) return;
  finished = true;
  const running = process;
  process = null;
  if (running === null) {
    post({ type: "exit", ...ending, tree: [], counters: {} });
    return;
  }
  if (ending.reason !== "output") running.stdout.flush();
  running.turnstile.suspendable = false;
  running.turnstile.close();
  running.clock.read();
  const counters = {
    cpu_milliseconds: running.clock.cpuTime(),
    memory_bytes: running.memory.size(),
    output_bytes: running.stdout.bytesWritten,
    output_messages: running.stdout.messages,
    stdin_bytes: running.stdin.bytesRead,
    turns: running.turnstile.turns,
    waits: running.turnstile.waits,
  };
  try {
    const { tree, transfer } = unloadTree(running.fs);
    post({ type: "exit", ...ending, tree, counters }, transfer);
  } catch (error) {
    // No memory left to hand the files over in: the end itself must still be told.
    const message = `${ending.message}; the files it left are lost: ${String(error)}`;
    post({ type: "exit", ...ending, message, tree: [], counters });
  }
}

/** @param {StartMessage} start */
async function begin(start) {
  begun = true;
  try {
    process = new Process(start, post);
  } catch (error) {
    finish(argumentsInvalid(error instanceof Error ? error.message : String(error)));
    return;
  }
  finish(await runProgram(start.module, process, () => post({ type: "started" })));
}

/** @param {KernelMessage} message */
function receive(message) {
  if (message.type === "start") {
    if (!begun) begin(message).catch((error) => finish(endingOf(error)));
  } else if (message.type === "stdin") {
    process?.stdin.push(message.bytes);
  } else if (message.type === "stdin-close") {
    process?.stdin.end();
  } else {
    process?.stdout.acknowledge(message.bytes);
  }
}

keepDeepStacks();
scope.addEventListener("message", (event) => receive(event.data));
scope.addEventListener("messageerror", () => finish(argumentsInvalid("a message to the process could not be read")));
scope.addEventListener("error", (event) => {
  if (!begun) return;
  event.preventDefault();
  finish(endingOf(event.error ?? event.message));
});
scope.addEventListener("unhandledrejection", (event) => {
  if (!begun) return;
  event.preventDefault();
  finish(endingOf(event.reason));
});
post({ type: "ready" });
