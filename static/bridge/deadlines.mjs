/** A timer holds at most 2^31 - 1 ms and takes anything longer as none at all. */
const TIMER_MAX_MILLISECONDS = 2 ** 31 - 1;

/** Things to be done after a while, unless all is over by then. */
export class Deadlines {
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #timers = new Set();

  /**
   * A long while is several timers.
   * @param {number} seconds
   * @param {() => void} act
   * @param {number} deadline on the clock of `performance.now()`
   */
  after(seconds, act, deadline = performance.now() + seconds * 1000) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (performance.now() < deadline) this.after(seconds, act, deadline);
      else act();
    }, Math.min(deadline - performance.now(), TIMER_MAX_MILLISECONDS));
    this.#timers.add(timer);
  }

  clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
