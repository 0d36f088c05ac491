/** @typedef {import("../rpc.mjs").Peer} Peer */

/**
 * What the gallery is to draw. `grain` is the asker's own: how many of the screen's pixels one of these covers, each way.
 * @typedef {{ scene: "mandelbrot", columns: number, rows: number, centre: [number, number], step: number, limit: number, grain: number }
 *   | { scene: "life", columns: number, rows: number, steps: number, fill: "random" | "clear" | null, edits: number[] }} GalleryRequest
 */

/**
 * What was drawn, and who has computed it: the GPU of that name, or the CPU, for that reason. Devices are
 * counted: the second one has taken the place of one that was lost.
 * @typedef {object} GalleryPicture
 * @property {number} columns
 * @property {number} rows
 * @property {number | null} generation of the game of life
 * @property {{ gpu: boolean, name: string, software: boolean, device: number, reason: string, code: string }} computer
 */

/** Pictures that the kernel's Python computes by ready kernels, and shows in an attached canvas. */
export class GalleryPictures {
  #peer;

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /**
   * Draws a picture of the Mandelbrot set, or plays the game of life on and draws its cells.
   * @param {string} canvas as it was attached
   * @param {GalleryRequest} request
   * @returns {Promise<GalleryPicture>} rejects with DISPLAY_CANVAS_UNKNOWN, GALLERY_REQUEST_INVALID, or why it cannot be computed
   */
  draw(canvas, request) {
    return this.#peer.call("gallery.draw", { canvas, request });
  }

  /** Lets go of what is kept between pictures. @returns {Promise<void>} */
  close() {
    return this.#peer.call("gallery.close");
  }
}
