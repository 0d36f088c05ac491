import { KernelError } from "../rpc.mjs";
import { dateOf } from "./process-files.mjs";

/** @typedef {import("./process-files.mjs").Control} Control */
/** @typedef {"real" | "virtual" | "manual"} ClockMode */
/**
 * @typedef {{mode: ClockMode, paused: boolean, scale: number, now: Date, nanoseconds: bigint, next: Date | null, waiting: number}}
 *   ClockState `nanoseconds` is `now`, whole; `next` is when the first of `waiting` sleepers wakes
 */

/** What a running program's clocks and sleeps go by. Durations are in seconds. */
export class ProcessTime {
  #control;

  /** @param {Control} control */
  constructor(control) {
    this.#control = control;
  }

  /** @returns {Promise<Date>} */
  async now() {
    return dateOf(await this.#control("time.now"));
  }

  /** @returns {Promise<ClockState>} */
  async state() {
    const { now, next, ...state } = await this.#control("time.state");
    return { ...state, now: dateOf(now), nanoseconds: now, next: next === null ? null : dateOf(next) };
  }

  /** @param {ClockMode} mode @returns {Promise<void>} */
  setMode(mode) {
    return this.#control("time.set_mode", mode);
  }

  /** @returns {Promise<void>} */
  pause() {
    return this.#control("time.pause");
  }

  /** @returns {Promise<void>} */
  resume() {
    return this.#control("time.resume");
  }

  /** @param {number} factor how many seconds pass in one of the host's @returns {Promise<void>} */
  scale(factor) {
    return this.#control("time.scale", factor);
  }

  /** Moves the clock by so much times its scale, below 0 back; a paused one stays. @param {number} seconds @returns {Promise<Date>} */
  async advance(seconds) {
    if (!Number.isFinite(seconds)) {
      throw new KernelError(`A clock cannot be moved by ${String(seconds)} seconds: give a number.`, "WASM_TIME_RANGE_INVALID");
    }
    const whole = Math.trunc(seconds);
    return dateOf(await this.#control("time.advance", BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9))));
  }

  /** Moves to when the first sleeper wakes. @returns {Promise<Date | null>} null, and no move, where nothing sleeps */
  async step() {
    const reached = await this.#control("time.step");
    return reached === null ? null : dateOf(reached);
  }
}
