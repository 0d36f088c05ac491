import { startModuleWorker } from "../module-worker.mjs";
import { randomId } from "../random-id.mjs";

/** Workers that wait for a program: one for the next program while another is replaced, and more where there are cores for it. */
const RESERVE_MIN = 2;
const RESERVE_MAX = 4;
/** Programs after which a worker is retired: what its engine keeps of them (compiled code, caches) goes with it. */
const PROGRAMS_PER_WORKER = 64;

/** A worker and how many programs it has begun. */
class PooledWorker {
  programs = 0;
  /** Called when the worker has gone without a word. */
  onLost = () => {};
  /** @readonly */
  worker;
  #watch = new AbortController();

  /** @param {URL} url of the worker's script */
  constructor(url) {
    const name = `aikernel process ${randomId()}`;
    this.worker = startModuleWorker(url, name);
    this.worker.addEventListener("message", ({ data }) => {
      if (data.type === "ready") void this.#watchOver(name);
    });
  }

  terminate() {
    this.#watch.abort();
    this.worker.terminate();
  }

  /**
   * Learns of the worker's death: nothing tells of a worker that closed or was ended by the browser, but the lock that it holds
   * for as long as it lives is given to the next who asks.
   * @param {string} name of the lock, which the worker has when it says that it is ready
   */
  async #watchOver(name) {
    try {
      await navigator.locks.request(name, { signal: this.#watch.signal }, () => this.onLost());
    } catch {
      // Aborted, or a page that may have no locks (insecure, sandboxed): then only errors tell.
    }
  }
}

/** @typedef {PooledWorker} Pooled */

/** Process workers: started ahead, and used again when their program left nothing behind. */
export class WorkerPool {
  #url;
  /** @type {PooledWorker[]} */
  #idle = [];
  #reserve = Math.min(RESERVE_MAX, Math.max(RESERVE_MIN, globalThis.navigator.hardwareConcurrency ?? 0));

  /** @param {URL} url of the worker's script */
  constructor(url) {
    this.#url = url;
    // One: the rest would take time from the start of the kernel.
    this.prepare();
  }

  /** @returns {PooledWorker} fresh, or one whose last program ended cleanly; its handlers are the taker's to set */
  take() {
    // The one that came back last is the warmest.
    const pooled = this.#idle.pop() ?? new PooledWorker(this.#url);
    pooled.programs += 1;
    return pooled;
  }

  /** Sees to the next program while one runs. Most workers come back, so that one is enough. */
  prepare() {
    if (this.#idle.length === 0) this.#keep(new PooledWorker(this.#url));
  }

  /** @param {PooledWorker} pooled whose program ended cleanly */
  giveBack(pooled) {
    pooled.worker.onmessage = null;
    pooled.worker.onmessageerror = null;
    if (pooled.programs < PROGRAMS_PER_WORKER && this.#idle.length < this.#reserve) this.#keep(pooled);
    else this.discard(pooled);
  }

  /** @param {PooledWorker} pooled whose program left it in a state that nobody knows, or runs on */
  discard(pooled) {
    pooled.terminate();
    this.#fill();
  }

  /** Brings the reserve up to its number. */
  #fill() {
    while (this.#idle.length < this.#reserve) this.#keep(new PooledWorker(this.#url));
  }

  /** @param {PooledWorker} pooled */
  #keep(pooled) {
    // Set aside when it fails while it waits: the program that would have got it gets another.
    const drop = () => {
      this.#idle = this.#idle.filter((other) => other !== pooled);
      pooled.terminate();
    };
    pooled.onLost = drop;
    pooled.worker.onerror = (event) => {
      event.preventDefault();
      drop();
    };
    this.#idle.push(pooled);
  }
}
