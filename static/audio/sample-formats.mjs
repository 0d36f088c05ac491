import { KernelError } from "../rpc.mjs";

/**
 * Interleaved samples in whole frames, little-endian: `rate` frames a second of `channels` samples each.
 * @typedef {{ rate: number, channels: number, format: string, bytes: Uint8Array }} Block
 */

/** Planar samples of two loudspeakers, as many each. @typedef {{ left: Float32Array<ArrayBuffer>, right: Float32Array<ArrayBuffer> }} Stereo */

/**
 * Bytes of a sample, and how one is read, by the names of /dev/audio/ctl (process/devices/audio.mjs).
 * @type {Readonly<Record<string, { size: number, read: (view: DataView, offset: number) => number }>>}
 */
const FORMATS = Object.freeze({
  s16le: { size: 2, read: (view, offset) => view.getInt16(offset, true) / 32_768 },
  f32le: { size: 4, read: (view, offset) => finite(view.getFloat32(offset, true)) },
  u8: { size: 1, read: (view, offset) => (view.getUint8(offset) - 128) / 128 },
});

/** Frames a second: what every implementation of Web Audio must take (BaseAudioContext.createBuffer). */
const RATE_MIN = 8_000;
const RATE_MAX = 96_000;
const CHANNELS_MAX = 8;

/**
 * Refuses what cannot be played.
 * @param {Block} block
 * @returns {number} its length in frames
 * @throws {KernelError} AUDIO_RATE_INVALID, AUDIO_CHANNELS_INVALID, AUDIO_FORMAT_INVALID, AUDIO_BLOCK_INVALID
 */
export function framesOf({ rate, channels, format, bytes }) {
  if (!Number.isInteger(rate) || rate < RATE_MIN || rate > RATE_MAX) {
    throw new KernelError(`A rate of ${rate} cannot be played: give ${RATE_MIN} to ${RATE_MAX} frames a second.`, "AUDIO_RATE_INVALID");
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > CHANNELS_MAX) {
    throw new KernelError(`Sound of ${channels} channels cannot be played: give 1 to ${CHANNELS_MAX}.`, "AUDIO_CHANNELS_INVALID");
  }
  if (typeof format !== "string" || !Object.hasOwn(FORMATS, format)) {
    const known = Object.keys(FORMATS).join(", ");
    throw new KernelError(`Samples of the format ${JSON.stringify(format)} cannot be played: give one of ${known}.`, "AUDIO_FORMAT_INVALID");
  }
  const frameSize = /** @type {{size: number}} */ (FORMATS[format]).size * channels;
  if (!(bytes instanceof Uint8Array) || bytes.length % frameSize !== 0) {
    throw new KernelError(`The sound is not whole frames of ${frameSize} bytes each.`, "AUDIO_BLOCK_INVALID");
  }
  return bytes.length / frameSize;
}

/**
 * Frames of a block as they sound from two loudspeakers.
 * @param {Block} block that {@link framesOf} has passed
 * @param {number} first frame
 * @param {number} count of frames
 * @returns {Stereo}
 */
export function stereoOf({ channels, format, bytes }, first, count) {
  const { size, read } = /** @type {typeof FORMATS[string]} */ (FORMATS[format]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const left = new Float32Array(count);
  const right = channels === 1 ? left.slice() : new Float32Array(count);
  const [toLeft, toRight] = mixOf(channels);
  let offset = first * channels * size;
  for (let frame = 0; frame < count; frame++) {
    let inLeft = 0;
    let inRight = 0;
    for (let channel = 0; channel < channels; channel++, offset += size) {
      const sample = read(view, offset);
      inLeft += sample * /** @type {number} */ (toLeft[channel]);
      inRight += sample * /** @type {number} */ (toRight[channel]);
    }
    left[frame] = inLeft;
    right[frame] = inRight;
  }
  return { left, right };
}

/**
 * The share that each channel has in the left and in the right loudspeaker. Of one, two, four and six channels they are Web
 * Audio's (1.1, section 4.2 "up-mixing and down-mixing"); others, which it would drop, lie left and right by turns.
 * @param {number} channels
 * @returns {[number[], number[]]}
 */
function mixOf(channels) {
  if (channels === 1) return [[1], [1]];
  if (channels === 4) return [[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5]];
  const half = Math.SQRT1_2;
  if (channels === 6) return [[1, 0, half, 0, half, 0], [0, 1, half, 0, 0, half]];
  const shares = Array.from({ length: channels }, (_, channel) => channel % 2);
  const rights = shares.reduce((sum, share) => sum + share, 0);
  return [shares.map((share) => (1 - share) / (channels - rights)), shares.map((share) => share / rights)];
}

/** @param {number} sample a NaN would stay in every filter behind it */
function finite(sample) {
  return Number.isFinite(sample) ? sample : 0;
}
