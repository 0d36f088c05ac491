import { Wakeup } from "../wakeup.mjs";
import { ERRNO_SUCCESS, FDFLAGS_NONBLOCK } from "../wasi/abi.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */

/**
 * How much of a device's output is on its way, in whatever units it counts: holds a program back whose receiver does not keep
 * up. A program that cannot be made to wait here (it does not block, or the browser cannot suspend it) is told AGAIN once twice
 * the window is under way.
 *
 * A lossless process is not told how its receiver does: everything is taken, at any time, and it waits even where it does not
 * block.
 */
export class Outbox {
  /** Woken when there is room again. */
  drained = new Wakeup();
  #window;
  #clock;
  #turnstile;
  #lossless;
  #unacknowledged = 0;

  /**
   * @param {number} window what may be under way before the program waits
   * @param {{ clock: Clock, turnstile: Turnstile, start: { lossless: boolean } }} process
   */
  constructor(window, { clock, turnstile, start }) {
    this.#window = window;
    this.#lossless = start.lossless;
    this.#clock = clock;
    this.#turnstile = turnstile;
  }

  /** Whether the receiver keeps up, as far as the program is told. */
  get open() {
    return this.#lossless || this.#keepsUp;
  }

  /** Whether the program can be held back. */
  get holds() {
    const { controllable, suspendable } = this.#turnstile;
    return suspendable && (controllable || this.#lossless);
  }

  /** What may be under way before the program waits. @param {number} window */
  set window(window) {
    this.#window = window;
    if (this.#keepsUp) this.drained.wake();
  }

  get #keepsUp() {
    return this.#unacknowledged <= this.#window;
  }

  /** What can be taken before AGAIN is all there is to say. */
  get room() {
    return this.#lossless ? Infinity : Math.max(0, 2 * this.#window - this.#unacknowledged);
  }

  /** Settled when the receiver keeps up. @returns {Promise<void>} */
  writable() {
    return this.open ? Promise.resolve() : this.drained.wait();
  }

  /** @param {number} amount */
  sent(amount) {
    this.#unacknowledged += amount;
  }

  /** @param {number} amount that the receiver has dealt with */
  acknowledged(amount) {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - amount);
    if (this.#keepsUp) this.drained.wake();
  }

  /**
   * After a whole write: waits for a slow receiver, or lets the event loop in if it is due.
   * @param {number} flags FDFLAGS_* of the descriptor
   * @returns {number | Promise<number>} ERRNO_SUCCESS
   */
  settled(flags) {
    const turnstile = this.#turnstile;
    const blocking = (flags & FDFLAGS_NONBLOCK) === 0;
    if (!this.#keepsUp && (blocking || this.#lossless) && this.holds) {
      return turnstile.wait("fd_write", () => this.drained.wait()).then(() => ERRNO_SUCCESS);
    }
    this.#clock.read();
    return turnstile.turnIfDue();
  }
}
