/** @typedef {import("./manifest.mjs").Extent} Extent */

/** Small writes are collected: each one to the disk costs as much as copying 100 KB. */
const BUFFER_BYTES = 0x10_0000;

/** Writes contents one after another into an object. */
export class ObjectWriter {
  #id;
  #handle;
  #written = 0;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;

  /** @param {string} id @param {FileSystemSyncAccessHandle} handle */
  constructor(id, handle) {
    this.#id = id;
    this.#handle = handle;
  }

  /**
   * @param {{ position: number, bytes: Uint8Array<ArrayBuffer> }[]} parts of a file
   * @returns {Extent[]} where they are
   */
  write(parts) {
    return parts.map(({ position, bytes }) => {
      const extent = { position, object: this.#id, offset: this.#written + this.#used, length: bytes.length };
      if (this.#used + bytes.length > BUFFER_BYTES) this.#flush();
      if (bytes.length >= BUFFER_BYTES) {
        this.#put(bytes);
      } else {
        this.#buffer.set(bytes, this.#used);
        this.#used += bytes.length;
      }
      return extent;
    });
  }

  /** @returns {number} the object's size, all of it on the disk */
  finish() {
    this.#flush();
    this.#handle.flush();
    return this.#written;
  }

  #flush() {
    this.#put(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #put(bytes) {
    for (let done = 0; done < bytes.length; ) {
      const count = this.#handle.write(bytes.subarray(done), { at: this.#written });
      if (count === 0) throw new DOMException("nothing was written", "QuotaExceededError");
      done += count;
      this.#written += count;
    }
  }
}
