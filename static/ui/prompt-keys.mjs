/** What keys mean at the prompt: editing, history, completion. */

import { applyCompletion, columnsOf } from "./completion.mjs";
import { edit } from "./editing-keys.mjs";

/** @typedef {import("../aikernel.mjs").Shell} Shell */
/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./keys.mjs").KeyName} KeyName */
/** @typedef {import("./line-buffer.mjs").LineBuffer} LineBuffer */
/** @typedef {import("./screen.mjs").Screen} Screen */
/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */

/**
 * What the prompt belongs to.
 * @typedef {object} Owner
 * @property {() => Shell | null} shell
 * @property {() => boolean} prompting
 * @property {() => Promise<void>} enter sends the line off
 * @property {() => Promise<void>} abandon gives the line up for a new prompt
 * @property {() => Promise<void>} drawPrompt
 */

export class PromptKeys {
  #view;
  #screen;
  #buffer;
  #history;
  #owner;

  /**
   * @param {{ view: TerminalView, screen: Screen, buffer: LineBuffer, history: History }} parts
   * @param {Owner} owner
   */
  constructor({ view, screen, buffer, history }, owner) {
    this.#view = view;
    this.#screen = screen;
    this.#buffer = buffer;
    this.#history = history;
    this.#owner = owner;
  }

  /** @param {KeyName} key */
  async take(key) {
    switch (key) {
      case "enter":
        return this.#owner.enter();
      case "interrupt":
        await this.#screen.area.commit("^C\r\n");
        return this.#owner.abandon();
      case "clear-screen":
        await this.#screen.area.hide();
        await this.#view.write("\x1b[H\x1b[2J");
        return this.#owner.drawPrompt();
      case "complete":
        void this.#complete();
        return undefined;
      case "up":
        return this.#recall(this.#history.previous(this.#buffer.text));
      case "down":
        return this.#recall(this.#history.next());
      case "end-of-input":
        return this.#buffer.delete();
      default:
        return edit(this.#buffer, key);
    }
  }

  /** @param {string | null} line */
  #recall(line) {
    if (line !== null) this.#buffer.set(line);
  }

  async #complete() {
    const { text, cursor } = this.#buffer;
    const before = text.slice(0, cursor);
    let candidates;
    try {
      candidates = (await this.#owner.shell()?.complete(before)) ?? [];
    } catch {
      return; // nothing to offer
    }
    await this.#screen.enqueue(async () => {
      if (!this.#owner.prompting() || this.#buffer.text !== text || this.#buffer.cursor !== cursor) return;
      const completed = applyCompletion(before, candidates);
      this.#buffer.set(completed.before + text.slice(cursor), completed.before.length);
      const { choices } = completed;
      if (choices.length === 0) return this.#screen.area.redraw();
      const list = columnsOf(choices, this.#view.columns);
      await this.#screen.area.commit();
      await this.#view.write(list);
      await this.#owner.drawPrompt();
    });
  }
}
