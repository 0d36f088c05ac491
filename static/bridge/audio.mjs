/** @typedef {import("../rpc.mjs").Peer} Peer */

/** The page's loudspeaker, for Python: what it plays goes to the page that the kernel belongs to. */
export class Speaker {
  #peer;

  /** @param {Peer} page */
  constructor(page) {
    this.#peer = page;
  }

  /**
   * Plays whole frames after what was given before.
   * @param {number} rate frames a second
   * @param {number} channels
   * @param {string} format of the samples: s16le, f32le, u8
   * @param {Uint8Array} bytes handed over
   * @returns {Promise<boolean>} settled when it has been played, or false when nobody hears it; rejects with AUDIO_RATE_INVALID,
   *   AUDIO_CHANNELS_INVALID, AUDIO_FORMAT_INVALID, AUDIO_BLOCK_INVALID, AUDIO_QUEUE_FULL
   */
  play(rate, channels, format, bytes) {
    return this.#peer.call("speaker.play", { rate, channels, format, bytes }, [bytes.buffer]);
  }

  /** Silence at once: what was not played yet is dropped. @returns {Promise<void>} */
  stop() {
    return this.#peer.call("speaker.stop");
  }
}
