/** The button that opens the gallery. Nothing of the gallery is loaded before. */

import { byId, element } from "./elements.mjs";

/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {import("./gallery.mjs").Gallery} Gallery */

const STYLE = new URL("gallery.css", import.meta.url).href;

export class GalleryButton {
  #button = byId("gallery", HTMLButtonElement);
  #onLeave;
  /** @type {Kernel | null} */
  #kernel = null;
  /** @type {Promise<Gallery> | null} */
  #gallery = null;

  /** @param {() => void} onLeave called when the focus has to go elsewhere */
  constructor(onLeave) {
    this.#onLeave = onLeave;
    this.#button.addEventListener("click", () => void (this.#gallery === null ? this.#open() : this.#close()));
  }

  /** @param {Kernel} kernel whose pictures are shown from now on */
  follow(kernel) {
    void this.#close();
    this.#kernel = kernel;
    this.#button.disabled = false;
  }

  /** Gives the focus to the picture. */
  async focus() {
    (await this.#gallery)?.focus();
  }

  async #open() {
    const kernel = this.#kernel;
    if (kernel === null) return;
    this.#button.setAttribute("aria-expanded", "true");
    this.#gallery = Promise.all([import("./gallery.mjs"), loadStyle()]).then(
      ([{ Gallery }]) => new Gallery(kernel, () => void this.#close()),
    );
    const gallery = await this.#gallery;
    if (await this.#isOpen(gallery)) await gallery.open(byId("terminal-pane", HTMLElement));
  }

  async #close() {
    const closing = this.#gallery;
    if (closing === null) return;
    this.#gallery = null;
    this.#button.setAttribute("aria-expanded", "false");
    const gallery = await closing;
    const { focused } = gallery;
    gallery.close();
    if (focused) this.#onLeave();
  }

  /** @param {Gallery} gallery */
  async #isOpen(gallery) {
    return (await this.#gallery) === gallery;
  }
}

/** @returns {Promise<void>} */
function loadStyle() {
  if (document.querySelector(`link[href="${STYLE}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = element("link", { rel: "stylesheet", href: STYLE });
    link.onload = () => resolve();
    link.onerror = () => reject(new Error(`${STYLE} could not be loaded.`));
    document.head.append(link);
  });
}
