import { ERRNO_INVAL, ERRNO_NOMEM, ERRNO_SUCCESS } from "../wasi/abi.mjs";
import { numberOf } from "./control-descriptor.mjs";
import { PALETTE_ENTRIES, PIXEL_FORMATS, Palette, isPixelFormat } from "./pixel-formats.mjs";

/** @typedef {import("../protocol.mjs").Post} Post */
/** @typedef {import("./pixel-formats.mjs").PixelFormat} PixelFormat */

/** With four bytes a pixel this is 64 MiB. */
export const FRAME_SIDE_MAX = 4096;
const WIDTH = 640;
const HEIGHT = 480;

/**
 * The display of a process, behind /dev/fb/ctl and /dev/fb/data. The picture stays as it was drawn until it is drawn over.
 *
 * One frame at most is on its way to the host. What is shown meanwhile is kept aside, the newest in place of the one before, and
 * sent when the host has taken the other: a program never waits for its display, and the last frame always arrives.
 */
export class Framebuffer {
  width = WIDTH;
  height = HEIGHT;
  /** Counts changes of the geometry, which put every position back to the beginning. */
  generation = 0;
  /** @type {PixelFormat} */
  #format = "rgba8888";
  #palette = new Palette();
  /** Made when first used. @type {Uint8Array<ArrayBuffer> | null} */
  #pixels = null;
  #sequence = 0;
  #onItsWay = false;
  /** @type {{ bytes: Uint8Array<ArrayBuffer>, width: number, height: number, format: PixelFormat, sequence: number } | null} */
  #next = null;
  #post;

  /** @param {Post} post */
  constructor(post) {
    this.#post = post;
  }

  /** Bytes of a whole picture. */
  get size() {
    return this.width * this.height * PIXEL_FORMATS[this.#format];
  }

  /** @returns {Uint8Array<ArrayBuffer> | null} the picture, or null when there is no memory for it */
  pixels() {
    if (this.#pixels === null) {
      try {
        this.#pixels = new Uint8Array(this.size);
      } catch {
        return null;
      }
    }
    return this.#pixels;
  }

  /** The state as /dev/fb/ctl tells it: `stride` and `bytes` are of a row and of the picture. */
  describe() {
    const stride = this.width * PIXEL_FORMATS[this.#format];
    return (
      `size ${this.width} ${this.height}\nformat ${this.#format}\n` +
      `stride ${stride}\nbytes ${this.size}\nsequence ${this.#sequence}\n`
    );
  }

  /**
   * `size WIDTH HEIGHT`, `format NAME` (both begin a new picture, all zeros), `palette INDEX RRGGBB[AA]`, `present`.
   * @param {string[]} words
   * @returns {number} errno
   */
  command([name, ...args]) {
    const [first, second] = args;
    if (name === "present" && args.length === 0) return this.present();
    if (name === "size" && args.length === 2) {
      const width = numberOf(first, 1, FRAME_SIDE_MAX);
      const height = numberOf(second, 1, FRAME_SIDE_MAX);
      return width === null || height === null ? ERRNO_INVAL : this.#begin(width, height, this.#format);
    }
    if (name === "format" && args.length === 1 && isPixelFormat(first)) return this.#begin(this.width, this.height, first);
    if (name === "palette" && args.length === 2) {
      const index = numberOf(first, 0, PALETTE_ENTRIES - 1);
      return index !== null && this.#palette.set(index, second ?? "") ? ERRNO_SUCCESS : ERRNO_INVAL;
    }
    return ERRNO_INVAL;
  }

  /** @param {number} width @param {number} height @param {PixelFormat} format */
  #begin(width, height, format) {
    this.width = width;
    this.height = height;
    this.#format = format;
    this.#pixels = null;
    this.generation++;
    return ERRNO_SUCCESS;
  }

  /** Shows the picture as it is now. @returns {number} errno: NOMEM when there is no memory for another copy */
  present() {
    const pixels = this.pixels();
    if (pixels === null) return ERRNO_NOMEM;
    const { width, height } = this;
    const indexed = this.#format === "indexed8";
    const length = indexed ? pixels.length * 4 : pixels.length;
    let bytes = this.#next?.bytes;
    if (bytes?.length !== length) {
      try {
        bytes = new Uint8Array(length);
      } catch {
        return ERRNO_NOMEM;
      }
    }
    if (indexed) this.#palette.expand(pixels, new Uint32Array(bytes.buffer));
    else bytes.set(pixels);
    this.#next = { bytes, width, height, format: indexed ? "rgba8888" : this.#format, sequence: ++this.#sequence };
    if (!this.#onItsWay) this.#send();
    return ERRNO_SUCCESS;
  }

  /** The host has taken the frame that was on its way. */
  acknowledged() {
    this.#onItsWay = false;
    this.#send();
  }

  /** The process has ended: the last frame goes out, whatever is on its way. */
  finish() {
    this.#send();
    this.#pixels = null;
  }

  #send() {
    const frame = this.#next;
    if (frame === null) return;
    this.#next = null;
    this.#onItsWay = true;
    this.#post({ type: "frame", ...frame }, [frame.bytes.buffer]);
  }
}
