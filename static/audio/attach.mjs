import { AudioOutput } from "./output.mjs";
import { AudioPlayer } from "./player.mjs";

/** @typedef {import("../embed/views.mjs").Views} Views */

/** The sound of a process, as it is heard in this page. */
export class AttachedAudio {
  #output;
  #player;
  #own;
  #end = () => {};

  /** @param {AudioOutput | null} output one of several sources, or null for one of its own */
  constructor(output) {
    this.#own = output === null;
    this.#output = output ?? new AudioOutput();
    this.#player = new AudioPlayer(this.#output);
  }

  /** Begins to listen. @param {Views} views @param {string} id of the process @returns {Promise<this>} */
  async attach(views, id) {
    try {
      this.#end = await views.watch(id, { sound: (sound) => this.#player.hear(sound), released: () => this.#player.stop() });
    } catch (error) {
      this.stop();
      throw error;
    }
    return this;
  }

  /** From 0 to 1. */
  get volume() {
    return this.#output.volume;
  }

  set volume(volume) {
    this.#output.volume = volume;
  }

  get muted() {
    return this.#output.muted;
  }

  set muted(muted) {
    this.#output.muted = muted;
  }

  /** Seconds of sound that wait to be played. */
  get queued() {
    return this.#player.queued;
  }

  /** How often there was nothing to play in the midst of sound. */
  get underruns() {
    return this.#player.underruns;
  }

  /** Ends it: the program is no longer held back by its sound. */
  stop() {
    this.#end();
    this.#player.close();
    if (this.#own) void this.#output.close();
  }
}
