import { ERRNO_BADF, ERRNO_INVAL, ERRNO_MSGSIZE, ERRNO_SUCCESS, WHENCE_CUR, WHENCE_END, WHENCE_SET } from "../wasi/abi.mjs";
import { copyBytes } from "../guest-memory.mjs";
import { DeviceDescriptor, READY_BYTES } from "./device-descriptor.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("../wakeup.mjs").Wakeup} Wakeup */
/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */

/** The most that one write to a control file may be: a whole palette is a quarter of it. */
export const CONTROL_BYTES_MAX = 16_384;

/**
 * What a control file stands for.
 * @typedef {object} Controlled
 * @property {() => string} describe its state, as lines
 * @property {(words: string[]) => number} command obeys one line; an errno
 * @property {Wakeup} [changed] woken when the state changes by itself
 * @property {() => number | Promise<number>} [pace] after a whole write, where it may have to wait: an errno
 */

/**
 * An open control file, as in Plan 9: commands are lines of words written to it, at most 16 KiB in one write, and the last line
 * break may be left out; what is read from it is the state at the time when reading began at position 0. A line that is not
 * understood fails the write with INVAL, and too long a write with MSGSIZE; the lines before it are obeyed.
 */
export class ControlDescriptor extends DeviceDescriptor {
  #controlled;
  #clock;
  #turnstile;
  #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The commands of the write under way; made when first used. */
  #written = new Uint8Array(0);
  #writtenLength = 0;
  #snapshot = new Uint8Array(0);
  #position = 0;

  /** @param {DeviceInode} inode @param {Controlled} controlled @param {{ clock: Clock, turnstile: Turnstile }} process */
  constructor(inode, controlled, { clock, turnstile }) {
    super(inode);
    this.#controlled = controlled;
    this.#clock = clock;
    this.#turnstile = turnstile;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  read(bytes, pointer, length) {
    const count = this.pread(bytes, pointer, length, this.#position);
    if (count > 0) this.#position += count;
    return count;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @param {number} offset @returns {number} */
  pread(bytes, pointer, length, offset) {
    if (!this.mayRead) return -ERRNO_BADF;
    if (offset < 0) return -ERRNO_INVAL;
    if (length === 0) return 0;
    if (offset === 0) this.#snapshot = new TextEncoder().encode(this.#controlled.describe());
    const count = Math.max(0, Math.min(length, this.#snapshot.length - offset));
    copyBytes(this.#snapshot, offset, count, bytes, pointer);
    return count;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  write(bytes, pointer, length) {
    if (!this.mayWrite) return -ERRNO_BADF;
    if (this.#writtenLength + length <= CONTROL_BYTES_MAX) {
      if (this.#written.length === 0) this.#written = new Uint8Array(CONTROL_BYTES_MAX);
      copyBytes(bytes, pointer, length, this.#written, this.#writtenLength);
    }
    this.#writtenLength += length;
    return length;
  }

  /** @override @returns {number | Promise<number>} */
  settled() {
    const length = this.#writtenLength;
    this.#writtenLength = 0;
    const errno = length > CONTROL_BYTES_MAX ? ERRNO_MSGSIZE : this.#obey(this.#written.subarray(0, length));
    if (errno !== ERRNO_SUCCESS) return errno;
    if (this.#controlled.pace !== undefined) return this.#controlled.pace();
    this.#clock.read();
    return this.#turnstile.turnIfDue();
  }

  /** @param {Uint8Array} commands @returns {number} errno */
  #obey(commands) {
    let text;
    try {
      text = this.#decoder.decode(commands);
    } catch {
      return ERRNO_INVAL;
    }
    for (const line of text.split("\n")) {
      const words = line.split(/[ \t\r]+/).filter((word) => word !== "");
      const errno = words.length === 0 ? ERRNO_SUCCESS : this.#controlled.command(words);
      if (errno !== ERRNO_SUCCESS) return errno;
    }
    return ERRNO_SUCCESS;
  }

  /** Moves the position of reading. @override @param {number} delta @param {number} whence @returns {number} */
  seek(delta, whence) {
    const origin = { [WHENCE_SET]: 0, [WHENCE_CUR]: this.#position, [WHENCE_END]: this.#snapshot.length }[whence];
    const position = origin === undefined ? -1 : origin + delta;
    if (position < 0 || !Number.isSafeInteger(position)) return -ERRNO_INVAL;
    return (this.#position = position);
  }

  /** @override */
  tell() {
    return this.#position;
  }

  /**
   * A control file whose state changes by itself is ready when the state is another than the one that was read last; it is read
   * then from position 0 again.
   * @override
   */
  readReady() {
    if (!this.mayRead) return null;
    const left = this.#snapshot.length - this.#position;
    if (this.#position === 0 || left > 0) return Math.max(left, 1);
    if (this.#controlled.changed === undefined) return 0;
    const state = this.#controlled.describe();
    return state === this.#decoder.decode(this.#snapshot) ? -1 : state.length;
  }

  /** @override @returns {Promise<void>} */
  readable() {
    return this.#controlled.changed === undefined || this.readReady() !== -1
      ? Promise.resolve()
      : this.#controlled.changed.wait();
  }

  /** @override @param {Promise<void>} wait */
  dismiss(wait) {
    this.#controlled.changed?.cancel(wait);
  }

  /** @override */
  writeReady() {
    return this.mayWrite ? READY_BYTES : null;
  }

  /** @override */
  snapshot() {
    return { position: this.#position, state: this.#snapshot.slice() };
  }

  /** @override @param {{ position: number, state: Uint8Array }} saved */
  resume({ position, state }) {
    this.#position = position;
    this.#snapshot = state.slice();
  }
}

/**
 * A number in a command: decimal digits only.
 * @param {string | undefined} word
 * @param {number} minimum
 * @param {number} maximum
 * @returns {number | null} null for what is none, or is out of bounds
 */
export function numberOf(word, minimum, maximum) {
  if (word === undefined || !/^\d{1,9}$/.test(word)) return null;
  const value = Number(word);
  return value >= minimum && value <= maximum ? value : null;
}
