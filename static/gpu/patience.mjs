/** How long is waited for a GPU: nothing in a browser ends a kernel that never ends by itself. */

import { KernelError } from "../rpc.mjs";

/** Submits that are watched at a time, each that nobody waits for; of more, one in so many. */
const WATCHED = 16;

/**
 * Waits for what a browser answers; that it comes later is of no interest then.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} seconds
 * @param {string} message of the error when they are over
 * @returns {Promise<T>}
 * @throws {KernelError} WEBGPU_TIMEOUT
 */
export async function answeredWithin(promise, seconds, message) {
  let timer = 0;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new KernelError(message, "WEBGPU_TIMEOUT")), Math.min(seconds * 1000, LONGEST_TIMER));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

/** Longer ones fire at once (HTML, section 8.6: 32-bit milliseconds). */
const LONGEST_TIMER = 2 ** 31 - 1;

/** One who waits. @typedef {{ began: number, limit: number, giveUp: (error: KernelError) => void }} Wait */

/** Sees whether the work of a device goes on. */
export class Patience {
  #queue;
  #submits = 0;
  #watched = 0;
  /** Whether the latest submit is neither watched nor waited for. */
  #unwatched = false;
  #lastSign = performance.now();
  /** @type {Set<Wait>} */
  #waits = new Set();
  /** One timer for all: most of those who wait do so for less than a millisecond. */
  #timer = 0;
  #timerEnds = Infinity;

  /** @param {GPUQueue} queue */
  constructor(queue) {
    this.#queue = queue;
  }

  /** To be told before every submit: queues go on too where nobody waits for what was submitted before. */
  submitting() {
    const unwatched = this.#unwatched;
    this.#unwatched = true;
    if (!unwatched) return;
    this.#submits += 1;
    if (this.#watched >= WATCHED && this.#submits % WATCHED !== 0) return;
    this.#watched += 1;
    this.#queue.onSubmittedWorkDone().then(this.#ended, this.#ended);
  }

  /**
   * Waits for `ended` as long as anything that was submitted ends within `limit` seconds.
   * @template T
   * @param {Promise<T>} ended
   * @param {number} limit seconds, or Infinity
   * @returns {Promise<T>}
   * @throws {KernelError} WEBGPU_TIMEOUT
   */
  within(ended, limit) {
    if (limit === Infinity) return ended;
    this.#unwatched = false;
    return new Promise((resolve, reject) => {
      const wait = { began: performance.now(), limit: limit * 1000, giveUp: reject };
      this.#waits.add(wait);
      this.#lookAt(wait.began + wait.limit);
      const over = () => {
        this.#waits.delete(wait);
        this.#sign();
      };
      ended.then(resolve, reject);
      ended.then(over, over);
    });
  }

  /** @param {number} time */
  #lookAt(time) {
    if (time >= this.#timerEnds) return;
    clearTimeout(this.#timer);
    this.#timerEnds = time;
    this.#timer = setTimeout(this.#look, Math.min(Math.max(0, time - performance.now()), LONGEST_TIMER));
  }

  #look = () => {
    this.#timerEnds = Infinity;
    const now = performance.now();
    for (const wait of this.#waits) {
      const ends = Math.max(wait.began, this.#lastSign) + wait.limit;
      if (ends > now) {
        this.#lookAt(ends);
        continue;
      }
      this.#waits.delete(wait);
      const message =
        `The GPU did not end its work in ${wait.limit / 1000} s: its device was given up. ` +
        "What takes longer needs a greater `time_limit`.";
      wait.giveUp(new KernelError(message, "WEBGPU_TIMEOUT"));
    }
  };

  #ended = () => {
    this.#watched -= 1;
    this.#sign();
  };

  #sign = () => {
    this.#lastSign = performance.now();
  };
}
