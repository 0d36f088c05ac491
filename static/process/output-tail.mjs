/**
 * The output of a program that is written and not sent yet, where both sides can see it: in shared memory, if the page is
 * cross-origin isolated. A program that is killed, or computes on without another call, cannot send it any more.
 *
 * Layout: a header, then the bytes. All numbers are the platform's own (WebAssembly runs on little-endian ones only).
 *
 *     0  int32    how many bytes there are; written after them, so that half a write is never seen
 *     4  int32    the descriptor, 1 or 2
 *     8  int32    how often the bytes were sent and the tail became empty
 *    16  float64  how many bytes of output, of both descriptors, were sent before
 *    32  bytes
 */

const USED = 0;
const FD = 1;
const EMPTIED = 2;
const POSITION_OFFSET = 16;
const HEADER_BYTES = 32;

/** The writing side. */
export class OutputTail {
  /** @readonly */
  buffer;
  /** Room for output. @readonly */
  bytes;
  /** The same. @readonly */
  view;
  #header;
  #position;

  /** @param {number} size bytes of output */
  constructor(size) {
    const total = HEADER_BYTES + size;
    this.buffer = globalThis.crossOriginIsolated ? new SharedArrayBuffer(total) : new ArrayBuffer(total);
    this.bytes = new Uint8Array(this.buffer, HEADER_BYTES);
    this.view = new DataView(this.buffer, HEADER_BYTES);
    this.#header = new Int32Array(this.buffer, 0, 3);
    this.#position = new Float64Array(this.buffer, POSITION_OFFSET, 1);
    this.#header[FD] = 1;
  }

  /** The buffer to announce, or null where nobody else can see it. @returns {SharedArrayBuffer | null} */
  get shared() {
    return this.buffer instanceof ArrayBuffer ? null : this.buffer;
  }

  /** So many bytes are there, all written. @param {number} used */
  publish(used) {
    this.#header[USED] = used;
  }

  /**
   * What was there is sent. It goes before anything else: were it seen with the new position, by whoever ends the worker just
   * then, it would count as output that follows what was sent.
   * @param {number} sent bytes of output so far
   */
  empty(sent) {
    Atomics.store(this.#header, USED, 0);
    this.#position[0] = sent;
    this.#header[EMPTIED] = /** @type {number} */ (this.#header[EMPTIED]) + 1;
  }

  /** Another descriptor's output follows; the tail must be empty. @param {1 | 2} fd */
  turnTo(fd) {
    this.#header[FD] = fd;
  }
}

/**
 * What a program has written and not sent.
 * @param {SharedArrayBuffer} buffer as announced
 * @returns {{ fd: 1 | 2, bytes: Uint8Array<ArrayBuffer>, position: number } | null} a copy; `position` counts the bytes of output
 *   that were sent before. Null for nothing, and when the program, still running, sent it meanwhile.
 */
export function readTail(buffer) {
  const header = new Int32Array(buffer, 0, 3);
  const emptied = Atomics.load(header, EMPTIED);
  const used = Atomics.load(header, USED);
  if (used === 0) return null;
  const fd = header[FD] === 2 ? 2 : 1;
  const position = /** @type {number} */ (new Float64Array(buffer, POSITION_OFFSET, 1)[0]);
  const bytes = new Uint8Array(buffer, HEADER_BYTES, used).slice();
  // It only grows until it is emptied, so that less of it says that it is just being emptied.
  const whole = Atomics.load(header, USED) >= used && Atomics.load(header, EMPTIED) === emptied;
  return whole ? { fd, bytes, position } : null;
}

/**
 * A number that changes whenever the tail does.
 * @param {SharedArrayBuffer} buffer
 */
export function tailState(buffer) {
  const header = new Int32Array(buffer, 0, 3);
  return Atomics.load(header, EMPTIED) * 0x1_0000_0000 + Atomics.load(header, USED);
}
