/** The longest single sleep: enough to be woken rarely, short enough for any timer. */
const SLEEP_MAX_MILLISECONDS = 0x7fff_ffff;

/**
 * Sleeping without suspension, for where JSPI is missing: blocks the whole worker, and its event loop with it, without burning
 * the core.
 */
export class Sleeper {
  /** @type {Int32Array | null} */
  #cell = null;

  /**
   * @param {number} milliseconds
   * @returns {boolean} false when the browser does not let a worker sleep
   */
  sleep(milliseconds) {
    const until = performance.now() + milliseconds;
    try {
      // Shared memory of WebAssembly is there without cross-origin isolation, where SharedArrayBuffer has no name.
      this.#cell ??= new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
      for (let left = milliseconds; left > 0; left = until - performance.now()) {
        Atomics.wait(this.#cell, 0, 0, Math.min(left, SLEEP_MAX_MILLISECONDS));
      }
      return true;
    } catch {
      return false;
    }
  }
}
