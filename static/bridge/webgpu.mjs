/** The GPU behind the Python seam: what aikernel_web/browser/gpu.py calls. */

import { factsOf, openDevice } from "../gpu/device.mjs";
import { lostError } from "../gpu/errors.mjs";
import { LentWords } from "../gpu/lent-words.mjs";
import { destroyWhenIdle, isAnyAtWork } from "../gpu/letting-go.mjs";
import { reopenDevice } from "../gpu/reopen.mjs";
import { Session } from "../gpu/session.mjs";

/** @typedef {import("../gpu/device.mjs").DeviceFacts} DeviceFacts */
/** @typedef {import("../gpu/layouts.mjs").Binding} Binding */
/** @typedef {import("../gpu/lent-words.mjs").Lender} Lender */
/** @typedef {(reason: string, message: string, generation: number) => void} OnLost */
/** @typedef {(number: number, seconds: number | undefined, failure: string | undefined) => void} OnEnded */

/** The browser's GPU: one device at a time; when it is lost, the next `open` has another. */
export class WebGpu {
  /** @type {OnLost | null} */
  #onLost = null;
  /** @type {OnEnded | null} */
  #onEnded = null;
  #words = new LentWords();
  /** @type {Session | null} */
  #session = null;
  /** @type {Promise<Session> | null} */
  #opening = null;
  #generation = 0;
  /** Whether a device was lost, and no other opened since. */
  #afterLoss = false;
  #submits = 0;
  #dispatches = 0;

  /** Counts the times it was closed, for devices that come too late. */
  #closings = 0;

  /**
   * Takes what Python gives and lends until `close`.
   * @param {OnLost} onLost is told once for each device that is lost and was not closed
   * @param {OnEnded} onEnded is told of all that was to be finished
   * @param {Lender} words the array that command lists come in
   */
  attach(onLost, onEnded, words) {
    this.#onLost = onLost;
    this.#onEnded = onEnded;
    this.#words.take(words);
  }

  /** @returns {Promise<DeviceFacts & { generation: number }>} */
  async open() {
    const session = this.#session?.alive ? this.#session : await (this.#opening ??= this.#reopened());
    return { generation: this.#generation, ...factsOf(session.device) };
  }

  /** Whether there is a device, which is not lost. */
  get alive() {
    return this.#session?.alive ?? false;
  }

  /** Lets go of the device and of what Python has given. */
  close() {
    this.#closings += 1;
    this.#opening = null;
    this.#retire();
    this.#words.giveBack();
    this.#onLost = this.#onEnded = null;
  }

  /**
   * @param {string} code
   * @param {string} entry empty for the only one
   * @param {Record<string, number>} constants
   * @param {Binding[] | number} bindings
   * @param {number} limit seconds
   */
  async compile(code, entry, constants, bindings, limit) {
    return this.#current().compile(code, entry, constants, bindings, limit);
  }

  /** @param {number} pipeline */
  release(pipeline) {
    this.#session?.release(pipeline);
  }

  /**
   * @param {number} handle
   * @param {number} size bytes of the whole buffer
   * @param {Lender} data
   * @param {number} offset bytes
   */
  write(handle, size, data, offset) {
    const session = this.#current();
    const lent = data.getBuffer("u8");
    try {
      session.write(handle, size, lent.data, offset);
    } finally {
      lent.release();
    }
  }

  /**
   * Writes what stands at the front of the words that were lent.
   * @param {number} handle
   * @param {number} size bytes of the whole buffer
   * @param {number} count bytes
   * @param {number} offset bytes
   */
  writeLent(handle, size, count, offset) {
    const session = this.#current();
    const { buffer, byteOffset } = this.#words.get(count / Uint32Array.BYTES_PER_ELEMENT);
    session.write(handle, size, new Uint8Array(buffer, byteOffset, count), offset);
  }

  /**
   * @param {number} count of the words that were lent
   * @param {boolean} timed
   * @returns {number} the ticket
   */
  submit(count, timed) {
    return this.#current().submit(this.#words.get(count), count, timed);
  }

  /**
   * Waits until a list has run and tells Python then: to await a promise there costs twice as much.
   * @param {number} number under which it is told: the GPU's seconds where the list was timed, or what has failed
   * @param {number} ticket
   * @param {number} limit seconds
   */
  finish(number, ticket, limit) {
    this.#finished(ticket, limit).then(
      (seconds) => this.#onEnded?.(number, seconds, undefined),
      (error) => this.#onEnded?.(number, undefined, error.message),
    );
  }

  /**
   * @param {number} ticket
   * @param {number} index of the read
   * @param {number} length bytes
   */
  part(ticket, index, length) {
    return this.#current().part(ticket, index, length);
  }

  /** @param {number} ticket */
  done(ticket) {
    this.#session?.done(ticket);
  }

  /**
   * @param {number} handle
   * @param {import("../gpu/present.mjs").Picture} picture
   * @param {number} width in pixels
   * @param {number} height
   * @param {number} limit seconds
   */
  async show(handle, picture, width, height, limit) {
    await this.#current().show(handle, picture, width, height, limit);
  }

  counts() {
    const { submits = 0, dispatches = 0 } = this.#session ?? {};
    return {
      ...(this.#session?.alive ? this.#session.counts() : NOTHING),
      submits: this.#submits + submits,
      dispatches: this.#dispatches + dispatches,
    };
  }

  /** @param {number} ticket @param {number} limit */
  async #finished(ticket, limit) {
    return this.#current().finish(ticket, limit);
  }

  #current() {
    if (this.#session === null) throw lostError("it was closed, or not opened yet", "");
    return this.#session;
  }

  async #reopened() {
    this.#afterLoss ||= this.#session !== null; // one that was closed is forgotten
    this.#retire();
    const closings = this.#closings;
    try {
      const device = await (this.#afterLoss || isAnyAtWork() ? reopenDevice() : openDevice());
      if (closings !== this.#closings) {
        destroyWhenIdle(device);
        throw lostError("it was closed while it was opened", "");
      }
      this.#afterLoss = false;
      this.#generation += 1;
      const generation = this.#generation;
      this.#session = new Session(device, (reason, message) => this.#onLost?.(reason, message, generation));
      return this.#session;
    } finally {
      if (closings === this.#closings) this.#opening = null;
    }
  }

  #retire() {
    if (this.#session === null) return;
    this.#submits += this.#session.submits;
    this.#dispatches += this.#session.dispatches;
    this.#session.close();
    this.#session = null;
  }
}

const NOTHING = { buffers: 0, bytes: 0, pooledBuffers: 0, pooledBytes: 0, pipelines: 0, bindGroups: 0 };
