/** The buffers that Python knows by their handles. */

import { refused } from "./errors.mjs";
import { MemoryPool } from "./memory-pool.mjs";

/** @typedef {import("../rpc.mjs").KernelError} KernelError */
/** @typedef {import("./memory-pool.mjs").Memory} Memory */

/** Idle memory that is kept for the next buffers. */
const KEEP_BYTES = 256 * 2 ** 20;

/** One buffer, from when its handle is first used until it is freed. */
export class Buffer {
  /** Why its contents are not what they should be. @type {KernelError | null} */
  spoilt = null;
  /** The last ticket that has it in its books, and the last one that writes it. */
  usedBy = 0;
  writtenBy = 0;

  /**
   * @param {number} handle
   * @param {Memory} memory
   * @param {number} size bytes, a multiple of 4; the memory may be larger
   */
  constructor(handle, memory, size) {
    this.handle = handle;
    this.memory = memory;
    this.size = size;
  }

  /** Why it cannot be used. */
  get error() {
    return this.spoilt ?? this.memory.error;
  }
}

/** The buffers of one device. */
export class Buffers {
  #pool;
  /** @type {Map<number, Buffer>} */
  #buffers = new Map();
  bytes = 0;

  /**
   * @param {GPUDevice} device
   * @param {() => void} onScarcity
   */
  constructor(device, onScarcity) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#pool = new MemoryPool(device, usage, KEEP_BYTES, onScarcity);
  }

  get count() {
    return this.#buffers.size;
  }

  get idleCount() {
    return this.#pool.idleCount;
  }

  get idleBytes() {
    return this.#pool.idleBytes;
  }

  dropIdle() {
    this.#pool.dropIdle();
  }

  /** @param {number} handle */
  find(handle) {
    return this.#buffers.get(handle);
  }

  /**
   * @param {number} handle
   * @returns {Buffer}
   * @throws {KernelError} WEBGPU_VALIDATION
   */
  get(handle) {
    const buffer = this.#buffers.get(handle);
    if (buffer === undefined) throw refused(`There is no buffer of handle ${handle}: it must be made before it is used.`);
    return buffer;
  }

  /**
   * Makes a buffer; where its memory is not fresh it holds what was there before.
   * @param {number} handle of which there is no buffer
   * @param {number} size bytes, a multiple of 4
   * @returns {Buffer}
   * @throws {KernelError} WEBGPU_LIMIT_EXCEEDED
   */
  create(handle, size) {
    const buffer = new Buffer(handle, this.#pool.take(size), size);
    this.attach(buffer);
    return buffer;
  }

  /**
   * Makes the same buffer anew, as all of it is about to be written: what spoils it from now on comes from earlier lists.
   * @param {Buffer} buffer
   * @returns {Buffer}
   */
  renew({ handle, memory, size }) {
    const buffer = new Buffer(handle, memory, size);
    this.#buffers.set(handle, buffer);
    return buffer;
  }

  /** @param {Buffer} buffer */
  attach(buffer) {
    this.#buffers.set(buffer.handle, buffer);
    this.bytes += buffer.size;
  }

  /** Takes away the handle only: the memory may be in use by a list that is not submitted yet. @param {Buffer} buffer */
  detach(buffer) {
    this.#buffers.delete(buffer.handle);
    this.bytes -= buffer.size;
  }

  /** Gives back the memory of a detached buffer, when all that uses it was submitted. @param {Buffer} buffer */
  recycle(buffer) {
    this.#pool.give(buffer.memory);
  }
}
