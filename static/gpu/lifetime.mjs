/** Whether a device is still there, and who waits for it. */

import { KernelError } from "../rpc.mjs";
import { lostError, oneLine } from "./errors.mjs";

/** How long a failure may be ahead of the news that the device is lost. */
const NEWS_MS = 1000;

/** The time from when a device was opened until it is lost, given up or closed. */
export class Lifetime {
  #device;
  #onLost;
  /** Who waits for the GPU: told when the device is lost. @type {Set<(error: KernelError) => void>} */
  #waiting = new Set();
  /** @type {KernelError | null} */
  #end = null;

  /**
   * @param {GPUDevice} device
   * @param {(reason: string, message: string) => void} onLost is told once, unless `close` was called before
   */
  constructor(device, onLost) {
    this.#device = device;
    this.#onLost = onLost;
    void device.lost.then(({ reason, message }) => this.lose(reason, message));
  }

  get isOver() {
    return this.#end !== null;
  }

  /** @throws {KernelError} WEBGPU_DEVICE_LOST */
  require() {
    if (this.#end !== null) throw this.#end;
  }

  /** @param {string} reason @param {string} message */
  lose(reason, message) {
    if (this.#end !== null) return;
    this.#over(lostError(reason, message));
    this.#onLost(reason, oneLine(message));
  }

  close() {
    this.#over(this.#end ?? lostError("it was closed", ""));
  }

  /**
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>} rejects, with a `KernelError`, when the device is lost before
   */
  orLost(work) {
    // No race with one promise that lives as long as the device: it would keep a reaction for every call.
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      work.then(
        (value) => {
          this.#waiting.delete(reject);
          resolve(value);
        },
        async (error) => {
          reject(error instanceof KernelError ? error : await this.#explained(error));
          this.#waiting.delete(reject);
        },
      );
    });
  }

  /** @param {KernelError} error */
  #over(error) {
    this.#end = error;
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /**
   * Why something has failed: often because the device is lost, which is told later.
   * @param {unknown} error
   */
  async #explained(error) {
    await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, NEWS_MS))]);
    const why = oneLine(error instanceof Error ? error.message : String(error));
    return this.#end ?? new KernelError(`The GPU has failed: ${why}`, "WEBGPU_INTERNAL");
  }
}
