/** @typedef {import("./clock.mjs").Clock} Clock */

/** The longest delay `setTimeout` takes. */
const TIMEOUT_MAX_MILLISECONDS = 0x7fff_ffff;

/**
 * Someone who sleeps. The deadline is asked for again with every change of the clock: one by the time of day moves with it.
 * @typedef {{ deadline: () => bigint, timeout: number, ring: () => void }} Alarm
 */

/** Who sleeps, and until when by the clock that the program sees: woken by time that passes, and by the host that moves it. */
export class Alarms {
  #clock;
  #task;
  /** @type {Set<Alarm>} */
  #alarms = new Set();

  /** @param {Clock} clock @param {() => Promise<unknown>} task settled in a message's task */
  constructor(clock, task) {
    this.#clock = clock;
    this.#task = task;
    clock.changed = () => this.#changed();
  }

  /** How many sleep. */
  get waiting() {
    return this.#alarms.size;
  }

  /** The monotonic time at which the first of them wakes. @returns {bigint | null} null when nobody sleeps */
  next() {
    let next = null;
    for (const { deadline } of this.#alarms) {
      const at = deadline();
      if (next === null || at < next) next = at;
    }
    return next;
  }

  /**
   * @param {() => bigint} deadline in monotonic time
   * @returns {{ done: Promise<void>, cancel: () => void }}
   */
  set(deadline) {
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    /** @type {Alarm} */
    const alarm = { deadline, timeout: 0, ring: resolve };
    this.#alarms.add(alarm);
    // A timer set from a timer's own task is held back to 4 ms; from a message's task it is not.
    void this.#task().then(() => this.#arm(alarm));
    return { done: promise, cancel: () => this.#drop(alarm) };
  }

  /** Nobody who sleeps is to wake. */
  close() {
    for (const alarm of this.#alarms) this.#drop(alarm);
  }

  /** @param {Alarm} alarm */
  #drop(alarm) {
    clearTimeout(alarm.timeout);
    this.#alarms.delete(alarm);
  }

  /** @param {Alarm} alarm */
  #arm(alarm) {
    if (!this.#alarms.has(alarm)) return;
    clearTimeout(alarm.timeout);
    const clock = this.#clock;
    clock.read();
    const deadline = alarm.deadline();
    if (clock.leaps) clock.leap(deadline);
    const left = clock.until(deadline);
    if (left <= 0) {
      this.#drop(alarm);
      alarm.ring();
    } else if (left < Infinity) {
      alarm.timeout = setTimeout(() => this.#arm(alarm), Math.min(Math.ceil(left), TIMEOUT_MAX_MILLISECONDS));
    }
  }

  #changed() {
    const earliestFirst = [...this.#alarms].sort((a, b) => (a.deadline() < b.deadline() ? -1 : 1));
    for (const alarm of earliestFirst) this.#arm(alarm);
  }
}
