import {
  CLOCKID_MONOTONIC,
  CLOCKID_REALTIME,
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_SUCCESS,
  EVENTRWFLAGS_FD_READWRITE_HANGUP,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME,
} from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("../descriptors.mjs").Descriptor} Descriptor */
/** @typedef {import("./filestat.mjs").Layout} Layout */

const EVENT_SIZE = 32;
const FD_READWRITE_OFFSET = 16;
/** Subscriptions in one call: nothing real asks for more than it may have descriptors and a few timers. */
const SUBSCRIPTIONS_MAX = 65_536;

/**
 * @typedef {object} Subscription
 * @property {number} userdataLow
 * @property {number} userdataHigh
 * @property {number} type EVENTTYPE_*
 * @property {number} deadline on the clock's own scale, for clocks
 * @property {Descriptor | null} descriptor
 */

/**
 * poll_oneoff.
 * @param {Process} process
 * @param {Layout} layout
 */
export function pollFunctions({ memory, descriptors, clock, turnstile }, layout) {
  /**
   * The reading of the clock at which a clock subscription is due.
   * @param {number} at
   * @param {number} now
   * @returns {number} Infinity for never; NaN for a clock that cannot be waited for
   */
  function deadlineOf(at, now) {
    const { view } = memory;
    const id = view.getUint32(at, true);
    const timeout = Number(view.getBigUint64(at + 8, true)) / 1e6;
    const absolute = (view.getUint16(at + 24, true) & SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
    if (id === CLOCKID_MONOTONIC) return absolute ? timeout : now + timeout;
    if (id !== CLOCKID_REALTIME) return NaN;
    const { seconds, nanoseconds } = clock.timestamp();
    return absolute ? now + timeout - (seconds * 1e3 + nanoseconds / 1e6) : now + timeout;
  }

  /**
   * @param {number} pointer
   * @param {number} count
   * @returns {Subscription[] | number} or an errno; one bad subscription fails the call, as in wasmtime
   */
  function readSubscriptions(pointer, count) {
    const now = clock.read();
    const { view } = memory;
    /** @type {Subscription[]} */
    const subscriptions = [];
    for (let i = 0; i < count; i++) {
      const at = pointer + i * layout.subscriptionSize;
      const type = view.getUint8(at + 8);
      let deadline = Infinity;
      let descriptor = null;
      if (type === EVENTTYPE_CLOCK) {
        deadline = deadlineOf(at + layout.subscriptionClockOffset, now);
        if (Number.isNaN(deadline)) return ERRNO_INVAL;
      } else if (type === EVENTTYPE_FD_READ || type === EVENTTYPE_FD_WRITE) {
        descriptor = descriptors.get(view.getInt32(at + FD_READWRITE_OFFSET, true)) ?? null;
        const able = type === EVENTTYPE_FD_READ ? descriptor?.readReady() : descriptor?.writeReady();
        if (descriptor === null || able === null) return ERRNO_BADF;
      } else {
        return ERRNO_INVAL;
      }
      subscriptions.push({
        userdataLow: view.getUint32(at, true),
        userdataHigh: view.getUint32(at + 4, true),
        type,
        deadline,
        descriptor,
      });
    }
    return subscriptions;
  }

  /**
   * Writes the events of what is ready.
   * @param {Subscription[]} subscriptions
   * @param {number} events
   * @returns {number} how many
   */
  function report(subscriptions, events) {
    const now = clock.read();
    let count = 0;
    for (const { userdataLow, userdataHigh, type, deadline, descriptor } of subscriptions) {
      let bytes = 0;
      let flags = 0;
      if (type === EVENTTYPE_CLOCK) {
        if (deadline > now) continue;
      } else if (descriptor !== null) {
        const ready = (type === EVENTTYPE_FD_READ ? descriptor.readReady() : descriptor.writeReady()) ?? 0;
        if (ready < 0) continue;
        bytes = ready;
        if (type === EVENTTYPE_FD_READ && descriptor.readEnded()) flags = EVENTRWFLAGS_FD_READWRITE_HANGUP;
      }
      const at = events + count * EVENT_SIZE;
      // Again after a wait: memory may have grown meanwhile.
      memory.fits(at, EVENT_SIZE);
      const { view } = memory;
      view.setUint32(at, userdataLow, true);
      view.setUint32(at + 4, userdataHigh, true);
      view.setUint32(at + 8, ERRNO_SUCCESS | (type << 16), true);
      view.setUint32(at + 12, 0, true);
      memory.setUint64(at + 16, bytes);
      view.setUint32(at + 24, flags, true);
      view.setUint32(at + 28, 0, true);
      count++;
    }
    return count;
  }

  /**
   * Stands still until something may be ready.
   * @param {Subscription[]} subscriptions
   * @returns {Promise<void>}
   */
  async function somethingReady(subscriptions) {
    const deadline = nextDeadline(subscriptions);
    /** @type {Map<Promise<void>, Descriptor>} */
    const waits = new Map();
    for (const { type, descriptor } of subscriptions) {
      if (descriptor === null) continue;
      waits.set(type === EVENTTYPE_FD_READ ? descriptor.readable() : descriptor.writable(), descriptor);
    }
    const timer = deadline === Infinity ? null : turnstile.timer(deadline - clock.now);
    await Promise.race(timer === null ? waits.keys() : [timer.done, ...waits.keys()]);
    timer?.cancel();
    for (const [wait, descriptor] of waits) descriptor.dismiss(wait);
  }

  /**
   * @param {Subscription[]} subscriptions
   * @param {number} events
   * @param {number} result
   * @returns {number | Promise<number>}
   */
  function complete(subscriptions, events, result) {
    const count = report(subscriptions, events);
    if (count > 0) {
      memory.view.setUint32(result, count, true);
      return ERRNO_SUCCESS;
    }
    // Without suspension nothing can arrive while we wait: only the time can pass.
    const deadline = nextDeadline(subscriptions);
    if (!turnstile.suspendable && deadline !== Infinity && turnstile.sleep(deadline - clock.now)) {
      return complete(subscriptions, events, result);
    }
    return turnstile
      .waitInterruptibly("poll_oneoff", () => somethingReady(subscriptions))
      .then(() => complete(subscriptions, events, result));
  }

  return {
    /** @param {number} pointer @param {number} events @param {number} count @param {number} result */
    poll_oneoff(pointer, events, count, result) {
      pointer >>>= 0;
      events >>>= 0;
      count >>>= 0;
      result >>>= 0;
      if (count === 0 || count > SUBSCRIPTIONS_MAX) return ERRNO_INVAL;
      const fits = memory.fits(pointer, count * layout.subscriptionSize) && memory.fits(events, count * EVENT_SIZE);
      if (!fits || !memory.fits(result, 4)) return ERRNO_FAULT;
      const subscriptions = readSubscriptions(pointer, count);
      if (typeof subscriptions === "number") return subscriptions;
      return complete(subscriptions, events, result);
    },
  };
}

/** @param {Subscription[]} subscriptions @returns {number} Infinity when none is for a clock */
function nextDeadline(subscriptions) {
  return subscriptions.reduce((next, { deadline }) => Math.min(next, deadline), Infinity);
}
