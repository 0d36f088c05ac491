/**
 * The dialogue between a person and the shell: a prompt with line editing, and while a command runs the line discipline
 * of a terminal (lines are echoed and sent whole, Ctrl-D ends the input, Ctrl-C interrupts).
 *
 * Everything that touches the screen goes through one queue, so that output, echo and prompt never mix.
 */

import { applyCompletion, columnsOf } from "./completion.mjs";
import { edit } from "./editing-keys.mjs";
import { InputArea } from "./input-area.mjs";
import { readKeys, readPaste } from "./keys.mjs";
import { LineBuffer } from "./line-buffer.mjs";
import { describeError, visible } from "./text.mjs";

/** @typedef {import("./keys.mjs").KeyName} KeyName */
/** @typedef {import("./keys.mjs").KeyInput} KeyInput */
/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */
/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {import("../aikernel.mjs").Shell} Shell */

const MUTED = "\x1b[90m";
const ALARM = "\x1b[31m";
const ACCENT = "\x1b[36m";
const PLAIN = "\x1b[0m";
const PASTE_LIMIT = 1 << 20;
/** What every call answers once the kernel's worker has ended. */
const LOST = new Set(["BOOT_WORKER_FAILED", "KERNEL_DISPOSED"]);
const encoder = new TextEncoder();

export class ShellSession {
  #view;
  #history;
  /** @type {(running: boolean) => void} */
  #onRunningChange;
  /** @type {(error: unknown) => void} */
  #onKernelLost;
  /** @type {Shell | null} */
  #shell = null;
  #buffer = new LineBuffer();
  #area;
  #running = true; // until the first prompt
  #lastExit = 0;
  /** Command lines waiting for the prompt. @type {string[]} */
  #waiting = [];
  /** @type {Promise<void>} */
  #queue = Promise.resolve();

  /**
   * @param {TerminalView} view
   * @param {History} history
   * @param {{ onRunningChange: (running: boolean) => void, onKernelLost: (error: unknown) => void }} options
   */
  constructor(view, history, { onRunningChange, onKernelLost }) {
    this.#view = view;
    this.#history = history;
    this.#onRunningChange = onRunningChange;
    this.#onKernelLost = onKernelLost;
    this.#area = new InputArea(view, this.#buffer);
    view.onData((data) => this.#receive(data));
    view.onPaste((text) => this.#paste(text.slice(0, PASTE_LIMIT)));
    view.onRoomChange(() => this.#enqueue(() => this.#fit()));
  }

  /** Opens the kernel's shell in this terminal and shows the first prompt. @param {Kernel} kernel */
  async start(kernel) {
    this.#shell = await kernel.openShell({ write: (bytes) => this.#enqueue(() => this.#output(bytes)) });
    this.#lastExit = 0;
    await this.#enqueue(() => this.#prompt());
  }

  /**
   * Runs a command as if it had been typed at the prompt.
   *
   * @param {string} line
   */
  submit(line) {
    this.#waiting.push(line);
    void this.#enqueue(() => this.#runWaiting());
  }

  /**
   * Prints a line of the console's own, above what is being typed.
   *
   * @param {string} text
   * @param {"note" | "alarm"} kind
   */
  notice(text, kind = "note") {
    const line = `${kind === "alarm" ? ALARM : MUTED}${visible(text, 400)}${PLAIN}\r\n`;
    return this.#enqueue(() => this.#aside(() => this.#view.write(line)));
  }

  /** @param {() => void | Promise<void>} task @returns {Promise<void>} */
  #enqueue(task) {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {}); // the caller hears of it, and the next task runs all the same
    return done;
  }

  /** Lets something write while the line being typed is out of the way. @param {() => Promise<void>} write */
  async #aside(write) {
    const shown = this.#area.shown;
    await this.#area.hide();
    if (shown && !this.#running) await this.#view.write("\r\x1b[J");
    else await this.#freshRow();
    await write();
    if (shown && !this.#running) await this.#drawPrompt();
    else if (shown) this.#area.show();
  }

  /** @param {Uint8Array} bytes */
  async #output(bytes) {
    if (!this.#area.shown) return this.#view.write(bytes);
    if (!this.#running) return this.#aside(async () => {
      await this.#view.write(bytes);
      await this.#freshRow();
    });
    await this.#area.hide();
    await this.#view.write(bytes);
    if (this.#buffer.text !== "") this.#area.show();
  }

  async #freshRow() {
    await this.#view.write("");
    if (this.#view.cursorColumn > 0) await this.#view.write("\r\n");
  }

  async #prompt() {
    await this.#view.recover();
    if (this.#view.cursorColumn > 0) await this.#view.write(`${MUTED}⏎${PLAIN}\r\n`);
    this.#setRunning(false);
    if (this.#waiting.length === 0) return this.#drawPrompt();
    return this.#runWaiting();
  }

  async #drawPrompt() {
    const failed = this.#lastExit === 0 ? "" : `${ALARM}${this.#lastExit}${PLAIN} `;
    await this.#view.write(`${failed}${ACCENT}$${PLAIN} `);
    this.#area.show();
  }

  async #runWaiting() {
    if (this.#running) return;
    const line = this.#waiting.shift();
    if (line === undefined) return;
    const typed = this.#buffer.take();
    this.#buffer.set(line);
    await this.#enter(typed);
  }

  /** @param {string} typed what stays in the editor, for the next prompt */
  async #enter(typed = "") {
    if (!this.#area.shown) await this.#drawPrompt();
    await this.#area.commit();
    const line = this.#buffer.take();
    this.#buffer.set(typed);
    this.#history.add(line);
    if (line.trim() === "") {
      this.#lastExit = 0;
      return this.#prompt();
    }
    this.#setRunning(true);
    void this.#execute(line);
  }

  /** @param {string} line */
  async #execute(line) {
    try {
      this.#lastExit = (await this.#shell?.execute(line)) ?? 0;
    } catch (error) {
      const { code, message } = describeError(error);
      if (LOST.has(code)) return this.#lose(error);
      this.#lastExit = 1;
      await this.notice(code ? `${message} (${code})` : message, "alarm");
    }
    await this.#enqueue(async () => {
      await this.#area.hide();
      await this.#prompt();
    });
  }

  /** The kernel has gone; until {@link start} brings another, there is no prompt. @param {unknown} error */
  #lose(error) {
    this.#shell = null;
    this.#waiting.length = 0;
    this.#onKernelLost(error);
  }

  /** @param {boolean} running */
  #setRunning(running) {
    if (this.#running === running) return;
    this.#running = running;
    this.#onRunningChange(running);
  }

  /** @param {string} data */
  #receive(data) {
    for (const input of readKeys(data)) {
      // An interrupt overtakes output that is still waiting for the terminal.
      if (this.#running && "key" in input && input.key === "interrupt") this.#interrupt();
      void this.#enqueue(() => this.#take(input));
    }
  }

  /** @param {string} text */
  #paste(text) {
    const lines = readPaste(text);
    const rest = lines.pop() ?? "";
    void this.#enqueue(async () => {
      if (this.#shell && !this.#running && lines.length > 0) return this.#pasteCommands(lines, rest);
      for (const line of lines) {
        await this.#take({ text: line });
        await this.#take({ key: "enter" });
      }
      return rest === "" ? undefined : this.#take({ text: rest });
    });
  }

  /** Each line is a command, run after the one before it; a last line without a line break stays in the editor. @param {string[]} lines @param {string} rest */
  async #pasteCommands([first = "", ...others], rest) {
    this.#buffer.insert(first);
    this.#waiting.push(this.#buffer.take(), ...others);
    this.#buffer.set(rest);
    await this.#runWaiting();
  }

  #interrupt() {
    this.#waiting.length = 0;
    void this.#tell((shell) => shell.interrupt());
  }

  /** Does something to the running command; one that has ended meanwhile no longer minds. @param {(shell: Shell) => unknown} action */
  async #tell(action) {
    try {
      if (this.#shell) await action(this.#shell);
    } catch (error) {
      void this.notice(describeError(error).message, "alarm");
    }
  }

  /** @param {KeyInput} input */
  async #take(input) {
    if (!this.#shell) return;
    if (!this.#area.shown) {
      if (!this.#running) return;
      await this.#view.write("");
      this.#area.show();
    }
    if ("text" in input) this.#buffer.insert(input.text);
    else if (this.#running) await this.#takeRunningKey(input.key);
    else await this.#takePromptKey(input.key);
    this.#area.redraw();
  }

  /** @param {KeyName} key */
  async #takePromptKey(key) {
    switch (key) {
      case "enter":
        return this.#enter();
      case "interrupt":
        await this.#area.commit("^C\r\n");
        this.#buffer.set("");
        this.#lastExit = 0;
        return this.#prompt();
      case "clear-screen":
        await this.#area.hide();
        await this.#view.write("\x1b[H\x1b[2J");
        return this.#drawPrompt();
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

  /** @param {KeyName} key */
  async #takeRunningKey(key) {
    switch (key) {
      case "enter":
        await this.#area.commit();
        return this.#send(`${this.#buffer.take()}\n`);
      case "interrupt":
        this.#buffer.end();
        await this.#area.commit("^C\r\n");
        this.#buffer.set("");
        return undefined;
      case "end-of-input":
        if (this.#buffer.text === "") return void this.#tell((shell) => shell.endOfInput());
        await this.#area.commit(""); // sent without a newline: it stays on the screen and is no longer editable
        return this.#send(this.#buffer.take());
      case "complete":
        return this.#buffer.insert("\t");
      default:
        return edit(this.#buffer, key);
    }
  }

  /** Not awaited: a program that takes no input must not hold up the screen. @param {string} text */
  #send(text) {
    void this.#tell((shell) => shell.input(encoder.encode(text)));
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
      candidates = (await this.#shell?.complete(before)) ?? [];
    } catch {
      return; // nothing to offer
    }
    await this.#enqueue(async () => {
      if (this.#running || this.#buffer.text !== text || this.#buffer.cursor !== cursor) return;
      const completed = applyCompletion(before, candidates);
      this.#buffer.set(completed.before + text.slice(cursor), completed.before.length);
      const { choices } = completed;
      if (choices.length === 0) return this.#area.redraw();
      const list = columnsOf(choices, this.#view.columns);
      await this.#area.commit();
      await this.#view.write(list);
      await this.#drawPrompt();
    });
  }

  async #fit() {
    const shown = this.#area.shown;
    await this.#area.hide();
    this.#view.fit();
    if (shown) this.#area.show();
  }
}
