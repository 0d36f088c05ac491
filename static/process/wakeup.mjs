/**
 * Something that those who stand still wait for. Who waited for several things at once and was woken by another takes his wait
 * back (`cancel`), or waits would pile up here.
 */
export class Wakeup {
  /** @type {Map<Promise<void>, () => void>} */
  #waiting = new Map();

  /** @returns {Promise<void>} settled by the next `wake` */
  wait() {
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    this.#waiting.set(promise, resolve);
    return promise;
  }

  /** @param {Promise<void>} wait nobody looks at any longer */
  cancel(wait) {
    this.#waiting.delete(wait);
  }

  wake() {
    const woken = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of woken) resolve();
  }
}
