/** Measures the GPU's time for one list: from the beginning of its first compute pass to the end of its last. */

const BYTES = 16;
const NANOSECOND = 1e-9;

/** The two timestamps that every timed list of a device writes: lists run one after another. */
export class Timestamps {
  static BYTES = BYTES;
  #queries;
  #resolved;

  /** @param {GPUDevice} device that has the feature timestamp-query */
  constructor(device) {
    this.#queries = device.createQuerySet({ type: "timestamp", count: 2 });
    this.#resolved = device.createBuffer({ size: BYTES, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  }

  /**
   * @param {boolean} first whether it is the list's first pass
   * @returns {GPUComputePassDescriptor}
   */
  pass(first) {
    const querySet = this.#queries;
    const endOfPassWriteIndex = 1;
    return {
      timestampWrites: first ? { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex } : { querySet, endOfPassWriteIndex },
    };
  }

  /**
   * @param {GPUCommandEncoder} encoder
   * @param {GPUBuffer} target
   * @param {number} offset
   */
  read(encoder, target, offset) {
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, target, offset, BYTES);
  }
}

/**
 * @param {ArrayBuffer} range
 * @returns {number} seconds
 */
export function secondsOf(range) {
  const [began, ended] = new BigUint64Array(range);
  return Math.max(0, Number(ended - began)) * NANOSECOND; // clocks of GPUs may be set back (WebGPU, section 20.4)
}
