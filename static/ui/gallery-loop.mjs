/**
 * Asks for pictures, one at a time: what changes while one is on its way goes into the next, so that nothing ever queues. Nothing
 * is asked for while nobody can see it.
 */

/** @typedef {import("../aikernel.mjs").GalleryPicture} GalleryPicture */
/** @typedef {import("../aikernel.mjs").GalleryRequest} GalleryRequest */

/**
 * @typedef {object} Drawing
 * @property {() => GalleryRequest | null} next what to draw now; null when there is nothing new
 * @property {(request: GalleryRequest) => Promise<GalleryPicture>} draw
 * @property {(picture: GalleryPicture, request: GalleryRequest, milliseconds: number) => void} onPicture
 * @property {(error: unknown) => void} onFailure
 */

export class FrameLoop {
  #drawing;
  #watch;
  #request = 0;
  #busy = false;
  #visible = true;
  #stopped = false;

  /** @param {Element} place where the pictures are seen @param {Drawing} drawing */
  constructor(place, drawing) {
    this.#drawing = drawing;
    this.#watch = new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1)?.isIntersecting ?? true;
      this.wake();
    });
    this.#watch.observe(place);
  }

  /** There is something new to draw. Browsers run what is asked for here only while the page is seen. */
  wake() {
    if (this.#stopped || this.#busy || !this.#visible || this.#request !== 0) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      void this.#draw();
    });
  }

  /** Asks for nothing any more. */
  stop() {
    this.#stopped = true;
    this.#watch.disconnect();
    cancelAnimationFrame(this.#request);
  }

  async #draw() {
    const request = this.#drawing.next();
    if (request === null) return;
    this.#busy = true;
    const begin = performance.now();
    try {
      const picture = await this.#drawing.draw(request);
      this.#busy = false;
      if (!this.#stopped) this.#drawing.onPicture(picture, request, performance.now() - begin);
      this.wake();
    } catch (error) {
      this.#busy = false; // and nothing more is asked for until somebody does something
      if (!this.#stopped) this.#drawing.onFailure(error);
    }
  }
}
