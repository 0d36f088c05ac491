import { Wakeup } from "../wakeup.mjs";
import { ERRNO_INVAL, ERRNO_NOMEM, ERRNO_SUCCESS } from "../wasi/abi.mjs";
import { numberOf } from "./control-descriptor.mjs";
import { PALETTE_ENTRIES, PIXEL_FORMATS, Palette, isPixelFormat } from "./pixel-formats.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../protocol.mjs").Post} Post */
/** @typedef {import("../turnstile.mjs").Turnstile} Turnstile */
/** @typedef {import("./pixel-formats.mjs").PixelFormat} PixelFormat */

/** With four bytes a pixel this is 64 MiB. */
export const FRAME_SIDE_MAX = 4096;
const WIDTH = 640;
const HEIGHT = 480;

/**
 * The display of a process, behind /dev/fb/ctl and /dev/fb/data. The picture stays as it was drawn until it is drawn over.
 *
 * One frame at most is on its way to the host. What is shown meanwhile is kept aside, the newest in place of the one before, and
 * sent when the host has taken the other: a program never waits for its display, and the last frame always arrives. The frames of
 * a lossless process are all sent, and it waits while the host has not taken the one before.
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
  #underway = 0;
  #taken = new Wakeup();
  /** @type {{ bytes: Uint8Array<ArrayBuffer>, width: number, height: number, format: PixelFormat, sequence: number } | null} */
  #next = null;
  #post;
  #clock;
  #turnstile;
  #lossless;

  /** @param {{ clock: Clock, turnstile: Turnstile, post: Post, start: { lossless: boolean } }} process */
  constructor({ post, clock, turnstile, start }) {
    this.#post = post;
    this.#clock = clock;
    this.#turnstile = turnstile;
    this.#lossless = start.lossless;
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
    if (this.#underway === 0 || this.#lossless) this.#send();
    return ERRNO_SUCCESS;
  }

  /**
   * The picture as it is now, shown or not, as a frame has it: of `indexed8` its colours.
   * @returns {{ width: number, height: number, format: PixelFormat, sequence: number, bytes: Uint8Array<ArrayBuffer> } | null} null
   *   where nothing was drawn; `sequence` is the last frame's
   * @throws {RangeError} when there is no memory for a copy
   */
  picture() {
    const pixels = this.#pixels === null && this.#sequence === 0 ? null : this.pixels();
    if (pixels === null) return null;
    const { width, height } = this;
    const indexed = this.#format === "indexed8";
    const bytes = new Uint8Array(indexed ? pixels.length * 4 : pixels.length);
    if (indexed) this.#palette.expand(pixels, new Uint32Array(bytes.buffer));
    else bytes.set(pixels);
    return { width, height, format: indexed ? "rgba8888" : this.#format, sequence: this.#sequence, bytes };
  }

  /**
   * Draws a whole picture and shows it, as a program does. One of another geometry or format begins anew.
   * @param {Uint8Array} bytes as many as the picture has
   * @param {number} width
   * @param {number} height
   * @param {PixelFormat} format
   * @returns {number} errno
   */
  draw(bytes, width, height, format) {
    if (width !== this.width || height !== this.height || format !== this.#format) this.#begin(width, height, format);
    const pixels = this.pixels();
    if (pixels === null) return ERRNO_NOMEM;
    pixels.set(bytes);
    return this.present();
  }

  /** What is to be kept: geometry, colours, and the picture, drawn on or not. */
  snapshot() {
    const { width, height, generation } = this;
    const common = { width, height, generation, format: this.#format, sequence: this.#sequence };
    return { ...common, palette: this.#palette.bytes.slice(), pixels: this.#pixels?.slice() ?? null };
  }

  /**
   * Goes on from what was kept, and shows it if anything had been shown.
   * @param {{ width: number, height: number, generation: number, format: PixelFormat, sequence: number, palette: Uint8Array,
   *   pixels: Uint8Array<ArrayBuffer> | null }} saved whose pixels nobody else holds
   */
  resume({ width, height, generation, format, sequence, palette, pixels }) {
    this.width = width;
    this.height = height;
    this.generation = generation;
    this.#format = format;
    this.#palette.bytes.set(palette);
    this.#pixels = pixels;
    this.#next = null;
    // The last frame once more, under its own number.
    this.#sequence = sequence - 1;
    if (sequence > 0) this.present();
    this.#sequence = sequence;
  }

  /** The host has taken the frame that was on its way. */
  acknowledged() {
    if (this.#underway > 0) this.#underway--;
    if (this.#underway === 0) this.#send();
    this.#taken.wake();
  }

  /** After a whole write: a lossless process waits for its display. @returns {number | Promise<number>} ERRNO_SUCCESS */
  pace() {
    const turnstile = this.#turnstile;
    if (this.#lossless && this.#underway > 1 && turnstile.suspendable) {
      return turnstile.wait("fd_write", () => this.#taken.wait()).then(() => this.pace());
    }
    this.#clock.read();
    return turnstile.turnIfDue();
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
    this.#underway++;
    this.#post({ type: "frame", ...frame }, [frame.bytes.buffer]);
  }
}
