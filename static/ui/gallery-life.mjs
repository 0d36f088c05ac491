/** Conway's game of life: running, stepping, and cells that are set by pointer or keys. */

import { fitted } from "../display/canvas-view.mjs";
import { element } from "./elements.mjs";

/** @typedef {import("../aikernel.mjs").GalleryPicture} GalleryPicture */
/** @typedef {import("../aikernel.mjs").GalleryRequest} GalleryRequest */
/** @typedef {import("./gallery.mjs").Scene} Scene */
/** @typedef {{ x: number, y: number }} Cell */

/** CSS pixels of a cell, where there is room for them. */
const CELL = 3;
/** The most cells each way. */
const MOST = 400;
/** What becomes of a cell, besides 0, dead, and 1, alive: what it is not now. */
const FLIP = 2;

/** @implements {Scene} */
export class LifeScene {
  name = "life";
  title = "Game of life";
  help =
    "Space starts and stops, S makes one step, R fills at random, C clears. Draw with the pointer, or move with the arrow keys and press Enter. F6 leaves.";
  crisp = true;
  tools = element("span", { class: "gallery-tools" });
  #wake;
  #run;
  #running = true;
  /** @type {"random" | "clear" | null} */
  #fill = "random";
  #steps = 0;
  /** What becomes of cells with the next picture, by their place. @type {Map<number, number>} */
  #edits = new Map();
  #stale = true;
  /** Where the pointer was last, and what it draws. @type {{ cell: Cell, state: number } | null} */
  #pen = null;
  /** Of the world, as it fits into the room that there is first; 0 before that. */
  #size = { width: 0, height: 0 };
  #cursor = { x: 0, y: 0 };
  #mark = element("span", { class: "gallery-cursor", "aria-hidden": "true" });

  /** @param {() => void} wake called when there is something new to draw */
  constructor(wake) {
    this.#wake = wake;
    this.#run = element("button", { type: "button", class: "quiet", "aria-pressed": "true" }, "Run");
    this.#run.addEventListener("click", () => this.#toggle());
    this.tools.append(this.#run);
    for (const [text, act] of /** @type {const} */ ([
      ["Step", () => this.#step()],
      ["Random", () => this.#refill("random")],
      ["Clear", () => this.#refill("clear")],
    ])) {
      const button = element("button", { type: "button", class: "quiet" }, text);
      button.addEventListener("click", act);
      this.tools.append(button);
    }
    this.#mark.hidden = true;
  }

  /** @param {{ width: number, height: number }} room in CSS pixels */
  resize(room) {
    this.#stale = true;
    this.#wake();
    if (this.#size.width === 0) {
      const [width, height] = [room.width, room.height].map((size) => clamp(Math.floor(size / CELL), MOST + 1));
      if (!width || !height) return room;
      this.#size = { width, height };
      this.#cursor = { x: width >> 1, y: height >> 1 };
    }
    const { width, height } = fitted(this.#size, room, devicePixelRatio);
    return { width, height };
  }

  /** @param {HTMLCanvasElement} canvas @param {AbortSignal} signal ends it */
  bind(canvas, signal) {
    canvas.after(this.#mark);
    signal.addEventListener("abort", () => this.#mark.remove());
    const cellOf = (/** @type {PointerEvent} */ { offsetX, offsetY }) => {
      const { width, height } = this.#size;
      const x = clamp(Math.floor((offsetX * width) / canvas.clientWidth), width);
      return { x, y: clamp(Math.floor((offsetY * height) / canvas.clientHeight), height) };
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const cell = cellOf(event);
      this.#pen = { cell, state: event.button === 0 ? 1 : 0 };
      this.#draw(cell);
    }, { signal });
    canvas.addEventListener("pointermove", (event) => this.#draw(cellOf(event)), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      canvas.addEventListener(type, () => (this.#pen = null), { signal });
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    canvas.addEventListener("keydown", (event) => this.#key(event, canvas), { signal });
    canvas.addEventListener("blur", () => (this.#mark.hidden = true), { signal });
  }

  get animated() {
    return this.#running;
  }

  /** @returns {GalleryRequest | null} */
  next() {
    const steps = this.#running ? 1 : this.#steps;
    const { width: columns, height: rows } = this.#size;
    if (columns === 0 || (steps === 0 && !this.#stale)) return null;
    const request = { scene: /** @type {const} */ ("life"), columns, rows, steps, fill: this.#fill, edits: [...this.#edits].flat() };
    this.#steps = 0;
    this.#fill = null;
    this.#edits.clear();
    this.#stale = false;
    return request;
  }

  /** @param {GalleryPicture} picture @returns {string} what is seen */
  shown({ columns, rows, generation }) {
    return `${columns} × ${rows} cells, generation ${(generation ?? 0).toLocaleString("en")}`;
  }

  #toggle() {
    this.#running = !this.#running;
    this.#run.setAttribute("aria-pressed", String(this.#running));
    this.#wake();
  }

  #step() {
    if (this.#running) this.#toggle();
    this.#steps += 1;
    this.#wake();
  }

  /** @param {"random" | "clear"} fill */
  #refill(fill) {
    this.#fill = fill;
    this.#edits.clear(); // they are filled over
    this.#stale = true;
    this.#wake();
  }

  /** Draws a line of cells from where the pen was. @param {Cell} to */
  #draw(to) {
    if (this.#pen === null) return;
    const { cell: from, state } = this.#pen;
    const length = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
    for (let at = 0; at <= length; at++) {
      const x = Math.round(from.x + ((to.x - from.x) * at) / length);
      const y = Math.round(from.y + ((to.y - from.y) * at) / length);
      this.#edits.set(y * this.#size.width + x, state);
    }
    this.#pen.cell = to;
    this.#stale = true;
    this.#wake();
  }

  /** The cell under the cursor becomes another. */
  #flip() {
    const place = this.#cursor.y * this.#size.width + this.#cursor.x;
    const pending = this.#edits.get(place);
    if (pending === FLIP) this.#edits.delete(place);
    else this.#edits.set(place, pending === undefined ? FLIP : 1 - pending);
    this.#stale = true;
    this.#wake();
  }

  /** @param {KeyboardEvent} event @param {HTMLCanvasElement} canvas */
  #key(event, canvas) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { x, y } = this.#cursor;
    /** @type {Record<string, () => void>} */
    const acts = {
      " ": () => this.#toggle(),
      s: () => this.#step(),
      r: () => this.#refill("random"),
      c: () => this.#refill("clear"),
      Enter: () => this.#flip(),
      ArrowLeft: () => this.#moveTo(x - 1, y, canvas),
      ArrowRight: () => this.#moveTo(x + 1, y, canvas),
      ArrowUp: () => this.#moveTo(x, y - 1, canvas),
      ArrowDown: () => this.#moveTo(x, y + 1, canvas),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  /** @param {number} x @param {number} y @param {HTMLCanvasElement} canvas */
  #moveTo(x, y, canvas) {
    const { width, height } = this.#size;
    this.#cursor = { x: clamp(x, width), y: clamp(y, height) };
    const { offsetLeft, offsetTop, clientWidth, clientHeight } = canvas;
    const { style } = this.#mark;
    style.width = `${clientWidth / width}px`;
    style.height = `${clientHeight / height}px`;
    style.left = `${offsetLeft + (this.#cursor.x * clientWidth) / width}px`;
    style.top = `${offsetTop + (this.#cursor.y * clientHeight) / height}px`;
    this.#mark.hidden = false;
  }
}

/** @param {number} place @param {number} size */
function clamp(place, size) {
  return Math.min(Math.max(place, 0), size - 1);
}
