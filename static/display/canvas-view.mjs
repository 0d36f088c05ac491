import { KernelError } from "../rpc.mjs";
import { imageOf } from "./rgba.mjs";

/** @typedef {import("./rgba.mjs").Frame} Frame */

/** Draws frames into a canvas: the newest, once in each of the browser's own. */
export class CanvasView {
  /** Milliseconds that drawing the last frame has taken. */
  cost = 0;
  /** Frames drawn. */
  drawn = 0;
  #canvas;
  #context;
  #onSize;
  /** @type {Frame | null} */
  #next = null;
  #request = 0;
  /** @type {PromiseWithResolvers<void> | null} */
  #taken = null;
  /** @type {ImageData | null} */
  #spare = null;
  /** Whether the next picture is the first of its program. */
  #first = true;

  /**
   * @param {HTMLCanvasElement} canvas gets the size of the picture in pixels; its size on the page is whoever has it there
   * @param {(width: number, height: number) => void} [onSize] learns the size of the first picture, and when it changes
   */
  constructor(canvas, onSize = () => {}) {
    if (!(canvas instanceof HTMLCanvasElement)) {
      throw new KernelError("A picture is shown in a canvas: give an HTMLCanvasElement.", "DISPLAY_CANVAS_INVALID");
    }
    const context = canvas.getContext("2d");
    if (context === null) {
      throw new KernelError("The canvas has a context of another kind already: give another canvas.", "DISPLAY_CANVAS_INVALID");
    }
    this.#canvas = canvas;
    this.#context = context;
    this.#onSize = onSize;
  }

  /**
   * Shows a frame, unless a newer one comes before the browser draws.
   * @param {Frame} frame
   * @returns {Promise<void>} settled when the next frame can be used; not while the page is hidden
   */
  show(frame) {
    this.#next = frame;
    this.#taken ??= Promise.withResolvers();
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.#draw());
    return this.#taken.promise;
  }

  /** Draws nothing of what has come before. */
  stop() {
    this.#first = true;
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    this.#next = null;
    this.#settle();
  }

  #draw() {
    this.#request = 0;
    const frame = this.#next;
    this.#next = null;
    if (frame === null) return;
    const begin = performance.now();
    try {
      const image = imageOf(frame, this.#spare);
      this.#spare = image;
      const { width, height } = frame;
      if (this.#canvas.width !== width || this.#canvas.height !== height || this.#first) {
        this.#first = false;
        this.#canvas.width = width;
        this.#canvas.height = height;
        this.#onSize(width, height);
      }
      this.#context.putImageData(image, 0, 0);
      this.drawn++;
    } finally {
      this.cost = performance.now() - begin;
      this.#settle();
    }
  }

  #settle() {
    this.#taken?.resolve();
    this.#taken = null;
  }
}

/**
 * The size on the page at which each pixel of a picture covers a whole number of the screen's, as large as there is room for;
 * where there is not even room for one, the picture is made to fit.
 * @param {{ width: number, height: number }} picture in pixels
 * @param {{ width: number, height: number }} room in CSS pixels
 * @param {number} ratio the screen's pixels in one of CSS
 * @returns {{ width: number, height: number, crisp: boolean }} in CSS pixels
 */
export function fitted(picture, room, ratio) {
  const fit = Math.min((room.width * ratio) / picture.width, (room.height * ratio) / picture.height);
  const scale = fit >= 1 ? Math.floor(fit) : Math.max(fit, 0);
  return { width: (picture.width * scale) / ratio, height: (picture.height * scale) / ratio, crisp: fit >= 1 };
}
