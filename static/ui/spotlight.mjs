/**
 * Which process is seen and heard: the program in the terminal, as soon as it draws or sounds, or one that somebody has picked
 * in the process table.
 */

import { AudioPlayer } from "../audio/player.mjs";

/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {import("../audio/output.mjs").AudioOutput} AudioOutput */
/** @typedef {import("./display.mjs").DisplayPane} DisplayPane */
/** @typedef {{ id: string, name: string }} ProcessName */

/** A process that is watched, also when it has ended: until the kernel drops it, or another takes its place. */
class Act {
  /** Whether the display is its. */
  pictured = false;
  ended = false;
  /** Whether nobody looks any more. */
  over = false;
  #end = () => {};

  /** @param {ProcessName} process */
  constructor({ id, name }) {
    this.id = id;
    this.name = name;
  }

  /** @param {() => void} end ends the watching */
  watched(end) {
    this.#end = end;
    if (this.over) end();
  }

  stop() {
    if (this.over) return;
    this.over = true;
    this.#end();
  }
}

export class Spotlight {
  /** @type {Kernel | null} */
  #kernel = null;
  #display;
  #player;
  #onChange;
  /** @type {Act | null} */
  #current = null;

  /**
   * @param {DisplayPane} display
   * @param {AudioOutput} output
   * @param {(id: string) => void} onChange told the id of the process that is seen and heard; empty for none
   */
  constructor(display, output, onChange) {
    this.#display = display;
    this.#player = new AudioPlayer(output);
    this.#onChange = onChange;
    display.onClose = () => this.#dismiss();
    display.onInput = (bytes) => this.#send(bytes);
  }

  /** @param {Kernel} kernel whose processes are meant from now on */
  follow(kernel) {
    this.#dismiss();
    this.#kernel = kernel;
  }

  /** The terminal has another program, or none; what it had is watched to its end. @param {ProcessName | null} process */
  foreground(process) {
    if (process !== null) void this.#watch(new Act(process));
  }

  /** Shows a process, or the one that is shown no longer. @param {ProcessName} process */
  toggle(process) {
    const current = this.#current;
    if (current?.id === process.id && current.pictured) return this.#dismiss();
    if (current?.id === process.id) return this.#picture(current);
    const act = new Act(process);
    this.#picture(act);
    void this.#watch(act);
  }

  /** @param {Act} act */
  async #watch(act) {
    try {
      const end = await this.#kernel?.processes.watch(act.id, {
        frame: (frame) => {
          if (act.over) return undefined;
          this.#picture(act);
          return this.#display.show(frame);
        },
        sound: (sound) => {
          if (act.over) return undefined;
          this.#take(act);
          return this.#player.hear(sound);
        },
        ended: () => this.#ended(act),
        released: () => {
          if (this.#current === act) this.#dismiss();
        },
      });
      if (end) act.watched(end);
    } catch {
      this.#ended(act); // it was dropped before anybody could look
    }
  }

  /** The act is the one that is heard. @param {Act} act */
  #take(act) {
    const before = this.#current;
    if (before === act) return;
    if (before?.pictured && !before.ended) this.#display.close();
    before?.stop();
    this.#player.stop();
    this.#current = act;
    this.#onChange(act.id);
  }

  /** And the one that is seen. @param {Act} act */
  #picture(act) {
    this.#take(act);
    if (act.pictured) return;
    act.pictured = true;
    this.#display.open(act.name);
  }

  /** @param {Act} act */
  #ended(act) {
    act.ended = true;
    if (this.#current !== act) return act.stop();
    if (act.pictured) this.#display.end();
    this.#onChange("");
  }

  #dismiss() {
    this.#current?.stop();
    this.#current = null;
    this.#player.stop();
    this.#display.close();
    this.#onChange("");
  }

  /** @param {Uint8Array} bytes */
  #send(bytes) {
    const act = this.#current;
    if (act === null || act.ended) return;
    this.#kernel?.processes.sendInput(act.id, bytes).catch(() => (act.ended = true)); // the news is on its way
  }
}
