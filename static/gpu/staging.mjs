/** What carries results back: mappable buffers, taken in turn from those that are free. */

import { MemoryPool } from "./memory-pool.mjs";

/** @typedef {import("./memory-pool.mjs").Memory} Memory */

/** Idle memory that is kept for the next reads. */
const KEEP_BYTES = 256 * 2 ** 20;
/** Reads of one list share a buffer up to this size: mapping costs more than copying little. */
const SHARED_BYTES = 2 ** 20;
/** Mapped ranges begin at multiples of this (WebGPU, getMappedRange). */
const ALIGNMENT = 8;

/** One read of a list: where in which staging buffer its bytes are. @typedef {{ memory: Memory, start: number, size: number }} Read */

/** The staging buffers of a device. */
export class Staging {
  #pool;

  /**
   * @param {GPUDevice} device
   * @param {() => void} onScarcity
   */
  constructor(device, onScarcity) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#pool = new MemoryPool(device, usage, KEEP_BYTES, onScarcity);
  }

  get idleCount() {
    return this.#pool.idleCount;
  }

  get idleBytes() {
    return this.#pool.idleBytes;
  }

  /**
   * Finds room for reads of these sizes.
   * @param {number[]} sizes bytes
   * @returns {Read[]}
   */
  take(sizes) {
    /** @type {Read[]} */
    const reads = [];
    let first = 0;
    while (first < sizes.length) {
      let end = first;
      let bytes = 0;
      do {
        bytes += aligned(sizes[end]);
        end += 1;
      } while (end < sizes.length && bytes + sizes[end] <= SHARED_BYTES);
      const memory = this.#pool.take(bytes);
      for (let start = 0; first < end; first += 1) {
        reads.push({ memory, start, size: sizes[first] });
        start += aligned(sizes[first]);
      }
    }
    return reads;
  }

  /** Takes a buffer back that is not mapped. @param {Memory} memory */
  give(memory) {
    this.#pool.give(memory);
  }

  dropIdle() {
    this.#pool.dropIdle();
  }
}

/**
 * @param {Read[]} reads
 * @returns {Map<Memory, number>} how many bytes from their beginning they take
 */
export function extentsOf(reads) {
  /** @type {Map<Memory, number>} */
  const extents = new Map();
  for (const { memory, start, size } of reads) extents.set(memory, Math.max(extents.get(memory) ?? 0, start + size));
  return extents;
}

/** @param {number} bytes */
function aligned(bytes) {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
