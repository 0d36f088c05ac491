/** @typedef {import("./input-records.mjs").InputQueue} InputQueue */

const FULL = 32_767;

/** Gamepads, whose state a page has to look at in each frame (Gamepad, section 3): what has changed since becomes records. */
export class Gamepads {
  #queue;
  #request = 0;
  /** By gamepad: the value of each button and axis, and whether each button is down. @type {Map<number, { buttons: number[], down: boolean[], axes: number[] }>} */
  #states = new Map();
  #onConnected = () => this.#watch();

  /** @param {InputQueue} queue */
  constructor(queue) {
    this.#queue = queue;
  }

  /** Begins to look, while there are any. */
  start() {
    globalThis.addEventListener("gamepadconnected", this.#onConnected);
    this.#watch();
  }

  /** Ends it: what is held down is let go. */
  stop() {
    globalThis.removeEventListener("gamepadconnected", this.#onConnected);
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    for (const [device, { down, axes }] of this.#states) {
      for (const [code, held] of down.entries()) if (held) this.#button(device, code, "up", 0);
      for (const [code, value] of axes.entries()) if (value !== 0) this.#axis(device, code, 0);
    }
    this.#states.clear();
  }

  #watch() {
    if (this.#request !== 0 || present().length === 0) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      for (const gamepad of present()) this.#look(gamepad);
      this.#watch();
    });
  }

  /** @param {Gamepad} gamepad */
  #look({ index, buttons, axes }) {
    const state = this.#states.get(index) ?? { buttons: [], down: [], axes: [] };
    this.#states.set(index, state);
    for (const [code, { pressed, value }] of buttons.entries()) {
      const now = Math.round(value * FULL);
      const before = state.buttons[code] ?? 0;
      const held = state.down[code] ?? false;
      if (pressed !== held) this.#button(index, code, pressed ? "down" : "up", now);
      else if (now !== before) this.#button(index, code, "move", now);
      state.buttons[code] = now;
      state.down[code] = pressed;
    }
    for (const [code, value] of axes.entries()) {
      const now = Math.round(value * FULL);
      if (now !== (state.axes[code] ?? 0)) this.#axis(index, code, now);
      state.axes[code] = now;
    }
  }

  /** @param {number} device @param {number} code @param {"up" | "down" | "move"} action @param {number} value */
  #button(device, code, action, value) {
    this.#queue.add({ type: "gamepad_button", action, device, code, value });
  }

  /** @param {number} device @param {number} code @param {number} value */
  #axis(device, code, value) {
    this.#queue.add({ type: "gamepad_axis", action: "move", device, code, value });
  }
}

/** @returns {Gamepad[]} none on an insecure origin */
function present() {
  return (navigator.getGamepads?.() ?? []).filter((gamepad) => gamepad !== null);
}
