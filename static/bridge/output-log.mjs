/** Bytes kept of the tail of what a program wrote. */
const LOG_BYTES = 1 << 20;
/** Chunks, each of which has a time of its own. */
const LOG_CHUNKS = 16_384;

/** The tail of what a program wrote, both descriptors as they came, with times, bounded. */
export class OutputLog {
  #size = 0;
  /** @type {{fd: number, bytes: Uint8Array, time: number}[]} */
  #chunks = [];
  /** Chunks before this are dropped; the array is cut now and then, never shifted. */
  #first = 0;

  /**
   * @param {number} fd
   * @param {Uint8Array} bytes
   * @param {number} time milliseconds since the Unix epoch
   */
  add(fd, bytes, time) {
    // A copy of the tail: a view would keep a large buffer alive, and sinks may hand theirs on.
    const tail = bytes.slice(-LOG_BYTES);
    this.#chunks.push({ fd, bytes: tail, time });
    this.#size += tail.byteLength;
    while ((this.#size > LOG_BYTES || this.#chunks.length - this.#first > LOG_CHUNKS) && this.#first < this.#chunks.length - 1) {
      this.#size -= this.#chunks[this.#first].bytes.byteLength;
      this.#first += 1;
    }
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** @returns {[number, number, string][]} the last lines as [descriptor, time of the first byte in ms since the epoch, text] */
  lines() {
    /** @type {[number, number, string][]} */
    const lines = [];
    const decoders = [new TextDecoder(), new TextDecoder(), new TextDecoder()];
    const open = ["", "", ""];
    const began = [0, 0, 0];
    for (const { fd, bytes, time } of this.#chunks.slice(this.#first)) {
      const parts = decoders[fd].decode(bytes, { stream: true }).split("\n");
      const last = /** @type {string} */ (parts.pop());
      for (const part of parts) {
        const text = open[fd] + part;
        lines.push([fd, open[fd] === "" ? time : began[fd], text.endsWith("\r") ? text.slice(0, -1) : text]);
        open[fd] = "";
      }
      if (open[fd] === "") began[fd] = time;
      open[fd] += last;
    }
    for (const fd of [1, 2]) {
      const rest = open[fd] + decoders[fd].decode();
      if (rest) lines.push([fd, began[fd], rest]);
    }
    return lines;
  }
}
