import { OutputLog } from "./output-log.mjs";

/** @typedef {import("./process-spec.mjs").Sink} Sink */

/** What a program writes: handed to its sink or kept, and logged. */
export class ProcessOutput {
  #sink;
  /** @type {Uint8Array[][]} */
  #kept = [[], [], []];
  #log = new OutputLog();

  /** @param {Sink | undefined} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  /**
   * Settled when it was taken, whatever became of it.
   * @param {1 | 2} fd
   * @param {Uint8Array} bytes
   * @param {number} time milliseconds since the Unix epoch
   */
  async take(fd, bytes, time) {
    this.#log.add(fd, bytes, time);
    try {
      if (this.#sink) await this.#sink.write(fd, bytes);
      else this.#kept[fd].push(bytes);
    } catch (error) {
      console.error(`The output of a program could not be delivered: ${error}`);
    }
  }

  /**
   * @param {number} fd 1 or 2
   * @returns {Uint8Array} what was written so far, where there is no sink
   */
  kept(fd) {
    const chunks = this.#kept[fd];
    const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
    let offset = 0;
    for (const chunk of chunks) {
      all.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.#kept[fd] = [all];
    return all;
  }

  /** @returns {[number, number, string][]} the last lines as [descriptor, ms since the Unix epoch, text] */
  lines() {
    return this.#log.lines();
  }
}
