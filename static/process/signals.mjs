import { terminated } from "./exit.mjs";

/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */

const SIGTERM = 15;
/** WASIX's convention, and wasi-libc's own function with `-D_WASI_EMULATED_SIGNAL`. */
const RECEIVERS = ["__wasm_signal", "raise"];
const DESTRUCTORS = "__wasm_call_dtors";

/**
 * Delivers SIGTERM to a program that stands still. Its handler or its destructors run on top of the call that it stands in, as a
 * signal's do in POSIX (signal-safety(7)): where that is a write of stdio's, the destructors write that buffer again.
 * @param {Process} process
 * @returns {Promise<Ending | null>} null when a handler took the signal and the program goes on
 */
export async function terminate(process) {
  const receiver = RECEIVERS.map((name) => process.exportCalls.find(name)).find((found) => found !== null);
  if (receiver !== undefined) {
    await process.run(receiver, [SIGTERM]);
    if (process.ending === null) {
      // The call that the program stands in ends, as signal(7) has it; one that waits for the host goes on waiting.
      process.turnstile.interrupt();
      return null;
    }
    // Without a handler, `raise` does what the signal does by default, which ends in a trap.
    return process.ending.reason === "trapped" ? terminated("the program has no handler for SIGTERM") : process.ending;
  }
  const destructors = process.exportCalls.find(DESTRUCTORS);
  if (destructors !== null) await process.run(destructors, []);
  return process.ending?.reason === "exited" ? process.ending : terminated("the program receives no signals");
}
