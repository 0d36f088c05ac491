/** Mute and volume: in the display's bar while there is a display, in the page's otherwise; not there before there was sound. */

import { byId } from "./elements.mjs";

/** @typedef {import("../audio/output.mjs").AudioOutput} AudioOutput */

export class SoundControl {
  #output;
  #control = byId("sound", HTMLElement);
  #mute = byId("sound-mute", HTMLButtonElement);
  #volume = byId("sound-volume", HTMLInputElement);

  /** @param {AudioOutput} output */
  constructor(output) {
    this.#output = output;
    output.onActive(() => {
      this.#control.hidden = false;
    });
    this.#mute.addEventListener("click", () => this.#setMuted(!output.muted));
    this.#volume.addEventListener("input", () => {
      output.volume = this.#volume.valueAsNumber / 100;
      this.#setMuted(false);
    });
  }

  /** @param {boolean} inDisplay whether there is a display to have it in its bar */
  place(inDisplay) {
    const place = byId(inDisplay ? "display-sound" : "page-sound", HTMLElement);
    if (this.#control.parentElement !== place) place.append(this.#control);
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    this.#output.muted = muted;
    this.#mute.setAttribute("aria-pressed", String(muted));
  }
}
