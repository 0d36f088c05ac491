/** The gallery: pictures that the kernel's Python computes, on the GPU where there is one. Loaded when somebody opens it. */

import { element } from "./elements.mjs";
import { LifeScene } from "./gallery-life.mjs";
import { FrameLoop } from "./gallery-loop.mjs";
import { MandelbrotScene } from "./gallery-mandelbrot.mjs";
import { describeError, visible } from "./text.mjs";

/** @typedef {import("../aikernel.mjs").GalleryPicture} GalleryPicture */
/** @typedef {import("../aikernel.mjs").GalleryRequest} GalleryRequest */
/** @typedef {import("../aikernel.mjs").Kernel} Kernel */

/**
 * A kind of picture.
 * @typedef {object} Scene
 * @property {string} name
 * @property {string} title
 * @property {string} help what the keys do, for those who cannot see the buttons
 * @property {boolean} crisp whether its pixels are things of their own
 * @property {boolean} animated whether it moves by itself at the moment
 * @property {HTMLElement} tools
 * @property {(room: {width: number, height: number}) => {width: number, height: number}} resize answers the size of the canvas
 * @property {(canvas: HTMLCanvasElement, signal: AbortSignal) => void} bind
 * @property {() => GalleryRequest | null} next
 * @property {(picture: GalleryPicture, request: GalleryRequest, milliseconds: number) => string} shown answers what is seen, in words
 */

/** How often the rate is told, in milliseconds. */
const RATE_EVERY = 1000;
const CANVAS = "gallery";

export class Gallery {
  #kernel;
  #onClose;
  #pane;
  #canvas = element("canvas", { class: "gallery-canvas", role: "application", tabindex: "0", "aria-describedby": "gallery-help" });
  #room = element("div", { class: "pane-body display-room gallery-room" }, this.#canvas);
  #tools = element("div", { class: "tools", role: "toolbar", "aria-label": "Gallery tools", tabindex: "-1" });
  #help = element("p", { id: "gallery-help", class: "visually-hidden" });
  #rate = element("span", { id: "gallery-rate", class: "figures" });
  #computer = element("p", { id: "gallery-computer", class: "gallery-computer", role: "status" }, "Looking for a GPU …");
  #seen = element("p", { id: "gallery-seen", class: "figures" });
  /** @type {Map<string, HTMLButtonElement>} */
  #choices = new Map();
  /** @type {Scene[]} */
  #scenes;
  /** @type {Scene} */
  #scene;
  #binding = new AbortController();
  #loop;
  #resizes = new ResizeObserver(() => this.#resize());
  #drawn = 0;
  #timer = 0;
  #told = { time: performance.now(), drawn: 0 };
  #detach = () => {};

  /** @param {Kernel} kernel @param {() => void} onClose called when somebody closes it */
  constructor(kernel, onClose) {
    this.#kernel = kernel;
    this.#onClose = onClose;
    const wake = () => this.#loop?.wake();
    const first = new MandelbrotScene(wake);
    this.#scenes = [first, new LifeScene(wake)];
    this.#scene = first;
    this.#pane = this.#build();
    this.#loop = new FrameLoop(this.#room, {
      next: () => this.#scene.next(),
      draw: (request) => kernel.gallery.draw(CANVAS, request),
      onPicture: (picture, request, milliseconds) => this.#shown(picture, request, milliseconds),
      onFailure: (error) => this.#failed(error),
    });
  }

  /** Puts it on the page, before another element, and begins. @param {Element} before */
  async open(before) {
    before.before(this.#pane);
    try {
      this.#detach = await this.#kernel.canvases.attach(CANVAS, this.#canvas);
    } catch (error) {
      return this.#failed(error);
    }
    this.#resizes.observe(this.#room);
    this.#choose(this.#scene);
    this.#timer = setInterval(() => this.#tellRate(), RATE_EVERY);
    this.focus();
  }

  /** Takes it off the page, and lets go of everything. */
  close() {
    this.#loop.stop();
    this.#binding.abort();
    this.#resizes.disconnect();
    clearInterval(this.#timer);
    this.#pane.remove();
    this.#detach();
    this.#kernel.gallery.close().catch(() => {}); // the kernel may be gone
  }

  /** Whether the focus is in it. */
  get focused() {
    return this.#pane.contains(document.activeElement);
  }

  focus() {
    this.#canvas.focus({ preventScroll: true });
  }

  #build() {
    const choices = element("div", { class: "switch", role: "group", "aria-label": "What is shown" });
    for (const scene of this.#scenes) {
      const choice = element("button", { type: "button", class: "small", "aria-pressed": "false" }, scene.title);
      choice.addEventListener("click", () => this.#choose(scene));
      this.#choices.set(scene.name, choice);
      choices.append(choice);
    }
    const close = element("button", { type: "button", class: "quiet", "aria-label": "Close the gallery" }, "Close");
    close.addEventListener("click", () => this.#onClose());
    this.#tools.append(close);
    return element(
      "section",
      { id: "gallery-pane", class: "pane gallery-pane", "aria-labelledby": "gallery-title", tabindex: "-1" },
      element("header", { class: "pane-head" }, element("h2", { id: "gallery-title" }, "Gallery"), choices, this.#tools),
      this.#room,
      element("footer", { class: "pane-status gallery-status" }, this.#computer, this.#seen, this.#rate),
      this.#help,
    );
  }

  /** @param {Scene} scene */
  #choose(scene) {
    this.#binding.abort();
    this.#binding = new AbortController();
    this.#scene.tools.remove();
    this.#scene = scene;
    for (const [name, choice] of this.#choices) choice.setAttribute("aria-pressed", String(name === scene.name));
    this.#tools.prepend(scene.tools);
    this.#help.textContent = scene.help;
    this.#canvas.setAttribute("aria-label", scene.title);
    this.#canvas.classList.toggle("crisp", scene.crisp);
    scene.bind(this.#canvas, this.#binding.signal);
    this.#resize();
  }

  #resize() {
    const room = this.#room.getBoundingClientRect();
    const { width, height } = this.#scene.resize({ width: Math.floor(room.width), height: Math.floor(room.height) });
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
  }

  /** @param {GalleryPicture} picture @param {GalleryRequest} request @param {number} milliseconds */
  #shown(picture, request, milliseconds) {
    if (request.scene !== this.#scene.name) return;
    this.#drawn += 1;
    this.#seen.textContent = this.#scene.shown(picture, request, milliseconds);
    this.#rate.title = `The last picture took ${Math.round(milliseconds)} ms, ${picture.columns} × ${picture.rows} pixels`;
    this.#tellComputer(picture.computer);
  }

  /** Who computes. @param {GalleryPicture["computer"]} computer */
  #tellComputer({ gpu, name, software, device, reason, code }) {
    const again = device > 1 ? `, device ${device}: the one before was lost` : "";
    const who = gpu ? `GPU: ${visible(name, 80)}${software ? " (in software)" : ""}${again}` : `CPU (NumPy): ${visible(describeError(reason).message, 200)}`;
    const dataset = this.#pane.dataset;
    dataset["computer"] = gpu ? "gpu" : "cpu";
    if (this.#computer.textContent === who) return;
    this.#computer.textContent = who; // a live region: it is read aloud when it changes
    this.#computer.title = code;
  }

  #tellRate() {
    const now = performance.now();
    const rate = ((this.#drawn - this.#told.drawn) * 1000) / (now - this.#told.time);
    this.#told = { time: now, drawn: this.#drawn };
    this.#rate.textContent = rate > 0 ? `${rate < 9.5 ? rate.toFixed(1) : Math.round(rate)} fps` : "";
  }

  /** @param {unknown} error */
  #failed(error) {
    const { code, message } = describeError(error);
    this.#computer.textContent = `No picture: ${visible(message, 300)}`;
    this.#computer.title = code;
    this.#pane.dataset["computer"] = "none";
  }
}
