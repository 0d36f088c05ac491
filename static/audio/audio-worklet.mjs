/** The end of the way of all sound: a ring of frames that the audio thread plays. Loaded as a module of an AudioWorklet. */

/**
 * To the processor: frames, or the order to forget what waits. `epoch` counts those orders.
 * @typedef {{ type: "frames", left: Float32Array, right: Float32Array } | { type: "clear", epoch: number }} ToRing
 */

/**
 * From the processor, in frames since the last clearing.
 * @typedef {{ epoch: number, played: number, underruns: number }} FromRing
 */

/** Frames that the audio thread asks for at a time (Web Audio 1.1, "render quantum"). */
const QUANTUM = 128;
/** What must wait before sound begins, so that a block that is late does not tear it. */
const HEADROOM_SECONDS = 0.03;
/** Quanta between two reports: about 12 ms. */
const REPORT_QUANTA = 4;
/** Sound that comes later than this after the last has begun anew, and was not torn. */
const TORN_SECONDS = 0.25;

class RingProcessor extends AudioWorkletProcessor {
  #left;
  #right;
  #capacity;
  #first = 0;
  #waiting = 0;
  #playing = false;
  /** Quanta since the ring ran dry, or since sound waits to begin. */
  #quanta = Infinity;
  #sinceReport = 0;
  #epoch = 0;
  #played = 0;
  #underruns = 0;

  /** @param {{ processorOptions: { capacity: number } }} options the ring's size in frames */
  constructor(options) {
    super();
    this.#capacity = options.processorOptions.capacity;
    this.#left = new Float32Array(this.#capacity);
    this.#right = new Float32Array(this.#capacity);
    this.port.onmessage = (event) => this.#receive(event.data);
  }

  /** @param {ToRing} message */
  #receive(message) {
    if (message.type === "frames") return this.#add(message.left, message.right);
    this.#first = this.#waiting = this.#played = this.#underruns = 0;
    this.#playing = false;
    this.#quanta = Infinity;
    this.#epoch = message.epoch;
  }

  /** @param {Float32Array} left @param {Float32Array} right never more than there is room for */
  #add(left, right) {
    if (this.#waiting === 0 && !this.#playing) {
      if (this.#quanta * QUANTUM < TORN_SECONDS * sampleRate) this.#underruns++;
      this.#quanta = 0;
    }
    const end = (this.#first + this.#waiting) % this.#capacity;
    const fits = Math.min(left.length, this.#capacity - end);
    this.#left.set(left.subarray(0, fits), end);
    this.#right.set(right.subarray(0, fits), end);
    this.#left.set(left.subarray(fits));
    this.#right.set(right.subarray(fits));
    this.#waiting += left.length;
  }

  /** @param {Float32Array[][]} _ @param {Float32Array[][]} outputs @returns {boolean} that it goes on */
  process(_, outputs) {
    const [left, right] = /** @type {[Float32Array, Float32Array]} */ (outputs[0]);
    if (!this.#playing) {
      this.#quanta++;
      const waited = this.#quanta * QUANTUM;
      this.#playing = this.#waiting > 0 && Math.max(waited, this.#waiting) >= HEADROOM_SECONDS * sampleRate;
      if (!this.#playing) return true;
    }
    const count = Math.min(left.length, this.#waiting);
    for (let frame = 0; frame < count; frame++) {
      const place = (this.#first + frame) % this.#capacity;
      left[frame] = /** @type {number} */ (this.#left[place]);
      right[frame] = /** @type {number} */ (this.#right[place]);
    }
    this.#first = (this.#first + count) % this.#capacity;
    this.#waiting -= count;
    this.#played += count;
    if (this.#waiting === 0) {
      this.#playing = false;
      this.#quanta = 0;
    }
    if (++this.#sinceReport >= REPORT_QUANTA || !this.#playing) this.#report();
    return true;
  }

  #report() {
    this.#sinceReport = 0;
    this.port.postMessage({ epoch: this.#epoch, played: this.#played, underruns: this.#underruns });
  }
}

registerProcessor("aikernel-ring", RingProcessor);
