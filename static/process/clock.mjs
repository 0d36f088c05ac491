/**
 * A point in time in exact nanoseconds since the Unix epoch, split because a double holds only 53 bits and BigInt is slow
 * on hot paths. Immutable: shared between inodes.
 * @typedef {{ readonly seconds: number, readonly nanoseconds: number }} Timestamp
 */

/** Kept because looking the global up on each call costs twice what the call does. */
const performance = globalThis.performance;

/** `performance.now()` moves in steps of 5 us in an isolated context and of 100 us elsewhere. */
const RESOLUTION_NANOSECONDS = globalThis.crossOriginIsolated ? 5_000 : 100_000;

/**
 * The time a process sees. One system call reads it once (`read`) and everything inside that call (inode times, output
 * batching, yielding) uses that reading.
 */
export class Clock {
  /** Milliseconds since the worker's time origin, as last read. */
  now = performance.now();
  /** Milliseconds since the Unix epoch, as last read by `readTick`; may jump when the system's clock is set. */
  tick = Date.now();
  resolutionNanoseconds = RESOLUTION_NANOSECONDS;
  #startedAt = this.now;
  #waited = 0;
  #originSeconds = Math.floor(performance.timeOrigin / 1000);
  #originMilliseconds = performance.timeOrigin - Math.floor(performance.timeOrigin / 1000) * 1000;

  /** Reads the clock. Milliseconds since the worker's time origin. */
  read() {
    return (this.now = performance.now());
  }

  /** Reads the coarse clock: half the price (29 ns), good enough to pace work by. */
  readTick() {
    return (this.tick = Date.now());
  }

  /** The last reading as a time of day. @returns {Timestamp} */
  timestamp() {
    const milliseconds = this.#originMilliseconds + this.now;
    const seconds = Math.floor(milliseconds / 1000);
    return {
      seconds: this.#originSeconds + seconds,
      nanoseconds: Math.min(999_999_999, Math.floor((milliseconds - seconds * 1000) * 1e6)),
    };
  }

  /** Notes that the process stood still for a while, which is not CPU time. @param {number} milliseconds */
  waited(milliseconds) {
    this.#waited += milliseconds;
  }

  /** CPU time at the last reading in milliseconds: a worker runs nothing but its process. */
  cpuTime() {
    return Math.max(0, this.now - this.#startedAt - this.#waited);
  }
}

/**
 * @param {bigint} nanoseconds
 * @returns {Timestamp}
 */
export function timestampOf(nanoseconds) {
  const value = BigInt.asUintN(64, nanoseconds);
  return { seconds: Number(value / 1_000_000_000n), nanoseconds: Number(value % 1_000_000_000n) };
}

/**
 * Writes a timestamp as 64-bit nanoseconds, without BigInt.
 * @param {DataView} view
 * @param {number} pointer
 * @param {Timestamp} time
 */
export function setTimestamp(view, pointer, time) {
  // The low word is exact in 32-bit arithmetic; the double's rounding error (at most 2048) cannot reach the high one.
  const low = (Math.imul(time.seconds, 1_000_000_000) + time.nanoseconds) >>> 0;
  const high = Math.round((time.seconds * 1e9 + time.nanoseconds - low) / 0x1_0000_0000);
  view.setUint32(pointer, low, true);
  view.setUint32(pointer + 4, high, true);
}
