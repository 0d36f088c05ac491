import { LATEST } from "../clock.mjs";
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
 * @property {bigint | null} deadline in nanoseconds, for clocks; null for never
 * @property {boolean} ofDay whether the deadline is a time of day, and not monotonic time
 * @property {Descriptor | null} descriptor
 */

/**
 * poll_oneoff.
 * @param {Process} process
 * @param {Layout} layout
 */
export function pollFunctions({ memory, descriptors, clock, turnstile }, layout) {
  /**
   * @param {number} pointer
   * @param {number} count
   * @returns {Subscription[] | number} or an errno; one bad subscription fails the call, as in wasmtime
   */
  function readSubscriptions(pointer, count) {
    clock.read();
    const now = clock.monotonic();
    const { view } = memory;
    /** @type {Subscription[]} */
    const subscriptions = [];
    for (let i = 0; i < count; i++) {
      const at = pointer + i * layout.subscriptionSize;
      const type = view.getUint8(at + 8);
      /** @type {bigint | null} */
      let deadline = null;
      let ofDay = false;
      let descriptor = null;
      if (type === EVENTTYPE_CLOCK) {
        const from = at + layout.subscriptionClockOffset;
        const id = view.getUint32(from, true);
        if (id !== CLOCKID_MONOTONIC && id !== CLOCKID_REALTIME) return ERRNO_INVAL;
        const absolute = (view.getUint16(from + 24, true) & SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
        const timeout = view.getBigUint64(from + 8, true);
        ofDay = absolute && id === CLOCKID_REALTIME;
        deadline = absolute ? timeout : now + timeout;
        if (deadline > LATEST) deadline = null;
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
        ofDay,
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
    clock.read();
    const now = clock.monotonic();
    let count = 0;
    for (const subscription of subscriptions) {
      const { userdataLow, userdataHigh, type, descriptor } = subscription;
      let bytes = 0;
      let flags = 0;
      if (type === EVENTTYPE_CLOCK) {
        const deadline = deadlineOf(subscription);
        if (deadline === null || deadline > now) continue;
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

  /** @param {Subscription} subscription @returns {bigint | null} in monotonic time */
  function deadlineOf({ deadline, ofDay }) {
    return deadline !== null && ofDay ? clock.monotonicOf(deadline) : deadline;
  }

  /** @param {Subscription[]} subscriptions @returns {bigint | null} in monotonic time; null when none is for a clock */
  function nextDeadline(subscriptions) {
    let next = null;
    for (const subscription of subscriptions) {
      const deadline = deadlineOf(subscription);
      if (deadline !== null && (next === null || deadline < next)) next = deadline;
    }
    return next;
  }

  /**
   * Stands still until something may be ready.
   * @param {Subscription[]} subscriptions
   * @param {bigint | null} deadline
   * @param {Promise<void>} interrupted
   * @returns {Promise<void>}
   */
  async function somethingReady(subscriptions, deadline, interrupted) {
    /** @type {Map<Promise<void>, Descriptor>} */
    const waits = new Map();
    for (const { type, descriptor } of subscriptions) {
      if (descriptor === null) continue;
      waits.set(type === EVENTTYPE_FD_READ ? descriptor.readable() : descriptor.writable(), descriptor);
    }
    const alarm = deadline === null ? null : turnstile.alarms.set(() => nextDeadline(subscriptions) ?? deadline);
    await Promise.race([...(alarm === null ? [] : [alarm.done]), interrupted, ...waits.keys()]);
    alarm?.cancel();
    for (const [wait, descriptor] of waits) descriptor.dismiss(wait);
  }

  /**
   * @param {Subscription[]} subscriptions
   * @param {number} events
   * @param {number} result
   * @returns {number | Promise<number>}
   */
  function complete(subscriptions, events, result) {
    let count = report(subscriptions, events);
    const leaps = count === 0 && clock.leaps;
    const deadline = count === 0 ? nextDeadline(subscriptions) : null;
    if (leaps && deadline !== null) {
      const goesOn = clock.stand();
      clock.leap(deadline);
      goesOn();
      count = report(subscriptions, events);
    }
    if (count > 0) {
      memory.view.setUint32(result, count, true);
      return leaps ? turnstile.turnAfterLeap() : turnstile.turnIfDue();
    }
    // Without suspension nothing can arrive while we wait: only the time can pass.
    if (!turnstile.suspendable && deadline !== null && turnstile.sleep(deadline)) {
      return complete(subscriptions, events, result);
    }
    return turnstile
      .waitInterruptibly("poll_oneoff", (interrupted) => somethingReady(subscriptions, deadline, interrupted))
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
