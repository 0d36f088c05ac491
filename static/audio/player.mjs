import { KernelError } from "../rpc.mjs";
import { Resampler } from "./resampler.mjs";
import { framesOf, stereoOf } from "./sample-formats.mjs";

/** @typedef {import("./audio-worklet.mjs").FromRing} FromRing */
/** @typedef {import("./output.mjs").AudioOutput} AudioOutput */
/** @typedef {import("./sample-formats.mjs").Block} Block */
/** @typedef {{ block: Block, frames: number, taken: number, settle: (heard: boolean) => void }} Waiting */

/** Sound that may wait here; more is refused. */
const QUEUE_SECONDS = 30;
/** Sound that may wait in the audio thread's ring, and the pieces in which it gets there. */
const RING_SECONDS = 0.5;
const PIECE_SECONDS = 0.05;

/** One stream of sound: blocks are played one after another without a gap, whatever their rates and formats. */
export class AudioPlayer {
  /** Blocks that could not be heard, because the browser did not allow it yet or because they were stopped. */
  unheard = 0;
  #output;
  #endLost;
  /** @type {AudioWorkletNode | null} */
  #node = null;
  #rate = 0;
  /** Blocks that are not in the ring as a whole. @type {Waiting[]} */
  #queue = [];
  #queuedSeconds = 0;
  /** Blocks in the ring, with the count of frames at which each has been played. @type {{ end: number, settle: (heard: boolean) => void }[]} */
  #sounding = [];
  #sent = 0;
  #played = 0;
  #playedBefore = 0;
  #underruns = 0;
  #underrunsBefore = 0;
  #epoch = 0;
  #opening = false;
  /** @type {{ resampler: Resampler, from: number } | null} */
  #conversion = null;

  /** @param {AudioOutput} output */
  constructor(output) {
    this.#output = output;
    this.#endLost = output.onLost(() => this.stop());
  }

  /** Seconds of sound that wait to be played. */
  get queued() {
    return this.#queuedSeconds + (this.#rate === 0 ? 0 : (this.#sent - this.#played) / this.#rate);
  }

  /** Frames that were played, at the rate of the output. */
  get played() {
    return this.#playedBefore + this.#played;
  }

  /** How often there was nothing to play in the midst of sound. */
  get underruns() {
    return this.#underrunsBefore + this.#underruns;
  }

  /**
   * Plays a block after what was given before.
   * @param {Block} block
   * @returns {Promise<boolean>} settled when it has been played, true, or when it will not be, false: the browser lets nothing be
   *   heard before its user has touched the page, or it was stopped
   * @throws {KernelError} AUDIO_RATE_INVALID, AUDIO_CHANNELS_INVALID, AUDIO_FORMAT_INVALID, AUDIO_BLOCK_INVALID, AUDIO_QUEUE_FULL
   */
  async play(block) {
    const frames = framesOf(block);
    if (!this.#output.audible) {
      this.unheard++;
      return false;
    }
    if (frames === 0) return true;
    const seconds = frames / block.rate;
    if (this.#queue.length > 0 && this.queued + seconds > QUEUE_SECONDS) {
      throw new KernelError(
        `${this.queued.toFixed(1)} s of sound wait already: give more when some has been played.`,
        "AUDIO_QUEUE_FULL",
      );
    }
    const { promise, resolve } = /** @type {PromiseWithResolvers<boolean>} */ (Promise.withResolvers());
    this.#queue.push({ block, frames, taken: 0, settle: resolve });
    this.#queuedSeconds += seconds;
    this.#output.wake();
    if (this.#node === null) await this.#open();
    this.#pump();
    return promise;
  }

  /**
   * The same for sound that nobody can be asked to give later, or elsewhere: what cannot be played now is dropped.
   * @param {Block} block
   * @returns {Promise<boolean>}
   */
  async hear(block) {
    try {
      return await this.play(block);
    } catch (error) {
      const { code } = KernelError.from(error, "");
      if (code !== "AUDIO_QUEUE_FULL" && code !== "AUDIO_UNAVAILABLE") throw error;
      this.unheard++;
      return false;
    }
  }

  /** Silence at once: what waits is dropped. */
  stop() {
    const waiting = [...this.#sounding, ...this.#queue];
    this.#sounding = [];
    this.#queue = [];
    this.#queuedSeconds = 0;
    this.#playedBefore += this.#played;
    this.#underrunsBefore += this.#underruns;
    this.#sent = this.#played = this.#underruns = 0;
    this.#conversion = null;
    this.#node?.port.postMessage({ type: "clear", epoch: ++this.#epoch });
    this.unheard += waiting.length;
    for (const { settle } of waiting) settle(false);
  }

  /** Stops, and lets go of the audio thread's ring. */
  close() {
    this.stop();
    this.#endLost();
    this.#node?.disconnect();
    this.#node?.port.close();
    this.#node = null;
  }

  async #open() {
    if (this.#opening) return;
    this.#opening = true;
    try {
      const gain = await this.#output.open();
      if (gain === null) return this.stop();
      this.#rate = gain.context.sampleRate;
      const node = new AudioWorkletNode(gain.context, "aikernel-ring", {
        numberOfInputs: 0,
        outputChannelCount: [2],
        processorOptions: { capacity: this.#capacity },
      });
      node.port.onmessage = (event) => this.#report(event.data);
      node.connect(gain);
      this.#node = node;
    } catch (error) {
      this.stop();
      throw new KernelError(`The browser gives no sound: ${error}`, "AUDIO_UNAVAILABLE");
    } finally {
      this.#opening = false;
    }
  }

  get #capacity() {
    return Math.ceil(this.#rate * RING_SECONDS);
  }

  /** @param {FromRing} report */
  #report({ epoch, played, underruns }) {
    if (epoch !== this.#epoch) return;
    this.#played = played;
    this.#underruns = underruns;
    this.#pump();
  }

  /** Hands on what the ring has room for, and tells of what was played. */
  #pump() {
    this.#fill();
    while (this.#sounding[0] !== undefined && this.#sounding[0].end <= this.#played) this.#sounding.shift()?.settle(true);
  }

  #fill() {
    const node = this.#node;
    if (node === null) return;
    for (let waiting; (waiting = this.#queue[0]) !== undefined; ) {
      const { block } = waiting;
      const room = this.#capacity - (this.#sent - this.#played) - 1;
      // One frame of room for each that the rounding of a resampler may add.
      const fit = Math.floor((room * block.rate) / this.#rate) - 1;
      const piece = Math.ceil(block.rate * PIECE_SECONDS);
      const count = Math.min(waiting.frames - waiting.taken, piece);
      if (count > fit) return;
      const { left, right } = this.#converted(block, waiting.taken, count);
      waiting.taken += count;
      this.#queuedSeconds -= count / block.rate;
      this.#sent += left.length;
      if (left.length > 0) node.port.postMessage({ type: "frames", left, right }, [left.buffer, right.buffer]);
      this.#output.wake();
      if (waiting.taken < waiting.frames) continue;
      this.#queue.shift();
      if (this.#queue.length === 0) this.#queuedSeconds = 0; // what rounding has left
      this.#sounding.push({ end: this.#sent, settle: waiting.settle });
    }
  }

  /** @param {Block} block @param {number} first @param {number} count */
  #converted(block, first, count) {
    const stereo = stereoOf(block, first, count);
    if (block.rate === this.#rate) {
      this.#conversion = null;
      return stereo;
    }
    if (this.#conversion?.from !== block.rate) {
      this.#conversion = { resampler: new Resampler(block.rate, this.#rate), from: block.rate };
    }
    return this.#conversion.resampler.next(stereo);
  }
}
