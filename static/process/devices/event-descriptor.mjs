import { copyBytes } from "../guest-memory.mjs";
import {
  ERRNO_AGAIN,
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_MSGSIZE,
  ERRNO_SUCCESS,
  FDFLAGS_NONBLOCK,
  RIGHTS_FD_WRITE,
} from "../wasi/abi.mjs";
import { ArrivalsDescriptor } from "./arrivals-descriptor.mjs";
import { READY_BYTES } from "./device-descriptor.mjs";
import { EVENT_LINE_BYTES_MAX } from "./host-events.mjs";

/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */
/** @typedef {import("./host-events.mjs").HostEvents} HostEvents */

const LINE_BREAK = 10;
/** Lines one write can publish; a longer one is a short write. */
const LINES_PER_WRITE = 256;

/**
 * /dev/event. Each line written is an event: a JSON object with a `name` that is a string and not empty. A line may come in
 * pieces; without its line break it is complete when the descriptor is closed. A write with a line that is no event fails with
 * INVAL, one with a line that is too long with MSGSIZE, and nothing of that write is published. Reading gives the host's lines.
 */
export class EventDescriptor extends ArrivalsDescriptor {
  #events;
  /** The beginning of a line; made when first used. */
  #line = new Uint8Array(0);
  #length = 0;
  /** Lines of the write under way. @type {string[]} */
  #ready = [];
  #errno = ERRNO_SUCCESS;
  /** Whether the rest of a line that failed is still to come. */
  #skipping = false;
  #decoder = new TextDecoder("utf-8", { fatal: true });

  /** @param {DeviceInode} inode @param {HostEvents} events */
  constructor(inode, events) {
    super(inode, events);
    this.rights |= RIGHTS_FD_WRITE;
    this.#events = events;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  write(bytes, pointer, length) {
    if (!this.mayWrite) return -ERRNO_BADF;
    const { outbox } = this.#events;
    const blocking = (this.flags & FDFLAGS_NONBLOCK) === 0;
    if (length > 0 && (outbox.room === 0 || (!blocking && !outbox.open))) return -ERRNO_AGAIN;
    const end = pointer + length;
    let at = pointer;
    while (at < end && this.#ready.length < LINES_PER_WRITE) {
      const found = bytes.subarray(at, end).indexOf(LINE_BREAK);
      const stop = found === -1 ? end : at + found;
      this.#append(bytes, at, stop - at);
      if (stop === end) return length;
      this.#complete();
      at = stop + 1;
    }
    return at - pointer;
  }

  /** @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  #append(bytes, pointer, length) {
    if (this.#skipping || length === 0) return;
    if (this.#line.length === 0) this.#line = new Uint8Array(EVENT_LINE_BYTES_MAX);
    if (this.#length + length > EVENT_LINE_BYTES_MAX) {
      this.#fail(ERRNO_MSGSIZE);
      this.#skipping = true;
      return;
    }
    copyBytes(bytes, pointer, length, this.#line, this.#length);
    this.#length += length;
    this.#events.begun.add(this);
  }

  #complete() {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const text = eventOf(this.#line.subarray(0, this.#length), this.#decoder);
    this.#length = 0;
    this.#events.begun.delete(this);
    if (text === null) this.#fail(ERRNO_INVAL);
    else if (text !== "") this.#ready.push(text);
  }

  /** @param {number} errno */
  #fail(errno) {
    this.#length = 0;
    if (this.#errno === ERRNO_SUCCESS) this.#errno = errno;
  }

  /** @override @returns {number | Promise<number>} */
  settled() {
    const lines = this.#ready;
    const errno = this.#errno;
    this.#ready = [];
    this.#errno = ERRNO_SUCCESS;
    if (errno !== ERRNO_SUCCESS) return errno;
    for (const line of lines) this.#events.publish(line);
    return this.#events.outbox.settled(this.flags);
  }

  /** @override */
  writeReady() {
    if (!this.mayWrite) return null;
    return this.#events.outbox.open ? READY_BYTES : -1;
  }

  /** @override */
  writable() {
    return this.#events.outbox.writable();
  }

  /** @override @param {Promise<void>} wait */
  dismiss(wait) {
    super.dismiss(wait);
    this.#events.outbox.drained.cancel(wait);
  }

  /** @override */
  snapshot() {
    return { line: this.#line.slice(0, this.#length), skipping: this.#skipping };
  }

  /** @override @param {{ line: Uint8Array, skipping: boolean }} saved */
  resume({ line, skipping }) {
    this.#append(line, 0, line.length);
    this.#skipping = skipping;
  }

  /** @override */
  close() {
    if (this.#length > 0) this.#complete();
    if (this.#errno === ERRNO_SUCCESS) for (const line of this.#ready) this.#events.publish(line);
  }
}

/**
 * @param {Uint8Array} line
 * @param {TextDecoder} decoder
 * @returns {string | null} the event's text, empty for an empty line; null for what is no event
 */
function eventOf(line, decoder) {
  try {
    const text = decoder.decode(line).trim();
    if (text === "") return "";
    const value = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return typeof value.name === "string" && value.name !== "" ? text : null;
  } catch {
    return null; // neither UTF-8 nor JSON
  }
}
