/**
 * The dialogue between a person and the shell: a prompt, the commands entered at it one after another, and while one runs the
 * line discipline of its terminal.
 */

import { readKeys, readPaste } from "./keys.mjs";
import { LineBuffer } from "./line-buffer.mjs";
import { LineDiscipline } from "./line-discipline.mjs";
import { PromptKeys } from "./prompt-keys.mjs";
import { Screen } from "./screen.mjs";
import { describeError, visible } from "./text.mjs";

/** @typedef {import("./keys.mjs").KeyInput} KeyInput */
/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./terminal-view.mjs").TerminalView} TerminalView */
/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {import("../aikernel.mjs").Shell} Shell */

/**
 * @typedef {object} Listeners
 * @property {(running: boolean) => void} onRunningChange
 * @property {(raw: boolean) => void} onRawChange
 * @property {(process: {id: string, name: string} | null) => void} onForeground
 * @property {(error: unknown) => void} onKernelLost
 */

const MUTED = "\x1b[90m";
const ALARM = "\x1b[31m";
const ACCENT = "\x1b[36m";
const PLAIN = "\x1b[0m";
const PASTE_LIMIT = 1 << 20;
/** What every call answers once the kernel's worker has ended. */
const LOST = new Set(["BOOT_WORKER_FAILED", "KERNEL_DISPOSED"]);

export class ShellSession {
  #view;
  #history;
  #listeners;
  /** @type {Shell | null} */
  #shell = null;
  #buffer = new LineBuffer();
  #screen;
  #promptKeys;
  #discipline;
  #running = true; // until the first prompt
  #lastExit = 0;
  /** Command lines waiting for the prompt. @type {string[]} */
  #waiting = [];
  /** Keys that are still waiting for the screen. */
  #delayed = 0;

  /**
   * @param {TerminalView} view
   * @param {History} history
   * @param {Listeners} listeners
   */
  constructor(view, history, listeners) {
    this.#view = view;
    this.#history = history;
    this.#listeners = listeners;
    const buffer = this.#buffer;
    const prompting = () => !this.#running;
    const drawPrompt = () => this.#drawPrompt();
    const screen = new Screen(view, buffer, { prompting, drawPrompt });
    this.#screen = screen;
    this.#promptKeys = new PromptKeys(
      { view, screen, buffer, history },
      { shell: () => this.#shell, prompting, drawPrompt, enter: () => this.#enter(), abandon: () => this.#abandon() },
    );
    this.#discipline = new LineDiscipline(
      { view, screen, buffer },
      { tell: (action) => void this.#tell(action), onRawChange: listeners.onRawChange },
    );
    view.onData((data) => this.#receive(data));
    view.onPaste((text) => this.#paste(text.slice(0, PASTE_LIMIT)));
    view.onRoomChange(() => screen.enqueue(() => this.#fit()));
  }

  /** Opens the kernel's shell in this terminal and shows the first prompt. @param {Kernel} kernel */
  async start(kernel) {
    const { columns, rows } = this.#view;
    this.#discipline.setRaw(false);
    this.#shell = await kernel.openShell(
      {
        write: (bytes) => this.#screen.enqueue(() => this.#screen.output(bytes)),
        raw: (on) => this.#discipline.setRaw(on),
        foreground: (process) => this.#listeners.onForeground(process),
      },
      { columns, rows },
    );
    this.#lastExit = 0;
    await this.#screen.enqueue(() => this.#prompt());
  }

  /**
   * Runs a command as if it had been typed at the prompt.
   *
   * @param {string} line
   */
  submit(line) {
    this.#waiting.push(line);
    void this.#screen.enqueue(() => this.#runWaiting());
  }

  /**
   * Prints a line of the console's own, above what is being typed.
   *
   * @param {string} text
   * @param {"note" | "alarm"} kind
   */
  notice(text, kind = "note") {
    const line = `${kind === "alarm" ? ALARM : MUTED}${visible(text, 400)}${PLAIN}\r\n`;
    return this.#screen.enqueue(() => this.#screen.aside(() => this.#view.write(line)));
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
    this.#screen.area.show();
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
    if (!this.#screen.area.shown) await this.#drawPrompt();
    await this.#screen.area.commit();
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

  /** Ctrl-C at the prompt. */
  #abandon() {
    this.#buffer.set("");
    this.#lastExit = 0;
    return this.#prompt();
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
    await this.#screen.enqueue(async () => {
      this.#discipline.setRaw(false);
      await this.#screen.area.hide();
      await this.#prompt();
    });
  }

  /** The kernel has gone; until {@link start} brings another, there is no prompt. @param {unknown} error */
  #lose(error) {
    this.#shell = null;
    this.#waiting.length = 0;
    this.#discipline.setRaw(false);
    this.#listeners.onKernelLost(error);
  }

  /** @param {boolean} running */
  #setRunning(running) {
    if (this.#running === running) return;
    this.#running = running;
    this.#listeners.onRunningChange(running);
  }

  /** @param {string} data */
  #receive(data) {
    // Keys do not wait for a raw program's output to be drawn, but for the keys before them.
    if (this.#takesRaw && this.#delayed === 0) return this.#discipline.takeRaw(data);
    const inputs = readKeys(data);
    // An interrupt overtakes output that is still waiting for the terminal.
    if (this.#running && !this.#takesRaw && inputs.some((input) => "key" in input && input.key === "interrupt")) this.#interrupt();
    this.#delayed++;
    void this.#screen
      .enqueue(async () => {
        if (this.#takesRaw) return this.#discipline.takeRaw(data);
        for (const input of inputs) await this.#take(input);
      })
      .finally(() => this.#delayed--);
  }

  get #takesRaw() {
    return this.#running && this.#discipline.raw;
  }

  /** @param {string} text */
  #paste(text) {
    if (this.#takesRaw) return this.#discipline.send(this.#view.pasted(text));
    const lines = readPaste(text);
    const rest = lines.pop() ?? "";
    void this.#screen.enqueue(async () => {
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
    this.#discipline.interrupt();
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
    if (!this.#screen.area.shown) {
      if (!this.#running) return;
      await this.#view.write("");
      this.#screen.area.show();
    }
    if ("text" in input) this.#buffer.insert(input.text);
    else if (this.#running) await this.#discipline.take(input.key);
    else await this.#promptKeys.take(input.key);
    this.#screen.area.redraw();
  }

  async #fit() {
    const { columns, rows } = this.#view;
    await this.#screen.fit();
    if (columns !== this.#view.columns || rows !== this.#view.rows) {
      void this.#tell((shell) => shell.resize(this.#view.columns, this.#view.rows));
    }
  }
}
