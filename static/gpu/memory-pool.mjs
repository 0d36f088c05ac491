/** GPU memory that is not in use at the moment, kept by size class. */

import { KernelError } from "../rpc.mjs";
import { errorOf, inScopes } from "./scopes.mjs";
import { sizeClass } from "./size-classes.mjs";

/**
 * A buffer of the device. `id` is never used twice, `size` is that of its class, `error` says why there is none.
 * @typedef {{ native: GPUBuffer, id: number, size: number, idleSince: number, fresh: boolean, error: KernelError | null }} Memory
 */

let lastId = 0;

/** Takes memory of one kind of use from the device, and keeps what is given back, up to a number of bytes: oldest out. */
export class MemoryPool {
  #device;
  #usage;
  #limit;
  #keep;
  #onScarcity;
  #clock = 0;
  /** By size, the one that was given back last at the end. @type {Map<number, Memory[]>} */
  #idle = new Map();
  idleBytes = 0;
  idleCount = 0;

  /**
   * @param {GPUDevice} device
   * @param {GPUBufferUsageFlags} usage
   * @param {number} keep bytes
   * @param {() => void} onScarcity is called where the device had no memory: it lets go of what is idle
   */
  constructor(device, usage, keep, onScarcity) {
    this.#device = device;
    this.#usage = usage;
    this.#limit = device.limits.maxBufferSize;
    this.#keep = keep;
    this.#onScarcity = onScarcity;
  }

  /**
   * Returns memory of `bytes` or more; where it is not `fresh` it holds what was there before.
   * @param {number} bytes
   * @returns {Memory}
   * @throws {KernelError} WEBGPU_LIMIT_EXCEEDED
   */
  take(bytes) {
    if (bytes > this.#limit) {
      throw new KernelError(
        `A buffer of ${bytes} bytes cannot be made: the device's maxBufferSize is ${this.#limit}.`,
        "WEBGPU_LIMIT_EXCEEDED",
      );
    }
    const size = sizeClass(bytes, this.#limit);
    const same = this.#idle.get(size);
    for (let memory = same?.pop(); memory !== undefined; memory = same?.pop()) {
      this.idleBytes -= size;
      this.idleCount -= 1;
      if (memory.error === null) return memory;
    }
    return this.#create(size);
  }

  /**
   * Takes memory back, when all that uses it was submitted.
   * @param {Memory} memory
   */
  give(memory) {
    if (memory.error !== null) return;
    memory.fresh = false;
    this.#clock += 1;
    memory.idleSince = this.#clock;
    const same = this.#idle.get(memory.size);
    if (same === undefined) this.#idle.set(memory.size, [memory]);
    else same.push(memory);
    this.idleBytes += memory.size;
    this.idleCount += 1;
    while (this.idleBytes > this.#keep) this.#dropOldest();
  }

  /** Gives all that is idle back to the device. */
  dropIdle() {
    for (const same of this.#idle.values()) for (const memory of same) memory.native.destroy();
    this.#idle.clear();
    this.idleBytes = 0;
    this.idleCount = 0;
  }

  /** @param {number} size */
  #create(size) {
    const { value: native, caught } = inScopes(this.#device, 3, () => this.#device.createBuffer({ size, usage: this.#usage }));
    lastId += 1;
    /** @type {Memory} */
    const memory = { native, id: lastId, size, idleSince: 0, fresh: true, error: null };
    void caught.then((errors) => {
      memory.error = errorOf(errors, `A buffer of ${size} bytes could not be made`);
      if (memory.error?.code === "WEBGPU_OUT_OF_MEMORY") this.#onScarcity();
    });
    return memory;
  }

  #dropOldest() {
    let oldest = /** @type {Memory[]} */ ([]);
    for (const same of this.#idle.values()) {
      if (same.length > 0 && (oldest.length === 0 || same[0].idleSince < oldest[0].idleSince)) oldest = same;
    }
    const memory = /** @type {Memory} */ (oldest.shift());
    memory.native.destroy();
    this.idleBytes -= memory.size;
    this.idleCount -= 1;
  }
}
