import { copyBytes } from "../guest-memory.mjs";
import { ERRNO_INVAL, ERRNO_SUCCESS } from "../wasi/abi.mjs";
import { numberOf } from "./control-descriptor.mjs";
import { Outbox } from "./outbox.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("../protocol.mjs").Post} Post */

/** Bytes of one sample, by the names that /dev/audio/ctl knows and a message of sound carries. */
export const SAMPLE_FORMATS = Object.freeze({ s16le: 2, f32le: 4, u8: 1 });

/** @typedef {keyof typeof SAMPLE_FORMATS} SampleFormat */

/** Frames a second. What Web Audio must be able to play is 8 000 to 96 000 (BaseAudioContext.createBuffer). */
export const RATE_MIN = 8_000;
export const RATE_MAX = 96_000;
export const CHANNELS_MAX = 8;
/** Sound that is collected before it is sent; a multiple of every frame's size. */
export const BATCH_BYTES = 53_760; // 2^9 * 3 * 5 * 7
/** Sound is not kept back longer than this. */
const BATCH_MILLISECONDS = 8;
const WINDOW_BYTES = 262_144;
/** Counted for every message beside its bytes: what it costs to carry. */
const MESSAGE_COST = 256;
/** How far a program may be ahead of those who listen to it, and the pieces in which its sound is sent to them. */
const AHEAD_MILLISECONDS = 200;
const PIECE_MILLISECONDS = 20;

/** The loudspeaker of a process, behind /dev/audio/ctl and /dev/audio/data: whole sample frames, on their way in batches. */
export class Audio {
  outbox;
  /** Counts changes of the format: what was begun before is no part of what comes after. */
  generation = 0;
  #rate = 44_100;
  #channels = 2;
  /** @type {SampleFormat} */
  #format = "s16le";
  /** Made when first used. */
  #batch = new Uint8Array(0);
  #used = 0;
  #sentAt = 0;
  /** Bytes after which a batch is sent; whole frames. */
  #full = BATCH_BYTES;
  #heard = false;
  #clock;
  #turnstile;
  #post;

  /** @param {{ clock: Clock, turnstile: Turnstile, post: Post, start: { lossless: boolean } }} process */
  constructor(process) {
    this.outbox = new Outbox(WINDOW_BYTES, process);
    this.#clock = process.clock;
    this.#turnstile = process.turnstile;
    this.#post = process.post;
  }

  /** Bytes of one sample frame: a sample for each channel. */
  get frameSize() {
    return this.#channels * SAMPLE_FORMATS[this.#format];
  }

  /** The state as /dev/audio/ctl tells it; `frame` is in bytes. */
  describe() {
    return `rate ${this.#rate}\nchannels ${this.#channels}\nformat ${this.#format}\nframe ${this.frameSize}\n`;
  }

  /** `rate HERTZ`, `channels COUNT`, `format NAME`. @param {string[]} words @returns {number} errno */
  command([name, value, ...more]) {
    if (more.length > 0) return ERRNO_INVAL;
    const rate = name === "rate" ? numberOf(value, RATE_MIN, RATE_MAX) : this.#rate;
    const channels = name === "channels" ? numberOf(value, 1, CHANNELS_MAX) : this.#channels;
    const format = name === "format" ? sampleFormat(value) : this.#format;
    const known = name === "rate" || name === "channels" || name === "format";
    if (!known || rate === null || channels === null || format === null) return ERRNO_INVAL;
    this.flush(); // what was written before is played as it was meant
    this.#rate = rate;
    this.#channels = channels;
    this.#format = format;
    this.generation++;
    this.#pace();
    return ERRNO_SUCCESS;
  }

  /**
   * A program that somebody listens to is at most 200 ms ahead of what is heard, because the host takes the sound as it is
   * played then. One that cannot be held back is not held back.
   * @param {boolean} heard
   */
  listen(heard) {
    this.flush();
    this.#heard = heard && this.#turnstile.controllable;
    this.#pace();
  }

  #pace() {
    const piece = Math.ceil((this.#rate * PIECE_MILLISECONDS) / 1000) * this.frameSize;
    this.#full = this.#heard ? Math.min(piece, BATCH_BYTES) : BATCH_BYTES;
    this.outbox.window = this.#heard ? (AHEAD_MILLISECONDS / PIECE_MILLISECONDS) * (this.#full + MESSAGE_COST) : WINDOW_BYTES;
  }

  /**
   * Takes whole frames.
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length a multiple of `frameSize`
   */
  play(bytes, pointer, length) {
    this.outbox.sent(length);
    if (this.#batch.length === 0) this.#batch = new Uint8Array(BATCH_BYTES);
    // For a program that stands still, or has returned to its host, before the batch is full.
    if (this.#used === 0) setTimeout(() => this.flush(), BATCH_MILLISECONDS);
    for (let done = 0; done < length; ) {
      const size = Math.min(length - done, this.#full - this.#used);
      copyBytes(bytes, pointer + done, size, this.#batch, this.#used);
      this.#used += size;
      done += size;
      if (this.#used === this.#full) this.flush();
    }
  }

  /** After a whole write. @param {number} flags FDFLAGS_* @returns {number | Promise<number>} */
  settled(flags) {
    const tick = this.#clock.readTick();
    // Negative when the system's clock was set back.
    if (tick - this.#sentAt >= BATCH_MILLISECONDS || tick < this.#sentAt) this.flush();
    return this.outbox.settled(flags);
  }

  /** What is to be kept: the format, and the sound that was not sent yet. */
  snapshot() {
    const format = { rate: this.#rate, channels: this.#channels, format: this.#format };
    return { ...format, generation: this.generation, batch: this.#batch.slice(0, this.#used) };
  }

  /**
   * Goes on from what was kept; what is collected here is not sent.
   * @param {{ rate: number, channels: number, format: SampleFormat, generation: number, batch: Uint8Array }} saved
   */
  resume({ rate, channels, format, generation, batch }) {
    this.outbox.acknowledged(this.#used);
    this.#used = 0;
    this.#rate = rate;
    this.#channels = channels;
    this.#format = format;
    this.generation = generation;
    this.#pace();
    if (batch.length > 0) this.play(batch, 0, batch.length);
  }

  /** The host has taken a message. @param {number} bytes of sound in it */
  acknowledged(bytes) {
    this.outbox.acknowledged(bytes + MESSAGE_COST);
  }

  flush() {
    this.#sentAt = this.#clock.readTick();
    if (this.#used === 0) return;
    const bytes = this.#batch.slice(0, this.#used);
    this.#used = 0;
    this.outbox.sent(MESSAGE_COST);
    const message = { rate: this.#rate, channels: this.#channels, format: this.#format, bytes };
    this.#post({ type: "audio", ...message }, [bytes.buffer]);
  }
}

/** @param {string | undefined} name @returns {SampleFormat | null} */
function sampleFormat(name) {
  return name !== undefined && Object.hasOwn(SAMPLE_FORMATS, name) ? /** @type {SampleFormat} */ (name) : null;
}
