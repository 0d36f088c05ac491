/** The Mandelbrot set: where one looks, and how that is changed by wheel, pointer, fingers and keys. */

import { element } from "./elements.mjs";
import { Pace } from "./gallery-pace.mjs";

/** @typedef {import("../aikernel.mjs").GalleryPicture} GalleryPicture */
/** @typedef {import("../aikernel.mjs").GalleryRequest} GalleryRequest */
/** @typedef {import("./gallery.mjs").Scene} Scene */
/** @typedef {{ x: number, y: number }} Point */

/** What is seen at first: all of the set, and some room around it. */
const HOME = { x: -0.72, y: 0, width: 3.3, height: 2.56 };
/** The narrowest picture, in the plane's units: where it is, is a 64-bit float. */
const NARROWEST = 2e-12;
/** The most iterations that are asked for. */
const LIMIT = 3000;
const FARTHEST = 0.5;
/** How much of the picture an arrow key moves it by, and how much a key zooms. */
const PAN = 0.1;
const ZOOM = 1.5;
/** How much one unit of the wheel zooms, and pixels that a wheel's line stands for (WheelEvent.deltaMode). */
const WHEEL = 0.0022;
const LINE_PIXELS = 16;

/** @implements {Scene} */
export class MandelbrotScene {
  name = "mandelbrot";
  title = "Mandelbrot set";
  help = "Arrow keys move, plus and minus zoom, 0 shows all of it again. Drag to move, turn the wheel to zoom. F6 leaves.";
  crisp = false;
  animated = false;
  tools = element("span", { class: "gallery-tools" });
  #wake;
  #pace;
  #centre = { x: HOME.x, y: HOME.y };
  /** How often HOME's size fits into what is seen. */
  #zoom = 1;
  /** CSS pixels. */
  #room = { width: 0, height: 0 };
  /** Fingers and buttons that are down, by pointer. @type {Map<number, Point>} */
  #held = new Map();

  /** @param {() => void} wake called when there is something new to draw */
  constructor(wake) {
    this.#wake = wake;
    this.#pace = new Pace(wake);
    for (const [text, label, act] of /** @type {const} */ ([
      ["+", "Zoom in", () => this.#zoomBy(ZOOM)],
      ["−", "Zoom out", () => this.#zoomBy(1 / ZOOM)],
      ["Reset", "Reset: show all of the set", () => this.#reset()],
    ])) {
      const button = element("button", { type: "button", class: "quiet", "aria-label": label, title: label }, text);
      button.addEventListener("click", act);
      this.tools.append(button);
    }
  }

  /** @param {{ width: number, height: number }} room in CSS pixels */
  resize(room) {
    this.#room = room;
    this.#moved();
    return room;
  }

  /** @param {HTMLCanvasElement} canvas @param {AbortSignal} signal ends it */
  bind(canvas, signal) {
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event), { signal });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#held.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    }, { signal });
    canvas.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      canvas.addEventListener(type, (event) => this.#held.delete(event.pointerId), { signal });
    }
    signal.addEventListener("abort", () => this.#pace.stop());
  }

  /** @returns {GalleryRequest | null} */
  next() {
    const { width, height } = this.#room;
    if (width === 0 || height === 0) return null;
    const ratio = devicePixelRatio;
    const limit = this.#limit();
    const grain = this.#pace.grain(width * height * ratio * ratio * limit);
    if (grain === null) return null;
    const columns = Math.max(1, Math.round((width * ratio) / grain));
    const rows = Math.max(1, Math.round((height * ratio) / grain));
    const step = (this.#step() * width) / columns;
    return { scene: "mandelbrot", columns, rows, centre: [this.#centre.x, this.#centre.y], step, limit, grain };
  }

  /** @param {GalleryPicture} _ @param {GalleryRequest} request @param {number} milliseconds @returns {string} what is seen */
  shown(_, request, milliseconds) {
    if (request.scene !== "mandelbrot") return "";
    const { columns, rows, limit, grain } = request;
    this.#pace.shown(grain, columns * rows * limit, milliseconds);
    const { x, y } = this.#centre;
    const digits = Math.max(2, 1 - Math.floor(Math.log10(this.#step())));
    const [real, imaginary] = [x, y].map((part) => Math.abs(part).toFixed(digits));
    const place = `${x < 0 ? "−" : ""}${real} ${y < 0 ? "−" : "+"} ${imaginary}i`;
    return `${place}, zoom ${tidy(this.#zoom)}${this.#zoom >= this.#deepest() ? " (the deepest)" : ""}, ${limit} iterations`;
  }

  /** The plane's units in a CSS pixel. */
  #step() {
    const { width, height } = this.#room;
    return Math.max(HOME.width / Math.max(width, 1), HOME.height / Math.max(height, 1)) / this.#zoom;
  }

  /** Deeper down it takes longer until a point is known to be outside. */
  #limit() {
    return Math.round(Math.min(160 + 60 * Math.max(0, Math.log2(this.#zoom)), LIMIT));
  }

  #deepest() {
    return (this.#step() * this.#zoom * this.#room.width) / NARROWEST;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { deltaY, deltaMode } = event;
    const unit = deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : deltaMode === WheelEvent.DOM_DELTA_PAGE ? this.#room.height : 1;
    this.#zoomBy(Math.exp(-deltaY * unit * WHEEL), { x: event.offsetX, y: event.offsetY });
  }

  /** @param {PointerEvent} event */
  #drag({ pointerId, offsetX, offsetY }) {
    const from = this.#held.get(pointerId);
    if (from === undefined) return;
    const to = { x: offsetX, y: offsetY };
    const other = [...this.#held].find(([id]) => id !== pointerId)?.[1];
    this.#held.set(pointerId, to);
    if (other === undefined) return this.#moveBy(to.x - from.x, to.y - from.y);
    // Two fingers: what is under each of them stays there.
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    if (before > 0) this.#zoomBy(Math.hypot(to.x - other.x, to.y - other.y) / before, other);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { width, height } = this.#room;
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => this.#moveBy(width * PAN, 0),
      ArrowRight: () => this.#moveBy(-width * PAN, 0),
      ArrowUp: () => this.#moveBy(0, height * PAN),
      ArrowDown: () => this.#moveBy(0, -height * PAN),
      "+": () => this.#zoomBy(ZOOM),
      "=": () => this.#zoomBy(ZOOM),
      "-": () => this.#zoomBy(1 / ZOOM),
      0: () => this.#reset(),
      Home: () => this.#reset(),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  /** @param {number} factor @param {Point} [fixed] the point of the canvas that stays; its middle, if not given */
  #zoomBy(factor, fixed = { x: this.#room.width / 2, y: this.#room.height / 2 }) {
    const before = this.#step();
    this.#zoom = Math.min(Math.max(this.#zoom * factor, FARTHEST), this.#deepest());
    const gained = before - this.#step();
    this.#centre.x += (fixed.x - this.#room.width / 2) * gained;
    this.#centre.y -= (fixed.y - this.#room.height / 2) * gained;
    this.#moved();
  }

  /** @param {number} x CSS pixels that the picture moves to the right @param {number} y and down */
  #moveBy(x, y) {
    const step = this.#step();
    this.#centre.x = clamp(this.#centre.x - x * step);
    this.#centre.y = clamp(this.#centre.y + y * step);
    this.#moved();
  }

  #reset() {
    this.#centre = { x: HOME.x, y: HOME.y };
    this.#zoom = 1;
    this.#moved();
  }

  #moved() {
    this.#pace.move();
    this.#wake();
  }
}

/** Nothing is to be seen farther out. @param {number} value */
function clamp(value) {
  return Math.min(Math.max(value, -3), 3);
}

/** @param {number} zoom */
function tidy(zoom) {
  return zoom < 10 ? zoom.toFixed(1) : Math.round(zoom).toLocaleString("en");
}
