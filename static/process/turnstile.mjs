import { Alarms } from "./alarms.mjs";
import { suspensionUnavailable } from "./exit.mjs";
import { Sleeper } from "./sleeper.mjs";

/** @typedef {import("./clock.mjs").Clock} Clock */
/** @typedef {import("./protocol.mjs").Ending} Ending */

/** How long a busy program may keep the worker's event loop out. */
const TURN_EVERY_MILLISECONDS = 4;

/** A call that waited was ended by a signal. */
export class Interrupted extends Error {}

/**
 * The gate between a running program and the worker's event loop: through it messages (stdin, acknowledgements) get in. All
 * waiting goes through here, so that there is one place that knows whether the program's stack can be suspended.
 */
export class Turnstile {
  /** Whether the stack below is one that JSPI can suspend: only while a promising export runs. */
  suspendable = false;
  /** Whether busy calls take turns. @type {boolean} */
  controllable;
  /** Called before the program stands still. @type {() => void} */
  beforeWait = () => {};
  turns = 0;
  waits = 0;
  /** How many of the program's stacks there are: the host may call exports while the program waits. */
  depth = 0;
  /** Who sleeps, for use inside `wait`. */
  alarms;
  #clock;
  #end;
  #lastTurn = 0;
  #lastTick = 0;
  #channel = new MessageChannel();
  #sleeper = new Sleeper();
  /** What goes on at the next turns, in order. @type {{ depth: number, resume: (value: number) => void }[]} */
  #turning = [];
  /** Stacks that could go on and have one above them. @type {{ depth: number, resume: (value: number) => void }[]} */
  #covered = [];
  /** Ends the waits that can be interrupted. @type {(() => void)[]} */
  #interrupts = [];
  /** Whether the program has ended: what stands still stands still for good. */
  #stopped = false;

  /**
   * @param {Clock} clock
   * @param {boolean} controllable
   * @param {(ending: Ending) => never} end ends the process when it must wait and cannot
   */
  constructor(clock, controllable, end) {
    this.#clock = clock;
    this.#end = end;
    this.controllable = controllable;
    this.alarms = new Alarms(clock, () => this.#task());
    this.#channel.port1.onmessage = () => {
      const next = this.#turning.shift();
      if (next === undefined || this.#stopped) return;
      if (next.depth < this.depth) {
        this.#covered.push(next);
      } else {
        this.#turned();
        next.resume(0);
      }
    };
  }

  /** From now on, until `leave`, the program runs on a stack that can be suspended, above those that wait. */
  enter() {
    this.depth++;
    this.suspendable = true;
    this.#turned();
  }

  /** The innermost stack has come to its end. */
  leave() {
    this.depth--;
    if (this.depth === 0) this.suspendable = false;
    if (this.#stopped) return;
    const uncovered = this.#covered.filter(({ depth }) => depth >= this.depth);
    this.#covered = this.#covered.filter(({ depth }) => depth < this.depth);
    for (const { resume } of uncovered) resume(0);
  }

  /**
   * Settled when the stack of this depth is the innermost: stacks share the program's memory and its stack pointer, so that one
   * must not go on while another stands above it.
   * @param {number} depth
   * @returns {Promise<number>}
   */
  #uncovered(depth) {
    return new Promise((resume) => this.#covered.push({ depth, resume }));
  }

  /** Ends the waits that can be interrupted: those calls answer INTR. */
  interrupt() {
    for (const end of this.#interrupts.splice(0)) end();
  }

  #turned() {
    this.#lastTurn = this.#clock.read();
    this.#lastTick = this.#clock.readTick();
  }

  /**
   * Lets the event loop in if it has been out for a while. Relies on the clock having been read in this call.
   * @returns {number | Promise<number>} ERRNO_SUCCESS, at once or after the turn
   */
  turnIfDue() {
    if (!this.controllable || !this.suspendable) return 0;
    if (this.#clock.now - this.#lastTurn < TURN_EVERY_MILLISECONDS) return 0;
    return this.turn();
  }

  /**
   * The same after a sleep that took no time: any program lets the event loop in when it sleeps. Reads the clock.
   * @returns {number | Promise<number>} ERRNO_SUCCESS
   */
  turnAfterLeap() {
    return this.#clock.read() - this.#lastTurn < TURN_EVERY_MILLISECONDS ? 0 : this.turn();
  }

  /**
   * The same by the coarse clock, which must have been read in this call.
   * @returns {number | Promise<number>} ERRNO_SUCCESS
   */
  turnIfTicked() {
    if (!this.controllable || !this.suspendable) return 0;
    const elapsed = this.#clock.tick - this.#lastTick;
    // Negative when the system's clock was set back.
    if (elapsed >= 0 && elapsed < TURN_EVERY_MILLISECONDS) return 0;
    return this.turn();
  }

  /**
   * Lets the event loop in. A message to oneself is the cheapest task there is (1.6 us against 4 ms of a nested timer).
   * @returns {number | Promise<number>} ERRNO_SUCCESS
   */
  turn() {
    if (!this.suspendable) return 0;
    this.beforeWait();
    this.turns++;
    return this.#task();
  }

  /** @returns {Promise<number>} */
  #task() {
    return new Promise((resolve) => {
      this.#turning.push({ depth: this.depth, resume: resolve });
      this.#channel.port2.postMessage(0);
    });
  }

  /**
   * Stands still until the promise that `begin` makes is settled.
   * @template T
   * @param {string} what the call that waits, for the message where waiting is impossible
   * @param {() => Promise<T>} begin
   * @returns {Promise<T>}
   */
  wait(what, begin) {
    if (!this.suspendable) this.#end(suspensionUnavailable(what));
    this.beforeWait();
    this.waits++;
    const goesOn = this.#clock.stand();
    const depth = this.depth;
    return begin().then(async (value) => {
      if (this.depth > depth) await this.#uncovered(depth);
      if (this.#stopped) await new Promise(() => {});
      this.#turned();
      goesOn();
      return value;
    });
  }

  /**
   * The same for a call that a signal ends.
   * @template T
   * @param {string} what
   * @param {(interrupted: Promise<any>) => Promise<T>} begin is given a promise that the signal settles
   * @returns {Promise<T>} rejects with an `Interrupted`
   */
  waitInterruptibly(what, begin) {
    let interrupted = false;
    const ended = /** @type {Promise<any>} */ (
      new Promise((resolve) => {
        this.#interrupts.push(() => {
          interrupted = true;
          resolve(undefined);
        });
      })
    );
    return this.wait(what, () => Promise.race([begin(ended), ended])).then((value) => {
      if (interrupted) throw new Interrupted();
      this.#interrupts.pop();
      return value;
    });
  }

  /**
   * Passes time without suspension, event loop and all.
   * @param {bigint} deadline in monotonic time
   * @returns {boolean} whether that is possible here
   */
  sleep(deadline) {
    const clock = this.#clock;
    const milliseconds = clock.until(deadline);
    if (milliseconds === Infinity) return false;
    this.beforeWait();
    const goesOn = clock.stand();
    const slept = this.#sleeper.sleep(milliseconds);
    goesOn();
    return slept;
  }

  /** The program has ended: none of its stacks goes on, whatever it waited for. */
  stop() {
    this.#stopped = true;
  }

  /** Stops, and lets go of the message channel. */
  close() {
    this.stop();
    this.alarms.close();
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}
