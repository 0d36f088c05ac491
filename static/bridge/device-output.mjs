/** @typedef {{width: number, height: number, format: string, sequence: number, bytes: Uint8Array}} Frame */
/** @typedef {{rate: number, channels: number, format: string, bytes: Uint8Array}} Audio */

/** Sound kept for somebody to take; older sound is dropped. */
const AUDIO_BYTES = 16 << 20;

/** What a program has shown and played through its devices. */
export class DeviceOutput {
  /** The last picture. @type {Frame | null} */
  frame = null;
  /** @type {Audio[]} */
  #audio = [];
  #audioBytes = 0;

  /** @param {Frame} frame */
  show({ width, height, format, sequence, bytes }) {
    this.frame = { width, height, format, sequence, bytes };
  }

  /** @param {Audio} audio */
  play({ rate, channels, format, bytes }) {
    this.#audio.push({ rate, channels, format, bytes });
    this.#audioBytes += bytes.length;
    while (this.#audioBytes > AUDIO_BYTES && this.#audio.length > 1) this.#audioBytes -= this.#audio.shift()?.bytes.length ?? 0;
  }

  /**
   * Takes what was played and not taken yet, up to a change of rate, channels or format: the rest is the next call's.
   * @returns {Audio | null}
   */
  takeAudio() {
    const [first] = this.#audio;
    if (first === undefined) return null;
    const { rate, channels, format } = first;
    const change = this.#audio.findIndex((next) => next.rate !== rate || next.channels !== channels || next.format !== format);
    const taken = this.#audio.splice(0, change < 0 ? this.#audio.length : change);
    const bytes = new Uint8Array(taken.reduce((sum, piece) => sum + piece.bytes.length, 0));
    let at = 0;
    for (const piece of taken) {
      bytes.set(piece.bytes, at);
      at += piece.bytes.length;
    }
    this.#audioBytes -= bytes.length;
    return { rate, channels, format, bytes };
  }
}
