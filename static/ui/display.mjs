/** The display: the picture of a program, as large as whole pixels allow, and what people do there for the program. */

import { CanvasInput } from "../display/canvas-input.mjs";
import { CanvasView, fitted } from "../display/canvas-view.mjs";
import { byId, element } from "./elements.mjs";
import { visible } from "./text.mjs";

/** @typedef {import("../display/rgba.mjs").Frame} Frame */
/** @typedef {{ onVisible: (visible: boolean) => void, onLeave: () => void }} Listeners  whether it is seen; the focus has to go elsewhere */

/** How often the rate is told, in milliseconds. */
const RATE_EVERY = 1000;

export class DisplayPane {
  /** Takes records of /dev/input/events. @type {(bytes: Uint8Array) => void} */
  onInput = () => {};
  /** Somebody closed the display. */
  onClose = () => {};
  #listeners;
  #pane = byId("display-pane", HTMLElement);
  #room = byId("display-room", HTMLElement);
  #canvas = byId("display", HTMLCanvasElement);
  #empty = byId("display-empty", HTMLElement);
  #name = byId("display-name", HTMLElement);
  #size = byId("display-size", HTMLElement);
  #rate = byId("display-rate", HTMLElement);
  #save = byId("display-save", HTMLButtonElement);
  #view;
  #label = "";
  #ended = false;
  #sequence = 0;
  /** When the rate was told last, and what there was then. @type {{ time: number, drawn: number, sequence: number } | null} */
  #told = null;

  /** @param {Listeners} listeners */
  constructor(listeners) {
    this.#listeners = listeners;
    this.#view = new CanvasView(this.#canvas, (width, height) => this.#resized(width, height));
    new CanvasInput(this.#canvas, (bytes) => this.onInput(bytes));
    const keys = byId("display-keys", HTMLElement);
    this.#canvas.addEventListener("focus", () => (keys.hidden = false));
    this.#canvas.addEventListener("blur", () => (keys.hidden = true));
    this.#save.addEventListener("click", () => void this.#download());
    byId("display-close", HTMLButtonElement).addEventListener("click", () => this.onClose());
    new ResizeObserver(() => this.#fit()).observe(this.#room);
  }

  /** Makes room for a program that has drawn nothing yet. @param {string} name */
  open(name) {
    this.#view.stop();
    this.#label = visible(name, 80);
    this.#ended = false;
    this.#told = null;
    this.#name.textContent = this.#label;
    this.#size.textContent = this.#rate.textContent = this.#rate.title = "";
    this.#empty.textContent = `${this.#label} has shown no picture yet.`;
    this.#setPicture(false);
    if (!this.#pane.hidden) return;
    this.#pane.hidden = false;
    this.#listeners.onVisible(true);
    byId("announcements", HTMLElement).textContent = "The display is open. F6 reaches it.";
  }

  /** @param {Frame} frame of the program that the display was opened for @returns {Promise<void>} settled when another can come */
  async show(frame) {
    this.#sequence = frame.sequence;
    await this.#view.show(frame);
    if (this.#told === null && !this.#ended) {
      this.#told = { time: performance.now(), drawn: this.#view.drawn, sequence: this.#sequence };
      setTimeout(() => this.#tellRate(), RATE_EVERY);
    }
  }

  /** The program has ended; its picture stays. */
  end() {
    this.#ended = true;
    this.#told = null;
    this.#rate.textContent = "ended";
    this.#rate.title = "";
    if (this.#canvas.hidden) this.#empty.textContent = `${this.#label} has ended and shown no picture.`;
  }

  close() {
    if (this.#pane.hidden) return;
    const focused = this.#pane.contains(document.activeElement);
    this.#view.stop();
    this.#told = null;
    this.#listeners.onVisible(false);
    this.#pane.hidden = true;
    if (focused) this.#listeners.onLeave();
  }

  /** Gives the focus to the picture, and so to the program. */
  focus() {
    if (this.#canvas.hidden) this.#pane.focus();
    else this.#canvas.focus();
  }

  /** @param {number} width @param {number} height */
  #resized(width, height) {
    this.#size.textContent = `${width} × ${height}`;
    this.#canvas.setAttribute("aria-label", `Picture of ${this.#label}, ${width} by ${height} pixels`);
    this.#setPicture(true);
    this.#fit();
  }

  /** @param {boolean} there */
  #setPicture(there) {
    if (!there && document.activeElement === this.#canvas) this.#pane.focus();
    this.#canvas.hidden = !there;
    this.#empty.hidden = there;
    this.#save.disabled = !there;
  }

  #fit() {
    if (this.#canvas.hidden) return;
    const { clientWidth, clientHeight } = this.#room;
    const { width, height, crisp } = fitted(this.#canvas, { width: clientWidth, height: clientHeight }, devicePixelRatio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.classList.toggle("crisp", crisp);
  }

  #tellRate() {
    const told = this.#told;
    if (told === null) return;
    const now = performance.now();
    const seconds = (now - told.time) / 1000;
    const shown = this.#view.drawn - told.drawn;
    this.#rate.textContent = `${Math.round(shown / seconds)} fps`;
    this.#rate.title = `The program shows ${Math.round((this.#sequence - told.sequence) / seconds)} pictures a second`;
    this.#told = null; // until the next picture
    if (shown === 0) return;
    this.#told = { time: now, drawn: this.#view.drawn, sequence: this.#sequence };
    setTimeout(() => this.#tellRate(), RATE_EVERY);
  }

  async #download() {
    const blob = await new Promise((/** @type {BlobCallback} */ resolve) => this.#canvas.toBlob(resolve, "image/png"));
    if (blob === null) return;
    const address = URL.createObjectURL(blob);
    const name = this.#label.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
    element("a", { href: address, download: `${name}-${this.#sequence}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
  }
}
