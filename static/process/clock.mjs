import { timestampOf } from "./timestamp.mjs";

/** @typedef {import("./timestamp.mjs").Timestamp} Timestamp */
/** @typedef {import("./protocol.mjs").ClockStart} ClockStart */
/** @typedef {import("./protocol.mjs").ClockMode} ClockMode */

/**
 * A clock as plain values. Times are decimal digits of nanoseconds: `monotonic`, `now` the time of day, `host` the host's, `waited`
 * what is no CPU time, and `origin` the monotonic time at the program's start.
 * @typedef {object} SavedClock
 * @property {ClockMode} mode
 * @property {string} scale
 * @property {boolean} paused
 * @property {string} monotonic
 * @property {string} now
 * @property {string} host
 * @property {string} waited
 * @property {string} origin
 */

/** Kept because looking the global up on each call costs twice what the call does. */
const performance = globalThis.performance;

/** `performance.now()` moves in steps of 5 us in an isolated context and of 100 us elsewhere. */
const RESOLUTION_NANOSECONDS = globalThis.crossOriginIsolated ? 5_000 : 100_000;
/** The worker's time origin in nanoseconds since the Unix epoch; it is known to the microsecond. */
const ORIGIN = BigInt(Math.round(performance.timeOrigin * 1000)) * 1000n;
/** What passes with each reading of a clock that moves with the program alone, so that waiting for it by reading it ends. */
const READING = 1_000n;
/** What is added by the host is a whole number of these. */
const TICK = 100n;
/** What a clock can say: 64 bits of nanoseconds around the Unix epoch, the years 1677 to 2262. */
const EARLIEST = -(2n ** 63n);
export const LATEST = 2n ** 63n - 1n;

/** @type {readonly ClockMode[]} */
export const CLOCK_MODES = Object.freeze(["real", "virtual", "manual"]);
/** @type {ClockStart} */
const HOST_TIME = { mode: "real", start: 0n, scale: 1, paused: false };

/**
 * Two times. The host's (`now`, `tick`) paces work: how long the event loop was out, when output is sent. The program's is what
 * every system call tells it, and what its files and the devices bear. One system call reads the host's once (`read`), and
 * everything inside that call uses that reading.
 *
 * The program's time is monotonic time and what the time of day is ahead of it. It *runs* with the host's time in the mode
 * `real`, or *stands*: in the mode `manual`, where the host alone moves it, while it is paused, and at a scale of 0. In the mode
 * `virtual`, and at an infinite scale, it stands too, but *leaps*: who sleeps has slept at once. All that stands is exact to
 * the nanosecond.
 */
export class Clock {
  /** Milliseconds since the worker's time origin, as last read: the host's time. */
  now = performance.now();
  /** Milliseconds since the Unix epoch, as last read by `readTick`: the host's time; may jump when the system's clock is set. */
  tick = Date.now();
  /** Monotonic time at the program's start. */
  origin = 0n;
  /** Whether the program's time passes with the host's. */
  runs = true;
  /** Whether the program's time jumps to where a sleep ends. */
  leaps = false;
  /** Called when the program's time was moved, or passes in another way. */
  changed = () => {};
  /** @type {ClockMode} */
  #mode;
  #scale;
  #paused;
  /** Where it stands, or was when it was set. */
  #monotonic = 0n;
  /** What the time of day is ahead of monotonic time. */
  #ahead;
  /**
   * The same without BigInt, for a clock that runs: its monotonic nanoseconds are the host's milliseconds times `rate` and `shift`
   * more; the time of day is those, `toDay` nanoseconds and whole `seconds`.
   */
  #rate = 1e6;
  #shift = 0;
  #toDay = 0;
  #seconds = 0;
  /** The monotonic time told last by a clock that runs, in nanoseconds and a fraction. */
  #told = -1;
  /** The time of day of a clock that stands. @type {Timestamp | null} */
  #timestamp = null;
  /** Monotonic time at which CPU time began, and what the process stood still since. */
  #began;
  #waited = 0n;
  #hostBegan = this.now;
  #hostWaited = 0;

  /** @param {ClockStart} [start] */
  constructor({ mode, start, scale, paused } = HOST_TIME) {
    this.#mode = mode;
    this.#scale = scale;
    this.#paused = paused;
    this.#ahead = ORIGIN;
    this.#set(mode === "real" ? nanosecondsOf(this.now) : 0n, mode === "real" ? ORIGIN : start);
    this.#began = this.origin = this.#monotonic;
  }

  /** Reads the host's time. Milliseconds since the worker's time origin. */
  read() {
    return (this.now = performance.now());
  }

  /** Reads the host's time coarsely: half the price (29 ns), good enough to pace work by. */
  readTick() {
    return (this.tick = Date.now());
  }

  /** The program's time of day at the last reading. @returns {Timestamp} */
  timestamp() {
    if (!this.runs) return (this.#timestamp ??= timestampOf(this.ofDay()));
    const nanoseconds = Math.floor(this.now * this.#rate + this.#shift) + this.#toDay;
    const seconds = Math.floor(nanoseconds / 1e9);
    return { seconds: this.#seconds + seconds, nanoseconds: nanoseconds - seconds * 1e9 };
  }

  /**
   * The monotonic time of a clock that runs, in nanoseconds and a fraction, as it is told to the program: programs take it for
   * granted that time passes between two calls, and a browser's clock moves in steps.
   */
  tellMonotonic() {
    const now = this.now * this.#rate + this.#shift;
    const next = this.#told + 1;
    return (this.#told = now > next ? now : next);
  }

  /** Monotonic time at the last reading, in nanoseconds. @returns {bigint} */
  monotonic() {
    if (!this.runs) return this.#monotonic;
    return BigInt(Math.floor(Math.max(this.#told, this.now * this.#rate + this.#shift)));
  }

  /** The time of day at the last reading, in nanoseconds since the Unix epoch, which a program's clock does not go behind. */
  ofDay() {
    const now = this.time();
    return now < 0n ? 0n : now;
  }

  /** The time of day at the last reading, in nanoseconds since the Unix epoch. @returns {bigint} */
  time() {
    return this.monotonic() + this.#ahead;
  }

  /** CPU time at the last reading, in nanoseconds of the program's time: a worker runs nothing but its process. */
  cpuTime() {
    const used = this.monotonic() - this.#began - this.#waited;
    return used < 0n ? 0n : used;
  }

  /** CPU time at the last reading, in milliseconds of the host's time. */
  hostCpuTime() {
    return Math.max(0, this.now - this.#hostBegan - this.#hostWaited);
  }

  /** The program has read a clock. @param {bigint} [passes] that moves on, by this, in the mode `manual` too; a paused one never */
  looked(passes) {
    if (this.runs || this.#paused || (passes === undefined && !this.leaps)) return;
    this.#monotonic += passes ?? READING;
    this.#timestamp = null;
  }

  /** The smallest step of the clock, in nanoseconds. */
  get resolutionNanoseconds() {
    return this.#mode === "real" ? RESOLUTION_NANOSECONDS : 1;
  }

  /** Notes that the process stands still, which is not CPU time. @returns {() => void} to be called when it goes on */
  stand() {
    const host = this.read();
    const from = this.monotonic();
    return () => {
      this.#hostWaited += this.read() - host;
      this.#waited += this.monotonic() - from;
    };
  }

  /**
   * How long it is for the host until monotonic time has come to a deadline, from the last reading on.
   * @param {bigint} deadline
   * @returns {number} milliseconds, not above 0 when it is there; Infinity while it does not come there by itself
   */
  until(deadline) {
    const left = deadline - this.monotonic();
    if (left <= 0n) return 0;
    return this.runs ? Number(left) / 1e6 / this.#scale : Infinity;
  }

  /** The monotonic time of a time of day. @param {bigint} time */
  monotonicOf(time) {
    return time - this.#ahead;
  }

  /** Moves forward to a deadline: of its own accord where it leaps, by the host's will elsewhere. @param {bigint} deadline */
  leap(deadline) {
    const monotonic = this.monotonic();
    if (deadline > monotonic) this.#set(deadline, this.#ahead);
  }

  get mode() {
    return this.#mode;
  }

  get scale() {
    return this.#scale;
  }

  get paused() {
    return this.#paused;
  }

  /** Changes how time passes from now on; it does not jump. @param {{ mode?: ClockMode, scale?: number, paused?: boolean }} way */
  pass({ mode = this.#mode, scale = this.#scale, paused = this.#paused }) {
    this.read();
    const monotonic = this.monotonic();
    this.#mode = mode;
    this.#scale = scale;
    this.#paused = paused;
    this.#set(monotonic, this.#ahead);
    this.changed();
  }

  /**
   * Adds time by the host's will, times the scale and cut to whole ticks of 100 ns. Backwards goes only the time of day.
   * @param {bigint} nanoseconds
   * @returns {boolean} false where that leaves what a clock can say: nothing has changed then
   */
  advance(nanoseconds) {
    if (this.#paused) return true;
    const by = scaled(nanoseconds, this.#scale);
    if (by === null) return false;
    this.read();
    const monotonic = this.monotonic();
    const time = monotonic + this.#ahead + by;
    if (time < EARLIEST || time > LATEST || monotonic + by > LATEST) return false;
    if (by < 0n) this.#set(monotonic, this.#ahead + by);
    else this.#set(monotonic + by, this.#ahead);
    this.changed();
    return true;
  }

  /** @returns {SavedClock} */
  save() {
    this.read();
    return {
      mode: this.#mode,
      scale: String(this.#scale),
      paused: this.#paused,
      monotonic: String(this.monotonic()),
      now: String(this.time()),
      host: String(ORIGIN + nanosecondsOf(this.now)),
      waited: String(this.#waited + this.#began),
      origin: String(this.origin),
    };
  }

  /**
   * Becomes the clock that was saved. One that ran at the host's pace is as far from the host's time as it was then; every other
   * goes on from the time that it had. Monotonic time goes on in either case.
   * @param {SavedClock} saved
   * @throws {Error} when that is none; nothing has changed then
   */
  restore(saved) {
    const { mode, paused } = saved;
    const scale = Number(saved.scale);
    const { monotonic: at, now, host: hostNow, waited: still, origin: began } = saved;
    const [monotonic, time, host, waited, origin] = [at, now, hostNow, still, began].map(BigInt);
    if (!CLOCK_MODES.includes(mode) || !(scale >= 0)) throw new TypeError("this is no clock that was saved");
    this.read();
    const follows = mode === "real" && scale === 1 && !paused;
    const passed = follows ? ORIGIN + nanosecondsOf(this.now) - host : 0n;
    this.#mode = mode;
    this.#scale = scale;
    this.#paused = paused;
    this.#began = waited;
    this.#waited = 0n;
    this.origin = origin;
    this.#told = -1;
    this.#set(monotonic, time - monotonic + passed);
    this.changed();
  }

  /** @param {bigint} monotonic the program's time at the last reading of the host's @param {bigint} ahead */
  #set(monotonic, ahead) {
    this.#monotonic = monotonic;
    this.#ahead = ahead;
    this.#timestamp = null;
    const real = this.#mode === "real" && !this.#paused;
    this.runs = real && this.#scale > 0 && this.#scale < Infinity;
    this.leaps = !this.#paused && (this.#mode === "virtual" || (real && this.#scale === Infinity));
    if (!this.runs) return;
    const time = monotonic + ahead;
    const { seconds, nanoseconds } = timestampOf(time < 0n ? 0n : time);
    this.#seconds = seconds;
    this.#toDay = nanoseconds - Number(monotonic);
    this.#rate = this.#scale * 1e6;
    this.#shift = Number(monotonic) - this.now * this.#rate;
  }
}

/** @param {number} milliseconds */
function nanosecondsOf(milliseconds) {
  return BigInt(Math.floor(milliseconds * 1e6));
}

/**
 * A time times a factor, exactly, cut to whole ticks towards 0.
 * @param {bigint} nanoseconds
 * @param {number} scale not negative
 * @returns {bigint | null} null where the product is infinite
 */
function scaled(nanoseconds, scale) {
  if (nanoseconds === 0n) return 0n;
  if (scale === Infinity) return null;
  // Every double is a whole number of 53 bits divided, or multiplied, by a power of two.
  let divisor = 1n;
  while (!Number.isSafeInteger(scale) && scale < Number.MAX_SAFE_INTEGER) {
    scale *= 2;
    divisor *= 2n;
  }
  return ((nanoseconds * BigInt(scale)) / (divisor * TICK)) * TICK;
}
