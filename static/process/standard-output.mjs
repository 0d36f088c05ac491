import { outputLimitReached } from "./exit.mjs";
import { OutputTail } from "./output-tail.mjs";
import { Wakeup } from "./wakeup.mjs";
import { ERRNO_SUCCESS } from "./wasi/abi.mjs";

export { readTail } from "./output-tail.mjs";

/** @typedef {import("./clock.mjs").Clock} Clock */
/** @typedef {import("./turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").Post} Post */

/** Output that is collected before it is sent. */
export const BUFFER_BYTES = 65_536;
/** The most that is sent in one message. */
const MESSAGE_BYTES = 1_048_576;
/** Up to this four bytes at a time (3 ns) beat `set(subarray())`: 45 ns, into shared memory 60, whatever the length. */
const WORDS_COPY_BYTES = 64;
/**
 * Writes that are sent at once, so that what a program says before it computes is seen: as many in a row, and one more for each
 * millisecond that it was silent. Beyond that the first write of every millisecond sends what has collected.
 */
const PROMPT_WRITES = 256;
/**
 * How many times farther a program that is not controllable may get ahead of its receiver: it hears of acknowledgements only
 * while it waits for them, so that it should wait seldom.
 */
const UNCONTROLLED_WINDOWS = 16;
/**
 * Writes of a burst from one look at the clock (40 ns of a write's 160) to the next, where nothing depends on it: the other side
 * sees what is not sent, and no turns are taken.
 */
const WRITES_PER_LOOK = 8;
/** Messages that may be on their way: a program that alternates between the streams sends one with every write, however small. */
const MESSAGES_MAX = 1024;

/**
 * Bytes on their way out: collected, sent in the order they were written over both streams, counted against the limit, and
 * held back when the receiver does not keep up.
 *
 * What is collected is lost, or unseen, when the program is killed or makes no further call. In a cross-origin isolated page the
 * other side can see it (output-tail.mjs). Elsewhere it is at most what was written within one millisecond after more than
 * `PROMPT_WRITES` writes without a pause, and never more than `BUFFER_BYTES`.
 */
export class StandardOutput {
  bytesWritten = 0;
  messages = 0;
  #post;
  #clock;
  #turnstile;
  #end;
  #window;
  #limit;
  /** @type {1 | 2} */
  #fd = 1;
  #tail = new OutputTail(BUFFER_BYTES);
  #used = 0;
  #sent = 0;
  /** Guest memory as last seen, and a view of it. @type {Uint8Array} */
  #source = new Uint8Array(0);
  /** @type {DataView} */
  #sourceView = new DataView(new ArrayBuffer(0));
  #unacknowledged = 0;
  /** Messages since the receiver last had dealt with everything. */
  #underway = 0;
  #prompts = PROMPT_WRITES;
  #flushTick = 0;
  /** @readonly */
  #seldomLooks;
  /** Writes until the clock is looked at again. */
  #unlooked = 0;
  /** Woken when the receiver has caught up. A handler of a signal may wait above the program's own wait. */
  #drained = new Wakeup();

  /**
   * @param {object} parts
   * @param {Post} parts.post
   * @param {Clock} parts.clock
   * @param {Turnstile} parts.turnstile
   * @param {(ending: Ending) => never} parts.end
   * @param {number} parts.window
   * @param {number} parts.limit
   */
  constructor({ post, clock, turnstile, end, window, limit }) {
    this.#post = post;
    this.#clock = clock;
    this.#turnstile = turnstile;
    this.#end = end;
    this.#window = turnstile.controllable ? window : window * UNCONTROLLED_WINDOWS;
    this.#limit = limit;
    this.#seldomLooks = this.#tail.shared !== null && !turnstile.controllable;
    if (this.#tail.shared !== null) post({ type: "tail", buffer: this.#tail.shared });
  }

  /**
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   * @returns {number} length
   */
  write(fd, bytes, pointer, length) {
    if (fd !== this.#fd) {
      this.flush();
      this.#fd = fd;
      this.#tail.turnTo(fd);
    }
    if (this.bytesWritten + length > this.#limit) {
      this.#append(bytes, pointer, this.#limit - this.bytesWritten);
      this.flush();
      this.#end(outputLimitReached(this.#limit));
    }
    this.#append(bytes, pointer, length);
    return length;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  #append(bytes, pointer, length) {
    this.bytesWritten += length;
    const room = BUFFER_BYTES - this.#used;
    if (length > room) {
      this.#copy(bytes, pointer, room);
      this.flush();
      pointer += room;
      length -= room;
      for (; length >= BUFFER_BYTES; pointer += MESSAGE_BYTES, length -= MESSAGE_BYTES) {
        this.#send(bytes.slice(pointer, pointer + Math.min(length, MESSAGE_BYTES)));
        if (length <= MESSAGE_BYTES) return;
      }
    }
    this.#copy(bytes, pointer, length);
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length not more than there is room for
   */
  #copy(bytes, pointer, length) {
    const to = this.#used;
    if (length <= WORDS_COPY_BYTES) {
      if (bytes !== this.#source) {
        this.#source = bytes;
        this.#sourceView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }
      const from = this.#sourceView;
      const into = this.#tail.view;
      let i = 0;
      for (; i + 4 <= length; i += 4) into.setInt32(to + i, from.getInt32(pointer + i, true), true);
      for (; i < length; i++) into.setUint8(to + i, from.getUint8(pointer + i));
    } else {
      this.#tail.bytes.set(bytes.subarray(pointer, pointer + length), to);
    }
    this.#used = to + length;
    this.#tail.publish(this.#used);
  }

  /** Counts on from what had been written by then. @param {number} bytesWritten */
  resume(bytesWritten) {
    this.flush();
    this.bytesWritten = Math.min(bytesWritten, this.#limit);
  }

  flush() {
    if (this.#used === 0) return;
    this.#send(this.#tail.bytes.slice(0, this.#used));
    this.#used = 0;
    this.#tail.empty(this.#sent);
  }

  /** @param {Uint8Array} bytes a whole buffer, and nobody else's: it is handed over */
  #send(bytes) {
    const own = /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
    this.#sent += own.length;
    this.#unacknowledged += own.length;
    // What the receiver has seen already it does not acknowledge again.
    this.#underway = this.#unacknowledged > 0 ? this.#underway + 1 : 0;
    this.messages++;
    const time = performance.timeOrigin + performance.now();
    this.#post({ type: "output", fd: this.#fd, bytes: own, time }, [own.buffer]);
  }

  /** The receiver has dealt with this many bytes, which may be ahead of those it was sent. @param {number} bytes */
  acknowledge(bytes) {
    this.#unacknowledged -= bytes;
    if (this.#unacknowledged <= 0) this.#underway = 0;
    // Half, so that it does not wait again at once.
    if (this.#unacknowledged <= this.#window / 2 && !this.#ahead()) this.#drained.wake();
  }

  /** Whether the receiver is too far behind. */
  #ahead() {
    return this.#unacknowledged > this.#window || this.#underway > MESSAGES_MAX;
  }

  /** After a whole write: sends what should be seen now, and waits for a slow receiver. @returns {number | Promise<number>} */
  settled() {
    if (this.#unlooked > 0 && !this.#ahead()) {
      this.#unlooked--;
      return ERRNO_SUCCESS;
    }
    const tick = this.#clock.readTick();
    if (tick !== this.#flushTick) {
      // Negative when the system's clock was set back.
      const silent = Math.max(0, tick - this.#flushTick - 1);
      this.#prompts = Math.min(PROMPT_WRITES, this.#prompts + silent);
      this.#flushTick = tick;
      this.flush();
    } else if (this.#prompts > 0) {
      this.#prompts--;
      this.flush();
    } else if (this.#seldomLooks) {
      this.#unlooked = WRITES_PER_LOOK - 1;
    }
    const turnstile = this.#turnstile;
    if (this.#ahead() && turnstile.suspendable) {
      return turnstile.wait("fd_write", () => this.#drained.wait()).then(() => ERRNO_SUCCESS);
    }
    return turnstile.turnIfTicked();
  }
}
