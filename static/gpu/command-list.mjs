/** Carries out command lists: aikernel_web/contracts/gpu.py says what their words are. */

import { KernelError } from "../rpc.mjs";
import { refused } from "./errors.mjs";
import { BUFFER, COPY, DATA, DISPATCH, FREE, READ, WORD } from "./opcodes.mjs";
import { Timestamps } from "./timestamps.mjs";

/** @typedef {import("./bind-groups.mjs").BindGroups} BindGroups */
/** @typedef {import("./bind-groups.mjs").Bindings} Bindings */
/** @typedef {import("./buffers.mjs").Buffer} Buffer */
/** @typedef {import("./buffers.mjs").Buffers} Buffers */
/** @typedef {import("./pipelines.mjs").Pipeline} Pipeline */
/** @typedef {import("./pipelines.mjs").Pipelines} Pipelines */
/** @typedef {import("./staging.mjs").Staging} Staging */
/** @typedef {import("./ticket.mjs").Ticket} Ticket */

/** What a list is carried out with. @typedef {{ device: GPUDevice, buffers: Buffers, pipelines: Pipelines, bindGroups: BindGroups, staging: Staging, timestamps: Timestamps | null, groupsMax: number }} Means */

/** One list while its words become commands. It is refused as a whole: what it has made is taken back by `undo`. */
export class CommandList {
  #means;
  #ticket;
  #words;
  #end;
  #groupsMax;
  #encoder;
  /** Clears what comes out of the pool, before everything else. @type {GPUCommandEncoder | null} */
  #clearing = null;
  /** @type {GPUComputePassEncoder | null} */
  #pass = null;
  #passes = 0;
  /** Whether `timestamps` measure it. */
  #timed;
  #readCount = 0;
  /** What the pass has set. @type {Pipeline | null} */
  #pipeline = null;
  /** @type {Bindings | null} */
  #bindings = null;
  /** @type {Buffer[]} */
  #bound = [];

  /**
   * @param {Means} means
   * @param {Ticket} ticket
   * @param {Uint32Array} words
   * @param {number} end how many of them
   * @param {boolean} timed
   */
  constructor(means, ticket, words, end, timed) {
    this.#means = means;
    this.#ticket = ticket;
    this.#words = words;
    this.#end = end;
    this.#timed = timed && means.timestamps !== null;
    this.#groupsMax = means.groupsMax;
    this.#encoder = means.device.createCommandEncoder();
  }

  /** Whether it has data of its own, for which there may be no memory. */
  get carriesData() {
    for (let at = 0; at < this.#end; at += lengthAt(this.#words, at)) if (this.#words[at] === DATA) return true;
    return false;
  }

  /**
   * @returns {GPUCommandBuffer[]}
   * @throws {KernelError} WEBGPU_VALIDATION, WEBGPU_LIMIT_EXCEEDED
   */
  encode() {
    for (let at = 0; at < this.#end; ) {
      const next = at + lengthAt(this.#words, at);
      if (!(next <= this.#end)) throw this.#broken(at);
      this.#command(at);
      at = next;
    }
    this.#endPass();
    this.#readTimestamps();
    const commands = this.#encoder.finish();
    return this.#clearing === null ? [commands] : [this.#clearing.finish(), commands];
  }

  /** Takes back what the list has made, as nothing of it was submitted. */
  undo() {
    const { buffers, staging } = this.#means;
    const { created, freed, staged } = this.#ticket;
    for (const buffer of created) {
      if (buffers.find(buffer.handle) === buffer) buffers.detach(buffer);
      buffers.recycle(buffer);
    }
    for (const buffer of freed) if (!created.includes(buffer)) buffers.attach(buffer);
    for (const memory of staged.keys()) staging.give(memory);
  }

  /** @param {number} at */
  #command(at) {
    const words = this.#words;
    switch (words[at]) {
      case DISPATCH:
        return this.#dispatch(at + 1);
      case BUFFER:
        return this.#buffer(words[at + 1], words[at + 2] * WORD);
      case DATA:
        return this.#data(words[at + 1], at + 3, words[at + 2]);
      case COPY:
        return this.#copy(at + 1);
      case READ:
        return this.#read(at);
      default:
        return this.#free(words[at + 1]);
    }
  }

  /** @param {number} at the pipeline's place */
  #dispatch(at) {
    const words = this.#words;
    const pipeline = this.#means.pipelines.get(words[at]);
    const { layout } = pipeline;
    const count = words[at + 4];
    if (count !== layout.bindings.length) {
      throw refused(`A dispatch gives ${count} buffers to a pipeline with ${layout.bindings.length} bindings.`);
    }
    const [x, y, z] = [words[at + 1], words[at + 2], words[at + 3]];
    if (x > this.#groupsMax || y > this.#groupsMax || z > this.#groupsMax) {
      throw new KernelError(
        `${x} x ${y} x ${z} workgroups cannot be run: the device's maxComputeWorkgroupsPerDimension is ${this.#groupsMax}.`,
        "WEBGPU_LIMIT_EXCEEDED",
      );
    }
    const bound = this.#bound;
    for (let i = 0; i < count; i++) {
      const buffer = this.#means.buffers.get(words[at + 5 + i]);
      bound[i] = buffer;
      if (layout.writes[i]) this.#ticket.write(buffer);
      else this.#ticket.use(buffer);
    }
    const pass = this.#pass ?? this.#beginPass();
    if (pipeline !== this.#pipeline) {
      pass.setPipeline(pipeline.native);
      this.#pipeline = pipeline;
    }
    const bindings = this.#means.bindGroups.find(layout, bound);
    if (bindings !== this.#bindings) {
      const { groups } = bindings;
      for (let group = 0; group < groups.length; group++) if (groups[group] !== null) pass.setBindGroup(group, groups[group]);
      this.#bindings = bindings;
    }
    pass.dispatchWorkgroups(x, y, z);
    this.#ticket.dispatches += 1;
  }

  /** @param {number} handle @param {number} size */
  #buffer(handle, size) {
    const known = this.#means.buffers.find(handle);
    if (known === undefined) {
      const made = this.#create(handle, size);
      if (!made.memory.fresh && size > 0) {
        this.#clearing ??= this.#means.device.createCommandEncoder();
        this.#clearing.clearBuffer(made.memory.native, 0, size);
      }
    } else if (known.size !== size) {
      throw refused(`The buffer of handle ${handle} has ${known.size} bytes: it cannot be made again with ${size}.`);
    }
  }

  /** @param {number} handle @param {number} start @param {number} count words */
  #data(handle, start, count) {
    if (this.#means.buffers.find(handle) !== undefined) {
      throw refused(`There is a buffer of handle ${handle} already: data makes a new one.`);
    }
    const { memory } = this.#create(handle, count * WORD);
    // The memory is not used by what was encoded before: writing ahead of the list changes nothing of that.
    const { device } = this.#means;
    const data = /** @type {Uint32Array<ArrayBuffer>} */ (this.#words);
    device.queue.writeBuffer(memory.native, 0, data, start, count);
  }

  /** @param {number} handle @param {number} size */
  #create(handle, size) {
    const buffer = this.#means.buffers.create(handle, size);
    this.#ticket.created.push(buffer);
    this.#ticket.write(buffer);
    return buffer;
  }

  /** @param {number} at the source's place */
  #copy(at) {
    const words = this.#words;
    const { buffers } = this.#means;
    const [source, target] = [buffers.get(words[at]), buffers.get(words[at + 2])];
    const [from, to, size] = [words[at + 1] * WORD, words[at + 3] * WORD, words[at + 4] * WORD];
    requireRange(source, from, size);
    requireRange(target, to, size);
    if (source === target) throw refused(`A copy within one buffer (handle ${source.handle}) cannot be done.`);
    this.#ticket.use(source);
    this.#ticket.write(target);
    this.#endPass();
    this.#encoder.copyBufferToBuffer(source.memory.native, from, target.memory.native, to, size);
  }

  /** @param {number} at */
  #read(at) {
    const words = this.#words;
    const buffer = this.#means.buffers.get(words[at + 1]);
    const [from, size] = [words[at + 2] * WORD, words[at + 3] * WORD];
    requireRange(buffer, from, size);
    if (this.#readCount === 0) this.#takeStaging(readSizes(words, at, this.#end));
    const { memory, start } = this.#ticket.reads[this.#readCount];
    this.#readCount += 1;
    this.#ticket.use(buffer);
    this.#endPass();
    this.#encoder.copyBufferToBuffer(buffer.memory.native, from, memory.native, start, size);
  }

  /** @param {number} handle */
  #free(handle) {
    const buffer = this.#means.buffers.get(handle);
    this.#means.buffers.detach(buffer);
    this.#ticket.freed.push(buffer);
  }

  #beginPass() {
    const described = this.#timed ? this.#means.timestamps?.pass(this.#passes === 0) : undefined;
    this.#passes += 1;
    this.#pass = this.#encoder.beginComputePass(described);
    return this.#pass;
  }

  #endPass() {
    if (this.#pass === null) return;
    this.#pass.end();
    this.#pass = null;
    this.#pipeline = null;
    this.#bindings = null;
  }

  /** @param {number[]} sizes */
  #takeStaging(sizes) {
    this.#ticket.reads = this.#means.staging.take(sizes);
  }

  #readTimestamps() {
    const { staging, timestamps } = this.#means;
    if (!this.#timed || timestamps === null || this.#passes === 0) return;
    const [timing] = staging.take([Timestamps.BYTES]);
    this.#ticket.timing = timing;
    timestamps.read(this.#encoder, timing.memory.native, timing.start);
  }

  /** @param {number} at */
  #broken(at) {
    const operation = this.#words[at];
    return operation >= BUFFER && operation <= FREE
      ? refused(`The command list ends within its operation ${operation} at word ${at}.`)
      : refused(`The command list has no operation ${operation} (word ${at}).`);
  }
}

/**
 * @param {Uint32Array} words
 * @param {number} at an operation's place
 * @returns {number} the words of the operation; NaN where there is no such one
 */
function lengthAt(words, at) {
  switch (words[at]) {
    case FREE:
      return 2;
    case BUFFER:
      return 3;
    case READ:
      return 4;
    case COPY:
      return 6;
    case DATA:
      return 3 + words[at + 2];
    case DISPATCH:
      return 6 + words[at + 5];
    default:
      return NaN;
  }
}

/**
 * The sizes of all reads from `at` on, as far as the words make sense.
 * @param {Uint32Array} words
 * @param {number} at
 * @param {number} end
 */
function readSizes(words, at, end) {
  const sizes = [];
  for (let place = at; place < end; place += lengthAt(words, place)) {
    if (words[place] === READ) sizes.push(words[place + 3] * WORD);
  }
  return sizes;
}

/**
 * @param {Buffer} buffer
 * @param {number} start
 * @param {number} size
 */
function requireRange(buffer, start, size) {
  if (start + size <= buffer.size) return;
  throw refused(`The bytes ${start} to ${start + size} are not within the buffer of handle ${buffer.handle}: it has ${buffer.size}.`);
}
