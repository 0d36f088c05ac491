/**
 * Everything that touches the terminal's screen, one thing after another: output, echo and prompt never mix, and the line being
 * typed steps aside for what others write.
 */

import { InputArea } from "./input-area.mjs";

/** @typedef {import("./line-buffer.mjs").LineBuffer} LineBuffer */
/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */

export class Screen {
  /** The line being typed. */
  area;
  #view;
  #buffer;
  /** @type {() => boolean} */
  #prompting;
  /** @type {() => Promise<void>} */
  #drawPrompt;
  /** @type {Promise<void>} */
  #queue = Promise.resolve();

  /**
   * @param {TerminalView} view
   * @param {LineBuffer} buffer
   * @param {{ prompting: () => boolean, drawPrompt: () => Promise<void> }} shell whether the line belongs to a prompt, and that
   */
  constructor(view, buffer, { prompting, drawPrompt }) {
    this.#view = view;
    this.#buffer = buffer;
    this.#prompting = prompting;
    this.#drawPrompt = drawPrompt;
    this.area = new InputArea(view, buffer);
  }

  /** Does something when everything before it is done. @param {() => void | Promise<void>} task @returns {Promise<void>} */
  enqueue(task) {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {}); // the caller hears of it, and the next task runs all the same
    return done;
  }

  /** Lets something write while the line being typed is out of the way. @param {() => Promise<void>} write */
  async aside(write) {
    const shown = this.area.shown;
    await this.area.hide();
    if (shown && this.#prompting()) await this.#view.write("\r\x1b[J");
    else await this.freshRow();
    await write();
    if (shown && this.#prompting()) await this.#drawPrompt();
    else if (shown) this.area.show();
  }

  /** Writes what a program or the shell has to say. @param {Uint8Array} bytes */
  async output(bytes) {
    if (!this.area.shown) return this.#view.write(bytes);
    if (this.#prompting()) {
      return this.aside(async () => {
        await this.#view.write(bytes);
        await this.freshRow();
      });
    }
    await this.area.hide();
    await this.#view.write(bytes);
    if (this.#buffer.text !== "") this.area.show();
  }

  async freshRow() {
    await this.#view.write("");
    if (this.#view.cursorColumn > 0) await this.#view.write("\r\n");
  }

  /** Takes as much room as there is now. */
  async fit() {
    const shown = this.area.shown;
    await this.area.hide();
    this.#view.fit();
    if (shown) this.area.show();
  }
}
