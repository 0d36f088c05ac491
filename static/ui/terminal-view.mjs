/** The terminal on the page: xterm.js with the console's colours, widths and limits. */

import { FitAddon } from "../vendor/xterm/addon-fit.mjs";
import { Terminal } from "../vendor/xterm/xterm.mjs";
import { unicodeProvider } from "./character-width.mjs";
import { CANCEL, LEAVE_ALTERNATE_SCREEN, RECOVER, harden } from "./terminal-hardening.mjs";
import { onThemeChange, terminalTheme } from "./terminal-theme.mjs";

/** Bytes parsed in one go: a millisecond or two, so that the page stays responsive in a flood. */
const SLICE = 1 << 16;
const FONT = '"JetBrains Mono", "Cascadia Mono", "SF Mono", ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const NARROW = globalThis.matchMedia("(max-width: 640px)");
const STILL = globalThis.matchMedia("(prefers-reduced-motion: reduce)");

export class TerminalView {
  /** Whether a program gets every key: what the page keeps for itself otherwise, and what the terminal may answer, is its then. */
  raw = false;
  #terminal;
  #fit = new FitAddon();
  #host;

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
    this.#terminal = new Terminal({
      allowProposedApi: true, // for `unicode`: the widths of characters
      altClickMovesCursor: false,
      convertEol: true, // programs end lines with a bare newline
      cursorBlink: !STILL.matches,
      cursorInactiveStyle: "outline",
      fontFamily: FONT,
      fontSize: NARROW.matches ? 12 : 13,
      lineHeight: 1.2,
      logLevel: "off",
      minimumContrastRatio: 4.5,
      scrollback: 10_000,
      theme: terminalTheme(),
      windowOptions: {},
    });
    harden(this.#terminal, () => this.raw);
    this.#terminal.unicode.register(unicodeProvider);
    this.#terminal.unicode.activeVersion = unicodeProvider.version;
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(host);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#takesKey(event));
    this.#terminal.textarea?.setAttribute("aria-label", "Terminal input. F6 leaves the terminal.");
    onThemeChange((theme) => this.#set("theme", theme));
    NARROW.addEventListener("change", () => this.#set("fontSize", NARROW.matches ? 12 : 13));
    STILL.addEventListener("change", () => this.#set("cursorBlink", !STILL.matches));
    this.fit();
  }

  get columns() {
    return this.#terminal.cols;
  }

  get rows() {
    return this.#terminal.rows;
  }

  /** Column of the cursor, valid once everything written has been taken ({@link write}). Equals `columns` before a wrap. */
  get cursorColumn() {
    return this.#terminal.buffer.active.cursorX;
  }

  focus() {
    this.#terminal.focus();
  }

  /** Takes as many rows and columns as its place on the page has room for. */
  fit() {
    this.#fit.fit();
  }

  /** @param {boolean} on whether to keep a readable copy of the lines in the page for screen readers */
  setScreenReaderMode(on) {
    this.#set("screenReaderMode", on);
  }

  /**
   * Writes and resolves when the terminal has taken it in: whoever waits for that never runs ahead of the terminal.
   *
   * Bytes are a program's and decoded as one UTF-8 stream; strings are the console's own and leave that stream alone.
   *
   * @param {Uint8Array | string} data
   * @returns {Promise<void>}
   */
  write(data) {
    return new Promise((resolve) => {
      if (typeof data !== "string") {
        let start = 0;
        for (; start + SLICE < data.length; start += SLICE) this.#terminal.write(data.subarray(start, start + SLICE));
        data = data.subarray(start);
      }
      this.#terminal.write(data, resolve);
    });
  }

  /** Undoes what a program left behind: an unfinished sequence, the alternate screen, modes, colours. */
  async recover() {
    await this.write(CANCEL);
    if (this.#terminal.buffer.active.type === "alternate") await this.write(LEAVE_ALTERNATE_SCREEN);
    await this.write(RECOVER);
  }

  /** @param {(data: string) => void} listener gets keys and the text of input methods */
  onData(listener) {
    this.#terminal.onData(listener);
  }

  /** @param {(text: string) => void} listener gets pasted text as it was on the clipboard */
  onPaste(listener) {
    this.#host.addEventListener(
      "paste",
      (event) => {
        event.preventDefault();
        event.stopPropagation(); // xterm.js would hand it on as keys
        listener(event.clipboardData?.getData("text/plain") ?? "");
      },
      { capture: true },
    );
  }

  /**
   * Pasted text as a raw program gets it: line breaks are what the Enter key sends, and in brackets if it asked for them
   * (xterm, "Bracketed Paste Mode"), which the text must not close by itself.
   * @param {string} text
   */
  pasted(text) {
    const keys = text.replace(/\r?\n/gu, "\r");
    return this.#terminal.modes.bracketedPasteMode ? `\x1b[200~${keys.replaceAll("\x1b", "\u241b")}\x1b[201~` : keys;
  }

  /** @param {() => void} listener called when the terminal's place on the page has changed its size */
  onRoomChange(listener) {
    let frame = 0;
    new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(listener);
    }).observe(this.#host);
  }

  /** @param {string} option @param {unknown} value */
  #set(option, value) {
    this.#terminal.options[option] = value;
  }

  /**
   * Leaves to the browser what is the browser's: copying a selection, pasting, moving between panes. A raw program gets all
   * but F6, without which the keyboard could not leave the terminal, Ctrl-Insert and Ctrl-Shift-V.
   * @param {KeyboardEvent} event
   */
  #takesKey(event) {
    if (event.key === "F6") return false;
    const key = event.key.toLowerCase();
    const pastes = event.ctrlKey && event.shiftKey && key === "v";
    if (this.raw) return !pastes && !(event.ctrlKey && key === "insert");
    if (event.key === "Tab" && event.shiftKey) return false;
    if (!event.ctrlKey || event.altKey) return true;
    if (key === "v") return false;
    if (key === "c" && this.#terminal.hasSelection()) {
      // The browser's own copy command follows this keystroke; the next Ctrl-C interrupts again.
      setTimeout(() => this.#terminal.clearSelection());
      return false;
    }
    return true;
  }
}
