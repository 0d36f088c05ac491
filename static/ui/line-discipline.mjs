/**
 * The line discipline of a running program's terminal. As long as the program asks for nothing else, lines are edited and
 * echoed here and sent whole, Ctrl-D ends the input and Ctrl-C ends the program. When the program has switched its terminal
 * raw (/dev/consctl), every key's bytes go to it as they are struck, and only Ctrl-\ ends it.
 */

import { edit } from "./editing-keys.mjs";

/** @typedef {import("../aikernel.mjs").Shell} Shell */
/** @typedef {import("./keys.mjs").KeyName} KeyName */
/** @typedef {import("./line-buffer.mjs").LineBuffer} LineBuffer */
/** @typedef {import("./screen.mjs").Screen} Screen */
/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */

/** Ctrl-\, the quit key of stty(1). */
const QUIT = "\x1c";
const encoder = new TextEncoder();

export class LineDiscipline {
  #view;
  #screen;
  #buffer;
  /** @type {(action: (shell: Shell) => unknown) => void} */
  #tell;
  /** @type {(raw: boolean) => void} */
  #onRawChange;
  #raw = false;

  /**
   * @param {{ view: TerminalView, screen: Screen, buffer: LineBuffer }} parts
   * @param {{ tell: (action: (shell: Shell) => unknown) => void, onRawChange: (raw: boolean) => void }} to
   */
  constructor({ view, screen, buffer }, { tell, onRawChange }) {
    this.#view = view;
    this.#screen = screen;
    this.#buffer = buffer;
    this.#tell = tell;
    this.#onRawChange = onRawChange;
  }

  get raw() {
    return this.#raw;
  }

  /** The program takes keys as they are struck, or gives line editing back. @param {boolean} raw */
  setRaw(raw) {
    if (raw === this.#raw) return;
    this.#raw = raw;
    this.#view.raw = raw;
    this.#onRawChange(raw);
    if (raw) void this.#screen.enqueue(() => this.#handOver());
  }

  /** What was typed and not sent yet is the program's now, as when a tty leaves its canonical mode. */
  async #handOver() {
    await this.#screen.area.hide();
    const typed = this.#buffer.take();
    if (typed !== "") this.send(typed);
  }

  /** A key in raw mode, or what the terminal answers to the program's question. @param {string} data */
  takeRaw(data) {
    if (data === QUIT) this.interrupt();
    else this.send(data);
  }

  /** @param {KeyName} key */
  async take(key) {
    switch (key) {
      case "enter":
        await this.#screen.area.commit();
        return this.send(`${this.#buffer.take()}\n`);
      case "interrupt":
        this.#buffer.end();
        await this.#screen.area.commit("^C\r\n");
        this.#buffer.set("");
        return undefined;
      case "end-of-input":
        if (this.#buffer.text === "") return this.#tell((shell) => shell.endOfInput());
        await this.#screen.area.commit(""); // sent without a newline: it stays on the screen and is no longer editable
        return this.send(this.#buffer.take());
      case "complete":
        return this.#buffer.insert("\t");
      default:
        return edit(this.#buffer, key);
    }
  }

  /** Ends the program. */
  interrupt() {
    this.#tell((shell) => shell.interrupt());
  }

  /** Not awaited: a program that takes no input must not hold up the screen. @param {string} text */
  send(text) {
    this.#tell((shell) => shell.input(encoder.encode(text)));
  }
}
