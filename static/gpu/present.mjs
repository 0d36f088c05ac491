/** Pictures that were computed, on a canvas of the page: what the GPU has computed does not pass through Python's memory. */

import { KernelError } from "../rpc.mjs";
import { Screen } from "./screen.mjs";

/** @typedef {import("./canvas-check.mjs").Way} Way */
/** @typedef {{ buffer: GPUBuffer, busy: boolean }} Stage */

const PIXEL_BYTES = 4;
/** The fourth byte of a pixel, which is the highest: WebGPU and WebAssembly are little-endian. */
const OPAQUE = 0xff00_0000;

/**
 * What is shown in a canvas of the page. The page gets bitmaps, and the canvas stays its own: one that was handed over to a worker
 * shows nothing any more after the GPU's process has crashed.
 */
export class Picture {
  #show;
  #way;
  /** @type {Screen | null} */
  #screen = null;
  /** @type {{ canvas: OffscreenCanvas, context: OffscreenCanvasRenderingContext2D, image: ImageData, words: Uint32Array } | null} */
  #easel = null;
  /** Mappable copies, of one device and one size. @type {Stage[]} */
  #stages = [];
  /** @type {GPUDevice | null} */
  #device = null;
  #closed = false;
  /** Counts the pictures, so that one which comes late is not shown over a newer one. */
  #begun = 0;
  #shown = 0;

  /**
   * @param {(bitmap: ImageBitmap) => Promise<unknown>} show takes a bitmap over; settled when it is seen
   * @param {Way} way by which pictures come from the GPU
   */
  constructor(show, way) {
    this.#show = show;
    this.#way = way;
  }

  /**
   * Shows what is in a buffer of the GPU when everything submitted has run: 4 bytes a pixel, red first, row by row.
   * @param {GPUDevice} device that the buffer is of
   * @param {GPUBuffer} buffer usable for storage and as a source of copies
   * @param {number} width in pixels
   * @param {number} height
   * @returns {Promise<void>} settled when the page has it, or a newer one; rejects where the device is lost
   */
  async showBuffer(device, buffer, width, height) {
    this.#requireOpen();
    this.#begun += 1;
    const number = this.#begun;
    if (this.#way === "pixels") return this.#copy(number, device, buffer, width, height);
    if (this.#screen?.fits(device, width, height) !== true) {
      this.#screen?.close();
      this.#screen = new Screen(device, width, height);
    }
    this.#screen.draw(buffer);
    await this.#put(number, this.#screen.take());
    await device.queue.onSubmittedWorkDone(); // else the GPU's queue would grow without end
  }

  /**
   * Shows pixels that are in memory: 4 bytes each, red first, row by row.
   * @param {Uint8Array} bytes copied at once
   * @param {number} width
   * @param {number} height
   * @returns {Promise<void>} settled when the page has it, or a newer one
   */
  showPixels(bytes, width, height) {
    this.#requireOpen();
    this.#begun += 1;
    return this.#put(this.#begun, this.#paint(bytes, width, height));
  }

  /**
   * Shows pixels that Python lends.
   * @param {import("./lent-words.mjs").Lender} pixels
   * @param {number} width
   * @param {number} height
   * @returns {Promise<void>} as `showPixels`
   */
  showLent(pixels, width, height) {
    const lent = pixels.getBuffer("u8");
    try {
      return this.showPixels(lent.data, width, height);
    } finally {
      lent.release();
    }
  }

  /** Shows nothing any more, and lets go of all memory. */
  close() {
    this.#closed = true;
    this.#screen?.close();
    this.#screen = null;
    this.#easel = null;
    this.#dropStages();
  }

  /** @param {number} number @param {GPUDevice} device @param {GPUBuffer} buffer @param {number} width @param {number} height */
  async #copy(number, device, buffer, width, height) {
    const size = width * height * PIXEL_BYTES;
    const stage = this.#stage(device, size);
    stage.busy = true;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, stage.buffer, 0, size);
    device.queue.submit([encoder.finish()]);
    try {
      await stage.buffer.mapAsync(GPUMapMode.READ);
    } catch (error) {
      if (this.#closed) return; // its memory was let go of
      throw error;
    } finally {
      stage.busy = false;
    }
    if (this.#closed) return;
    const bitmap = this.#paint(new Uint8Array(stage.buffer.getMappedRange()), width, height);
    stage.buffer.unmap();
    await this.#put(number, bitmap);
  }

  /** A mappable buffer that is free. @param {GPUDevice} device @param {number} size @returns {Stage} */
  #stage(device, size) {
    if (this.#device !== device || this.#stages.some(({ buffer }) => buffer.size !== size)) this.#dropStages();
    this.#device = device;
    const free = this.#stages.find(({ busy }) => !busy);
    if (free !== undefined) return free;
    const made = { buffer: device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }), busy: false };
    this.#stages.push(made);
    return made;
  }

  #dropStages() {
    for (const { buffer } of this.#stages) buffer.destroy();
    this.#stages = [];
    this.#device = null;
  }

  /** @param {Uint8Array} bytes @param {number} width @param {number} height @returns {ImageBitmap} */
  #paint(bytes, width, height) {
    if (this.#easel?.canvas.width !== width || this.#easel.canvas.height !== height) {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true }); // in memory: so are the pixels
      if (context === null) throw new KernelError("This browser has no 2-D canvas in workers.", "DISPLAY_CANVAS_INVALID");
      const image = new ImageData(width, height);
      this.#easel = { canvas, context, image, words: new Uint32Array(image.data.buffer) };
    }
    const { canvas, context, image, words } = this.#easel;
    const given = new Uint32Array(bytes.buffer, bytes.byteOffset, words.length);
    for (let at = 0; at < words.length; at++) words[at] = /** @type {number} */ (given[at]) | OPAQUE;
    context.putImageData(image, 0, 0);
    return canvas.transferToImageBitmap();
  }

  /** @param {number} number @param {ImageBitmap} bitmap */
  async #put(number, bitmap) {
    if (number < this.#shown) return bitmap.close();
    this.#shown = number;
    await this.#show(bitmap);
  }

  #requireOpen() {
    if (this.#closed) throw new KernelError("The canvas was given back to the page.", "DISPLAY_CANVAS_CLOSED");
  }
}
