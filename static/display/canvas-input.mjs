import { Gamepads } from "./gamepads.mjs";
import { usageOf } from "./hid-usages.mjs";
import { InputQueue, modifiersOf } from "./input-records.mjs";

/** Pixels that a wheel's "line" stands for (WheelEvent.deltaMode), as browsers have it. */
const LINE_PIXELS = 16;

/**
 * Keyboard, pointer and gamepad of a canvas that has the focus, as records of /dev/input/events. The program gets every key but
 * F6, by which the keyboard leaves the canvas, and those of the system's own key; what it holds down is let go with the focus.
 */
export class CanvasInput {
  #canvas;
  #queue;
  #gamepads;
  /** Keys that are down, by code. @type {Map<string, number>} */
  #held = new Map();
  #controller = new AbortController();

  /** @param {HTMLCanvasElement} canvas focusable @param {(bytes: Uint8Array<ArrayBuffer>) => unknown} send takes records */
  constructor(canvas, send) {
    this.#canvas = canvas;
    this.#queue = new InputQueue(send);
    this.#gamepads = new Gamepads(this.#queue);
    const { signal } = this.#controller;
    canvas.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    canvas.addEventListener("keyup", (event) => this.#keyUp(event), { signal });
    for (const type of /** @type {const} */ (["pointerdown", "pointerup", "pointermove", "pointercancel"])) {
      canvas.addEventListener(type, (event) => this.#pointer(event), { signal });
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    canvas.addEventListener("focus", () => this.#gamepads.start(), { signal });
    canvas.addEventListener("blur", () => this.#release(), { signal });
    if (document.activeElement === canvas) this.#gamepads.start();
  }

  /** Lets go of everything. */
  close() {
    this.#controller.abort();
    this.#release();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.key === "F6" || event.isComposing) return;
    if (event.metaKey && !event.code.startsWith("Meta")) return; // a key of the system's or the browser's
    event.preventDefault();
    const code = usageOf(event.code);
    const action = event.repeat ? "repeat" : "down";
    this.#held.set(event.code, code);
    this.#queue.add({ type: "key", action, code, modifiers: modifiersOf(event), value: typed(event.key) });
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (!this.#held.delete(event.code)) return;
    event.preventDefault();
    this.#queue.add({ type: "key", action: "up", code: usageOf(event.code), modifiers: modifiersOf(event), value: typed(event.key) });
  }

  /** @param {PointerEvent} event */
  #pointer(event) {
    const { type, pointerId, button, buttons } = event;
    if (type === "pointerdown") {
      this.#canvas.focus({ preventScroll: true });
      this.#canvas.setPointerCapture(pointerId);
    }
    // A second button is told as a move whose button has changed (Pointer Events, section 10.1).
    const chorded = type === "pointermove" && button >= 0;
    const pressed = chorded && (buttons & (1 << ([0, 2, 1][button] ?? button))) !== 0;
    const action =
      type === "pointerdown" || pressed ? "down" : type === "pointermove" && !chorded ? "move" : "up";
    this.#queue.add({
      type: "pointer",
      action,
      code: action === "move" ? 0 : Math.max(0, button),
      modifiers: modifiersOf(event),
      device: pointerId >>> 0,
      ...this.#place(event),
      value: buttons,
    });
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { deltaX, deltaY, deltaMode } = event;
    const lines = deltaMode === WheelEvent.DOM_DELTA_LINE;
    const unit = lines ? LINE_PIXELS : deltaMode === WheelEvent.DOM_DELTA_PAGE ? this.#canvas.clientHeight : 1;
    this.#queue.add({
      type: "wheel",
      action: "move",
      modifiers: modifiersOf(event),
      x: Math.round(deltaX * unit),
      y: Math.round(deltaY * unit),
    });
  }

  /** Column and row of the picture. @param {PointerEvent} event */
  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const canvas = this.#canvas;
    const column = Math.floor(((clientX - left) * canvas.width) / width);
    const row = Math.floor(((clientY - top) * canvas.height) / height);
    return { x: clamp(column, canvas.width), y: clamp(row, canvas.height) };
  }

  #release() {
    for (const code of this.#held.values()) this.#queue.add({ type: "key", action: "up", code });
    this.#held.clear();
    this.#gamepads.stop();
  }
}

/** @param {string} key of a KeyboardEvent @returns {number} the code point that it types, 0 for none */
function typed(key) {
  const [first, ...more] = key;
  return first !== undefined && more.length === 0 ? /** @type {number} */ (first.codePointAt(0)) : 0;
}

/** @param {number} place @param {number} size */
function clamp(place, size) {
  return Math.min(Math.max(place, 0), size - 1);
}
