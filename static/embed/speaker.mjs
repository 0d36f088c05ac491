/** @typedef {import("../rpc.mjs").Peer} Peer */
/** @typedef {import("../audio/output.mjs").AudioOutput} AudioOutput */
/** @typedef {import("../audio/player.mjs").AudioPlayer} AudioPlayer */

/** Where the sound goes that Python plays, such as by its audio provider. */
export class Speaker {
  /** @type {Promise<AudioPlayer> | null} */
  #player = null;

  /** @param {Peer} peer */
  constructor(peer) {
    peer.serve({
      // Nobody hears it: whoever plays need not wait.
      "speaker.play": async (block) => (this.#player === null ? false : (await this.#player).play(block)),
      "speaker.stop": async () => (await this.#player)?.stop(),
    });
  }

  /**
   * Plays it from now on; with null nobody hears it any more.
   * @param {AudioOutput | null} output
   * @returns {Promise<void>}
   */
  async attach(output) {
    const before = this.#player;
    this.#player = output && import("../audio/player.mjs").then(({ AudioPlayer }) => new AudioPlayer(output));
    (await before)?.close();
    await this.#player;
  }
}
