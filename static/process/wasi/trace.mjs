import { Interrupted } from "../turnstile.mjs";
import { ERRNO_NAMES } from "./names.mjs";
import { decodersOf } from "./trace-decoders.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("../protocol.mjs").TraceCall} TraceCall */
/** @typedef {import("./call-counters.mjs").Call} Call */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/** Calls that are sent together. */
const BATCH_CALLS = 512;
/** Batches on their way to a receiver that does not keep up; the calls after that are kept here, the last of them. */
const BATCHES_UNDER_WAY = 8;
const KEPT_CALLS = 10_000;
/** What the result of a call looks like that has not returned. */
const UNFINISHED = "?";

/** Tells of each system call: its decoded arguments, its result, its time. Exists only where the program is traced. */
export class Tracer {
  #process;
  #begun = performance.now();
  /** @type {TraceCall[]} */
  #calls = [];
  /** Calls that have not returned, in the order they were made. @type {Set<TraceCall>} */
  #pending = new Set();
  #underWay = 0;
  #dropped = 0;

  /** @param {Process} process */
  constructor(process) {
    this.#process = process;
  }

  /**
   * The same functions, told of.
   * @param {Record<string, Call>} calls
   * @param {Layout} layout
   * @returns {Record<string, Call>}
   */
  trace(calls, layout) {
    return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, this.#traced(name, call, layout)]));
  }

  /**
   * Tells of a call to a function of the host's.
   * @param {string} name
   * @param {string} args
   * @returns {(result: string) => void} to be called when it has returned
   */
  begin(name, args) {
    const from = performance.now();
    const call = { time: from - this.#begun, name, args, result: UNFINISHED, duration: 0 };
    this.#pending.add(call);
    return (result) => {
      call.result = result;
      call.duration = (performance.now() - from) * 1000;
      this.#pending.delete(call);
      this.#add(call);
    };
  }

  /**
   * @param {string} name
   * @param {Call} call
   * @param {Layout} layout
   * @returns {Call}
   */
  #traced(name, call, layout) {
    const { memory } = this.#process;
    const { before, after } = decodersOf(name, layout, memory);
    /** @param {(result: string) => void} end @param {any[]} args @param {unknown} errno */
    const returned = (end, args, errno) => {
      if (typeof errno !== "number") end(String(errno));
      else end(errno === 0 ? `SUCCESS${after(args)}` : (ERRNO_NAMES[errno] ?? String(errno)));
      return errno;
    };
    const traced = (/** @type {any[]} */ ...args) => {
      const end = this.begin(name, before(args));
      const answer = call(...args);
      if (!(answer instanceof Promise)) return returned(end, args, answer);
      return answer.then(
        (errno) => returned(end, args, errno),
        (error) => {
          if (error instanceof Interrupted) end("INTR");
          throw error;
        },
      );
    };
    // The engine adapts calls by the number of parameters that a function declares, and a rest parameter is none.
    Object.defineProperty(traced, "length", { value: call.length });
    return traced;
  }

  /** @param {TraceCall} call */
  #add(call) {
    this.#calls.push(call);
    if (this.#calls.length >= BATCH_CALLS) this.flush();
  }

  /** Sends what has come together, if the receiver keeps up. */
  flush() {
    if (this.#calls.length === 0) return;
    if (this.#underWay < BATCHES_UNDER_WAY) {
      this.#send();
    } else if (this.#calls.length > 2 * KEPT_CALLS) {
      this.#dropped += this.#calls.length - KEPT_CALLS;
      this.#calls = this.#calls.slice(-KEPT_CALLS);
    }
  }

  #send() {
    const calls = this.#calls;
    if (this.#dropped > 0) {
      const time = calls[0]?.time ?? 0;
      calls.unshift({ time, name: "...", args: "", result: `${this.#dropped} calls not shown`, duration: 0 });
    }
    this.#dropped = 0;
    this.#calls = [];
    this.#underWay++;
    this.#process.post({ type: "trace", calls });
  }

  /** The receiver has taken a batch. */
  acknowledged() {
    this.#underWay--;
    this.flush();
  }

  /** The process has ended: sends everything, with the calls that never returned. */
  finish() {
    const now = performance.now();
    for (const call of this.#pending) {
      call.duration = (now - this.#begun - call.time) * 1000;
      this.#calls.push(call);
    }
    this.#pending.clear();
    if (this.#calls.length > 0) this.#send();
  }
}
