import { refused } from "./exit.mjs";
import { unloadTree } from "./fs/tree.mjs";

/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").Entry} Entry */
/** @typedef {import("./protocol.mjs").ExitErrorCode} ExitErrorCode */
/** @typedef {import("./protocol.mjs").Failure} Failure */

/** Few programs mount anything: archives and stores are loaded for those that do. */
const mounts = () => import("./fs/mounts.mjs");

/**
 * Mounts what the program was given.
 * @param {Process} process
 * @returns {Promise<Ending | null>} its end, where that is not possible
 */
export async function mount(process) {
  if (process.start.mounts.length === 0) return null;
  try {
    const { mountAll } = await mounts();
    await mountAll(process, process.start.mounts);
    return process.ending;
  } catch (error) {
    const { code = "WASM_MOUNT_INVALID", message } = /** @type {{ code?: ExitErrorCode, message: string }} */ (error);
    return refused(code, message);
  }
}

/**
 * Saves what persistent mounts hold.
 * @param {Process} process
 * @returns {Promise<Failure | null>} why not all could be saved
 */
export async function flush(process) {
  if (!process.mounted) return null;
  try {
    const { flushMounts } = await mounts();
    await flushMounts(process);
    return null;
  } catch (error) {
    const { code = "WASM_STORAGE_FAILED", message } = /** @type {Partial<Failure> & { message: string }} */ (error);
    return { code, message: `not all files could be saved: ${message}` };
  }
}

/**
 * Takes the files of a program that has ended.
 * @param {Process} process
 * @returns {{ tree: Entry[], transfer: Transferable[], lost: string }} `lost` says what could not be taken, and why
 */
export function handOver(process) {
  if (process.mounted) void mounts().then(({ closeMounts }) => closeMounts(process));
  try {
    const { tree, transfer, tooDeep } = unloadTree(process.fs);
    return { tree, transfer, lost: tooDeep === 0 ? "" : `${tooDeep} names that lie too deep are lost with all below them` };
  } catch (error) {
    // No memory left to hand the files over in: the end itself must still be told.
    return { tree: [], transfer: [], lost: `the files it left are lost: ${String(error)}` };
  }
}
