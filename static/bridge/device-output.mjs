/** @typedef {{width: number, height: number, format: string, sequence: number, bytes: Uint8Array}} Frame */
/** @typedef {{rate: number, channels: number, format: string, bytes: Uint8Array}} Audio */
/** @typedef {(frame: Frame) => void} Viewer leaves the frame as it is */
/** @typedef {(sound: Audio) => Promise<void>} Listener leaves the sound as it is; settled when it has been played */

/** Sound kept for somebody to take; older sound is dropped. */
const AUDIO_BYTES = 16 << 20;

/** What a program has shown and played through its devices, and those who watch and listen while it does. */
export class DeviceOutput {
  /** The last picture. @type {Frame | null} */
  frame = null;
  /** @type {Audio[]} */
  #audio = [];
  #audioBytes = 0;
  /** @type {Set<Viewer>} */
  #viewers = new Set();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #onHeard;

  /** @param {(heard: boolean) => void} [onHeard] learns when somebody begins to listen, and when nobody does any more */
  constructor(onHeard = () => {}) {
    this.#onHeard = onHeard;
  }

  /**
   * @param {Viewer} viewer gets the picture that is there, and those to come
   * @returns {() => void} ends it
   */
  view(viewer) {
    this.#viewers.add(viewer);
    if (this.frame !== null) viewer(this.frame);
    return () => this.#viewers.delete(viewer);
  }

  /**
   * @param {Listener} listener gets the sound to come
   * @returns {() => void} ends it
   */
  listen(listener) {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#onHeard(true);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#onHeard(false);
    };
  }

  /** @param {Frame} frame */
  show({ width, height, format, sequence, bytes }) {
    this.frame = { width, height, format, sequence, bytes };
    for (const viewer of this.#viewers) viewer(this.frame);
  }

  /**
   * @param {Audio} audio
   * @returns {Promise<unknown>} settled when all who listen have heard it
   */
  play({ rate, channels, format, bytes }) {
    const sound = { rate, channels, format, bytes };
    this.#audio.push(sound);
    this.#audioBytes += bytes.length;
    while (this.#audioBytes > AUDIO_BYTES && this.#audio.length > 1) this.#audioBytes -= this.#audio.shift()?.bytes.length ?? 0;
    return Promise.all(Array.from(this.#listeners, (listener) => listener(sound)));
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
