/** @typedef {import("../rpc.mjs").Peer} Peer */

/** Batches of system calls on their way to the other side, beyond which more are dropped. */
const TRACE_WINDOW = 64;

/** Output on its way to the other side; a program waits when the other side does not keep up. */
export class OutputStreams {
  #peer;
  #closed = false;
  /** @type {Map<number, (() => void)[]>} */
  #waiting = new Map();
  /** @type {Map<number, {batches: number, dropped: number}>} */
  #traces = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /**
   * @param {number} stream an id that the other side chose
   * @returns {import("./wasm.mjs").Sink}
   */
  sink(stream) {
    return {
      write: (fd, bytes) => {
        if (this.#closed) return undefined;
        this.#peer.notify("output", { stream, fd, bytes }, [bytes.buffer]);
        return new Promise((resolve) => {
          const waiting = this.#waiting.get(stream);
          if (waiting) waiting.push(() => resolve(undefined));
          else this.#waiting.set(stream, [() => resolve(undefined)]);
        });
      },
    };
  }

  /**
   * Hands on system calls as long as the other side keeps up; a traced program does not wait for it.
   * @param {number} stream
   * @param {unknown[]} calls
   */
  trace(stream, calls) {
    if (this.#closed) return;
    const underWay = this.#traces.get(stream) ?? { batches: 0, dropped: 0 };
    this.#traces.set(stream, underWay);
    if (underWay.batches >= TRACE_WINDOW) {
      underWay.dropped += calls.length;
      return;
    }
    underWay.batches += 1;
    this.#peer.notify("trace", { stream, calls, dropped: underWay.dropped });
    underWay.dropped = 0;
  }

  /** @param {number} stream whose oldest system calls were taken */
  acknowledgeTrace(stream) {
    const underWay = this.#traces.get(stream);
    if (!underWay) return;
    underWay.batches -= 1;
    if (underWay.batches === 0 && underWay.dropped > 0) this.trace(stream, []);
    else if (underWay.batches === 0) this.#traces.delete(stream);
  }

  /** @param {number} stream whose oldest output was taken */
  acknowledge(stream) {
    const waiting = this.#waiting.get(stream);
    waiting?.shift()?.();
    if (waiting?.length === 0) this.#waiting.delete(stream);
  }

  close() {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) for (const resolve of waiting) resolve();
    this.#waiting.clear();
  }
}
