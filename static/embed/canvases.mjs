import { KernelError } from "../rpc.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */

/** Canvases of the page that the kernel's Python shows pictures in, by names: `kernel.canvases["name"]` there. */
export class Canvases {
  #peer;
  /** @type {Map<number, ImageBitmapRenderingContext>} */
  #contexts = new Map();
  #lastId = 0;

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
    peer.serve({
      "canvas.show": ({ id, bitmap }) => {
        const context = this.#contexts.get(id);
        if (context === undefined) return bitmap.close();
        const canvas = /** @type {HTMLCanvasElement} */ (context.canvas);
        if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
        if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
        context.transferFromImageBitmap(bitmap);
      },
    });
  }

  /**
   * Shows in a canvas what Python presents there.
   * @param {string} name in whose place another may be
   * @param {HTMLCanvasElement} canvas that nothing else draws in; its width and height become those of the pictures
   * @returns {Promise<() => void>} takes it from Python again; it keeps its picture. Rejects with DISPLAY_CANVAS_INVALID
   */
  async attach(name, canvas) {
    const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("bitmaprenderer") : null;
    if (context === null) {
      throw new KernelError("A picture is shown in a canvas that nothing else draws in: give another one.", "DISPLAY_CANVAS_INVALID");
    }
    this.#lastId += 1;
    const id = this.#lastId;
    this.#contexts.set(id, context);
    const end = () => {
      this.#contexts.delete(id);
      this.#peer.call("canvas.detach", { name, id }).catch(() => {}); // the kernel may be gone
    };
    try {
      await this.#peer.call("canvas.attach", { name, id });
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }
}
