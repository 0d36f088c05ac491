import { copyBytes } from "../guest-memory.mjs";
import { setTimestamp } from "../timestamp.mjs";
import { Wakeup } from "../wakeup.mjs";
import { INPUT_ACTIONS, INPUT_QUEUE_RECORDS, INPUT_RECORD_BYTES, INPUT_TYPES } from "./input-format.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */

const TYPE_OFFSET = 8;
const ACTION_OFFSET = 10;
const VALUE_OFFSET = 28;

/**
 * What people do with keyboard, pointer and gamepad, on its way into the program: a queue from the process's start on, shared by
 * all that have the device open, as a terminal's input is. When it is full the oldest records make room, and one record in
 * their place says how many they were.
 */
export class InputEvents {
  arrived = new Wakeup();
  #ring = new Uint8Array(0);
  #view = new DataView(this.#ring.buffer);
  /** Records before this one were taken. */
  #first = 0;
  #count = 0;
  #lost = 0;
  /** The record being read, taken out of the ring: nothing can replace it under the reader. */
  #current = new Uint8Array(INPUT_RECORD_BYTES);
  #read = INPUT_RECORD_BYTES;
  #clock;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Bytes that can be read at once. */
  get available() {
    const records = this.#count + (this.#lost > 0 ? 1 : 0);
    return INPUT_RECORD_BYTES - this.#read + records * INPUT_RECORD_BYTES;
  }

  /** @param {Uint8Array} bytes records; a piece of one at the end is none */
  push(bytes) {
    if (this.#ring.length === 0) {
      this.#ring = new Uint8Array(INPUT_QUEUE_RECORDS * INPUT_RECORD_BYTES);
      this.#view = new DataView(this.#ring.buffer);
    }
    this.#clock.read();
    for (let at = 0; at + INPUT_RECORD_BYTES <= bytes.length; at += INPUT_RECORD_BYTES) {
      if (this.#count === INPUT_QUEUE_RECORDS) {
        this.#first = (this.#first + 1) % INPUT_QUEUE_RECORDS;
        this.#count--;
        this.#lost++;
      }
      const place = ((this.#first + this.#count) % INPUT_QUEUE_RECORDS) * INPUT_RECORD_BYTES;
      copyBytes(bytes, at, INPUT_RECORD_BYTES, this.#ring, place);
      if (this.#view.getBigUint64(place, true) === 0n) setTimestamp(this.#view, place, this.#clock.timestamp());
      this.#count++;
    }
    if (this.available > 0) this.arrived.wake();
  }

  /** What is to be kept: the records that wait, and the one that is being read. */
  snapshot() {
    const records = new Uint8Array(this.#count * INPUT_RECORD_BYTES);
    for (let i = 0; i < this.#count; i++) {
      const place = ((this.#first + i) % INPUT_QUEUE_RECORDS) * INPUT_RECORD_BYTES;
      copyBytes(this.#ring, place, INPUT_RECORD_BYTES, records, i * INPUT_RECORD_BYTES);
    }
    return { records, lost: this.#lost, current: this.#current.slice(), read: this.#read };
  }

  /** Goes on from what was kept. @param {{ records: Uint8Array, lost: number, current: Uint8Array, read: number }} saved */
  resume({ records, lost, current, read }) {
    this.#first = this.#count = 0;
    this.push(records);
    this.#lost = lost;
    this.#current.set(current);
    this.#read = read;
  }

  /**
   * @param {Uint8Array} target
   * @param {number} pointer
   * @param {number} length
   * @returns {number} how many bytes there were
   */
  take(target, pointer, length) {
    let taken = 0;
    while (taken < length && (this.#read < INPUT_RECORD_BYTES || this.#next())) {
      const size = Math.min(length - taken, INPUT_RECORD_BYTES - this.#read);
      copyBytes(this.#current, this.#read, size, target, pointer + taken);
      this.#read += size;
      taken += size;
    }
    return taken;
  }

  /** @returns {boolean} whether there is a record to read */
  #next() {
    if (this.#count === 0) return false;
    const place = this.#first * INPUT_RECORD_BYTES;
    if (this.#lost > 0) {
      // At the time of the first that was not lost.
      const view = new DataView(this.#current.buffer);
      this.#current.fill(0);
      view.setBigUint64(0, this.#view.getBigUint64(place, true), true);
      view.setUint16(TYPE_OFFSET, INPUT_TYPES.overflow, true);
      view.setUint16(ACTION_OFFSET, INPUT_ACTIONS.move, true);
      view.setInt32(VALUE_OFFSET, Math.min(this.#lost, 0x7fff_ffff), true);
      this.#lost = 0;
    } else {
      copyBytes(this.#ring, place, INPUT_RECORD_BYTES, this.#current, 0);
      this.#first = (this.#first + 1) % INPUT_QUEUE_RECORDS;
      this.#count--;
    }
    this.#read = 0;
    return true;
  }
}
