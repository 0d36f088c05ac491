/** One submit, from then until nobody can ask for it any more. */

import { extentsOf } from "./staging.mjs";

/** @typedef {import("../rpc.mjs").KernelError} KernelError */
/** @typedef {import("./buffers.mjs").Buffer} Buffer */
/** @typedef {import("./staging.mjs").Read} Read */

/** What a command list uses and makes; `number` is what Python knows it by. */
export class Ticket {
  /** Made by the list. @type {Buffer[]} */
  created = [];
  /** To be gone once the list is submitted. @type {Buffer[]} */
  freed = [];
  /** @type {Buffer[]} */
  used = [];
  /** @type {Buffer[]} */
  written = [];
  /** @type {Read[]} */
  reads = [];
  /** Where its two timestamps come to stand. @type {Read | null} */
  timing = null;
  dispatches = 0;
  /** @type {KernelError | null} */
  error = null;
  /** What has gone wrong, and may be this list's fault. @type {KernelError | null} */
  suspicion = null;
  isSettled = false;
  /** Settles when it is known whether the device has taken the list. @type {Promise<void>} */
  settled = Promise.resolve();

  /** @param {number} number */
  constructor(number) {
    this.number = number;
  }

  /** @param {Buffer} buffer */
  use(buffer) {
    if (buffer.usedBy === this.number) return;
    buffer.usedBy = this.number;
    this.used.push(buffer);
  }

  /** @param {Buffer} buffer */
  write(buffer) {
    this.use(buffer);
    if (buffer.writtenBy === this.number) return;
    buffer.writtenBy = this.number;
    this.written.push(buffer);
  }

  /**
   * Takes the device's verdict. What a list has used that was spoilt already spoils all that it has written, and is why
   * the device refuses it, if it does.
   * @param {KernelError | null} refusal
   */
  settle(refusal) {
    this.isSettled = true;
    this.error = this.#spoiltBy() ?? refusal ?? this.suspicion;
    if (this.error === null) return;
    for (const buffer of this.written) buffer.spoilt ??= this.error;
  }

  /** What is to be mapped for its results: how many bytes of which memory. */
  get staged() {
    return extentsOf(this.timing === null ? this.reads : [...this.reads, this.timing]);
  }

  #spoiltBy() {
    for (const buffer of this.used) if (buffer.error !== null) return buffer.error;
    for (const memory of this.staged.keys()) if (memory.error !== null) return memory.error;
    return null;
  }
}
