import { CLOCK_MODES } from "../clock.mjs";
import { ControlError } from "./control-error.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/**
 * The operations on the clock that a program sees. Times are nanoseconds since the Unix epoch, bigint; durations may also come as
 * whole numbers. A change is heard at once by all who sleep.
 * @type {Readonly<Record<string, import("./control.mjs").Operation>>}
 */
export const timeOperations = Object.freeze({
  "time.now": ({ clock }) => clock.time(),

  /** `next` is when the first of `waiting` sleepers wakes. */
  "time.state": ({ clock, turnstile }) => {
    const { mode, paused, scale } = clock;
    const { waiting } = turnstile.alarms;
    const next = turnstile.alarms.next();
    const until = next === null ? null : next - clock.monotonic();
    const now = clock.time();
    return { mode, paused, scale, now, next: until === null ? null : now + until, waiting };
  },

  "time.set_mode": ({ clock }, mode) => {
    if (!CLOCK_MODES.includes(mode)) {
      throw new ControlError("WASM_TIME_MODE_INVALID", `${text(mode)} is no mode of a clock: there are ${CLOCK_MODES.join(", ")}.`);
    }
    clock.pass({ mode });
    return null;
  },

  "time.pause": ({ clock }) => {
    clock.pass({ paused: true });
    return null;
  },

  "time.resume": ({ clock }) => {
    clock.pass({ paused: false });
    return null;
  },

  /** How many seconds pass in one of the host's; 0 and infinity are scales too. */
  "time.scale": ({ clock }, scale) => {
    if (typeof scale !== "number" || !(scale >= 0)) {
      throw new ControlError("WASM_TIME_SCALE_NEGATIVE", `Time cannot be scaled by ${text(scale)}: give 0 or more.`);
    }
    clock.pass({ scale });
    return null;
  },

  "time.advance": ({ clock }, nanoseconds) => {
    if (!clock.advance(duration(nanoseconds))) {
      throw new ControlError(
        "WASM_TIME_RANGE_INVALID",
        "A clock says 64 bits of nanoseconds around 1970, the years 1677 to 2262: it cannot be moved beyond.",
      );
    }
    return clock.time();
  },

  /** Moves to where the first sleeper wakes, whether paused or not; null where nobody sleeps. */
  "time.step": ({ clock, turnstile }) => {
    const next = turnstile.alarms.next();
    if (next === null) return null;
    clock.leap(next);
    clock.changed();
    return clock.time();
  },
});

/** @param {unknown} value @returns {bigint} */
function duration(value) {
  if (typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(/** @type {number} */ (value));
  throw new ControlError("WASM_TIME_RANGE_INVALID", `${text(value)} is no whole number of nanoseconds.`);
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
