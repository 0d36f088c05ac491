/** @typedef {import("./sample-formats.mjs").Stereo} Stereo */

/** Zero crossings of the sinc on each side of its middle: the filter's length, and half of what it costs. */
const CROSSINGS = 16;
/** Steps of the table between two zero crossings; between the steps it is interpolated linearly. */
const STEPS = 256;

/** One side of a sinc under a Blackman window. */
const TABLE = Float64Array.from({ length: CROSSINGS * STEPS + 2 }, (_, step) => {
  const x = step / STEPS;
  if (x >= CROSSINGS) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  const phase = Math.PI * (1 + x / CROSSINGS);
  return sinc * (0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
});

/**
 * Brings a stream of sound from one rate to another: band-limited interpolation by a windowed sinc (J. O. Smith, "Digital Audio
 * Resampling"), whose cutoff is half the lower of the two rates, so that nothing is mirrored. It delays the sound by half the
 * filter's length, 2 ms at most, and gives exactly as much as it is given: piece by piece the same as all at once.
 */
export class Resampler {
  #from;
  #to;
  #cutoff;
  #half;
  /** The end of what came before, for the filter to reach back to. */
  #left;
  #right;
  /** Where the next frame lies behind the beginning of the input that comes next, in parts of a frame: `to` of them are one. */
  #at = 0;

  /** @param {number} from @param {number} to frames a second */
  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    this.#cutoff = Math.min(1, to / from);
    this.#half = Math.ceil(CROSSINGS / this.#cutoff);
    this.#left = new Float32Array(2 * this.#half);
    this.#right = new Float32Array(2 * this.#half);
  }

  /** @param {Stereo} input @returns {Stereo} */
  next(input) {
    const half = this.#half;
    const cutoff = this.#cutoff;
    const length = input.left.length;
    const left = joined(this.#left, input.left);
    const right = joined(this.#right, input.right);
    const count = Math.max(0, Math.ceil((length * this.#to - this.#at) / this.#from));
    const output = { left: new Float32Array(count), right: new Float32Array(count) };
    for (let frame = 0; frame < count; frame++) {
      const at = (this.#at + frame * this.#from) / this.#to + half; // in `left`, delayed by half the filter
      const first = Math.ceil(at - half);
      const last = Math.floor(at + half);
      let inLeft = 0;
      let inRight = 0;
      for (let tap = first; tap <= last; tap++) {
        const place = Math.abs(tap - at) * cutoff * STEPS;
        const step = Math.floor(place);
        if (step > CROSSINGS * STEPS) continue;
        const low = /** @type {number} */ (TABLE[step]);
        const weight = low + (/** @type {number} */ (TABLE[step + 1]) - low) * (place - step);
        inLeft += weight * /** @type {number} */ (left[tap]);
        inRight += weight * /** @type {number} */ (right[tap]);
      }
      output.left[frame] = inLeft * cutoff;
      output.right[frame] = inRight * cutoff;
    }
    this.#at += count * this.#from - length * this.#to;
    this.#left = left.slice(length);
    this.#right = right.slice(length);
    return output;
  }
}

/** @param {Float32Array} before @param {Float32Array} after */
function joined(before, after) {
  const both = new Float32Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return both;
}
