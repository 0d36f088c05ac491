/** One device from when it was opened until it is lost or closed, with all that was made on it. */

import { KernelError } from "../rpc.mjs";
import { BindGroups } from "./bind-groups.mjs";
import { Buffers } from "./buffers.mjs";
import { CommandList } from "./command-list.mjs";
import { refused } from "./errors.mjs";
import { destroyWhenIdle } from "./letting-go.mjs";
import { Lifetime } from "./lifetime.mjs";
import { Patience, answeredWithin } from "./patience.mjs";
import { Pipelines } from "./pipelines.mjs";
import { errorOf, inScopes } from "./scopes.mjs";
import { Staging } from "./staging.mjs";
import { Tickets } from "./tickets.mjs";
import { Timestamps, secondsOf } from "./timestamps.mjs";
import { WORD } from "./opcodes.mjs";

/** @typedef {import("./command-list.mjs").Means} Means */
/** @typedef {import("./pipelines.mjs").Binding} Binding */
/** @typedef {import("./present.mjs").Picture} Picture */
/** @typedef {import("./ticket.mjs").Ticket} Ticket */

/** A device at work. */
export class Session {
  #device;
  #means;
  #lifetime;
  #patience;
  #tickets = new Tickets();
  submits = 0;
  dispatches = 0;

  /**
   * @param {GPUDevice} device
   * @param {(reason: string, message: string) => void} onLost is told once, unless the session was closed
   */
  constructor(device, onLost) {
    this.#device = device;
    this.#lifetime = new Lifetime(device, onLost);
    this.#patience = new Patience(device.queue);
    const relieve = () => {
      this.#means.buffers.dropIdle();
      this.#means.staging.dropIdle();
    };
    /** @type {Means} */
    this.#means = {
      device,
      buffers: new Buffers(device, relieve),
      pipelines: new Pipelines(device),
      bindGroups: new BindGroups(device),
      staging: new Staging(device, relieve),
      timestamps: device.features.has("timestamp-query") ? new Timestamps(device) : null,
      groupsMax: device.limits.maxComputeWorkgroupsPerDimension,
    };
    device.addEventListener("uncapturederror", (event) => this.#tickets.suspect(event));
  }

  get device() {
    return this.#device;
  }

  get alive() {
    return !this.#lifetime.isOver;
  }

  counts() {
    const { buffers, pipelines, bindGroups, staging } = this.#means;
    return {
      buffers: buffers.count,
      bytes: buffers.bytes,
      pooledBuffers: buffers.idleCount + staging.idleCount,
      pooledBytes: buffers.idleBytes + staging.idleBytes,
      pipelines: pipelines.count,
      bindGroups: bindGroups.count,
    };
  }

  /**
   * @param {string} code
   * @param {string} entry
   * @param {Record<string, number>} constants
   * @param {Binding[] | number} bindings
   * @param {number} limit seconds
   */
  async compile(code, entry, constants, bindings, limit) {
    this.#lifetime.require();
    const compiling = this.#lifetime.orLost(this.#means.pipelines.compile(code, entry, constants, bindings));
    try {
      return await answeredWithin(compiling, limit, `The shader was not compiled in ${limit} s: make it shorter.`);
    } finally {
      this.#lifetime.require();
    }
  }

  /** @param {number} pipeline */
  release(pipeline) {
    this.#means.pipelines.release(pipeline);
  }

  /**
   * @param {number} handle
   * @param {number} size bytes of the whole buffer
   * @param {Uint8Array<ArrayBuffer>} data
   * @param {number} offset bytes
   */
  write(handle, size, data, offset) {
    this.#lifetime.require();
    const { buffers, device } = this.#means;
    const count = data.byteLength;
    if (offset % WORD !== 0 || count % WORD !== 0 || size % WORD !== 0) {
      throw refused(`${count} bytes at ${offset} of a buffer of ${size} cannot be written: all three must be multiples of ${WORD}.`);
    }
    if (!(offset >= 0 && offset + count <= size)) {
      throw refused(`${count} bytes at ${offset} do not fit into a buffer of ${size}.`);
    }
    const known = buffers.find(handle);
    if (known !== undefined && known.size !== size) {
      throw refused(`The buffer of handle ${handle} has ${known.size} bytes: it cannot be written to as one of ${size}.`);
    }
    const buffer = known === undefined ? buffers.create(handle, size) : count < size ? known : buffers.renew(known);
    const { caught } = inScopes(device, 2, () => {
      if (known === undefined && !buffer.memory.fresh && count < size) {
        const encoder = device.createCommandEncoder();
        encoder.clearBuffer(buffer.memory.native, 0, size);
        device.queue.submit([encoder.finish()]);
      }
      device.queue.writeBuffer(buffer.memory.native, offset, data);
    });
    void caught.then((errors) => {
      buffer.spoilt ??= errorOf(errors, "A buffer could not be written");
    });
  }

  /**
   * @param {Uint32Array} words
   * @param {number} end how many of them
   * @param {boolean} timed
   * @returns {number} the ticket's number
   * @throws {KernelError} WEBGPU_VALIDATION, WEBGPU_LIMIT_EXCEEDED, WEBGPU_DEVICE_LOST
   */
  submit(words, end, timed) {
    this.#lifetime.require();
    const device = this.#device;
    const ticket = this.#tickets.next();
    // To wait for what is written takes no submit: browsers look after one that is empty every few milliseconds only.
    if (end === 0 && !timed) return ticket.number;
    const list = new CommandList(this.#means, ticket, words, end, timed);
    let accepted = false;
    this.#patience.submitting();
    try {
      const { caught } = inScopes(device, list.carriesData ? 2 : 1, () => device.queue.submit(list.encode()));
      accepted = true;
      this.#submitted(ticket, caught);
    } finally {
      if (!accepted) list.undo();
    }
    return ticket.number;
  }

  /**
   * Waits until a list has run. Where it has reads, they can be had by `part` from then until `done`.
   * @param {number} number
   * @param {number} [limit] seconds
   * @returns {Promise<number | undefined>} the GPU's seconds, where the list was timed
   * @throws {KernelError} WEBGPU_TIMEOUT, WEBGPU_DEVICE_LOST, and why the list was not run
   */
  async finish(number, limit) {
    this.#lifetime.require();
    const ticket = this.#tickets.find(number);
    const ended = this.#lifetime.orLost(ticket === undefined ? this.#device.queue.onSubmittedWorkDone() : this.#ended(ticket));
    await (limit === undefined ? ended : this.#within(ended, limit));
    this.#lifetime.require();
    if (ticket === undefined) return undefined;
    if (ticket.error !== null) throw ticket.error;
    if (ticket.timing === null) return undefined;
    const { memory, start, size } = ticket.timing;
    return secondsOf(memory.native.getMappedRange(start, size));
  }

  /**
   * The bytes of a read of a finished list, in place.
   * @param {number} number
   * @param {number} index
   * @param {number} length bytes
   * @returns {Uint8Array}
   */
  part(number, index, length) {
    this.#lifetime.require();
    const read = this.#tickets.find(number)?.reads[index];
    if (read === undefined) throw refused(`The list of ticket ${number} has no read ${index}, or was asked for it before.`);
    if (length > read.size) throw refused(`${length} bytes are wanted of a read of ${read.size}.`);
    return new Uint8Array(read.memory.native.getMappedRange(read.start, read.size), 0, length);
  }

  /** Lets go of a ticket, whether its list has run or not. @param {number} number */
  done(number) {
    const ticket = this.#tickets.remove(number);
    if (ticket === undefined) return;
    for (const memory of ticket.staged.keys()) {
      memory.native.unmap();
      this.#means.staging.give(memory);
    }
  }

  /**
   * Shows a buffer's pixels in a canvas, when everything submitted before has run.
   * @param {number} handle
   * @param {Picture} picture
   * @param {number} width in pixels
   * @param {number} height
   * @param {number} limit seconds in which what was submitted before has to go on
   */
  async show(handle, picture, width, height, limit) {
    this.#lifetime.require();
    const { memory, error, size } = this.#means.buffers.get(handle);
    if (error !== null) throw error;
    if (!(width * height * WORD <= size)) {
      throw refused(`A picture of ${width} by ${height} pixels is more than the ${size} bytes of its buffer.`);
    }
    // The page may take its time, such as when it is not seen; the GPU may not.
    const computed = this.#within(this.#lifetime.orLost(this.#device.queue.onSubmittedWorkDone()), limit);
    await Promise.all([computed, this.#lifetime.orLost(picture.showBuffer(this.#device, memory.native, width, height))]);
  }

  /** Lets go of the device. */
  close() {
    this.#lifetime.close();
    destroyWhenIdle(this.#device, this.#means.pipelines.underWay);
    this.#tickets.clear();
  }

  /**
   * @param {Ticket} ticket
   * @param {Promise<import("./scopes.mjs").Caught>} caught
   */
  #submitted(ticket, caught) {
    for (const buffer of ticket.freed) this.#means.buffers.recycle(buffer);
    this.submits += 1;
    this.dispatches += ticket.dispatches;
    this.#tickets.keep(ticket, caught);
  }

  /** @param {Ticket} ticket */
  async #ended(ticket) {
    const staged = [...ticket.staged];
    if (staged.length === 0) {
      await Promise.all([ticket.settled, this.#device.queue.onSubmittedWorkDone()]);
      return;
    }
    const mapped = staged.map(([memory, bytes]) => memory.native.mapAsync(GPUMapMode.READ, 0, bytes));
    try {
      await Promise.all([ticket.settled, ...mapped]);
    } catch (error) {
      // Where there is no memory mapping fails too, and the ticket knows why.
      await Promise.allSettled([ticket.settled, ...mapped]);
      if (ticket.error === null) throw error;
    }
  }

  /**
   * @param {Promise<unknown>} ended
   * @param {number} limit seconds
   */
  async #within(ended, limit) {
    try {
      await this.#patience.within(ended, limit);
    } catch (error) {
      if (error instanceof KernelError && error.code === "WEBGPU_TIMEOUT") this.#giveUp(limit);
      throw error;
    }
  }

  /** Nothing ends a kernel: its device is left to it. @param {number} limit seconds */
  #giveUp(limit) {
    this.#lifetime.lose("timeout", `it was given up when work did not end in ${limit} s`);
    destroyWhenIdle(this.#device, this.#means.pipelines.underWay);
  }
}
