/** Shaders and pipelines: compiled once for equal texts, also while the first compilation is under way. */

import { KernelError } from "../rpc.mjs";
import { BoundedMap } from "./bounded-map.mjs";
import { oneLine, refused } from "./errors.mjs";
import { Layouts } from "./layouts.mjs";
import { errorOf, inScopes } from "./scopes.mjs";

/** @typedef {import("./layouts.mjs").Binding} Binding */
/** @typedef {import("./layouts.mjs").Layout} Layout */

/** One message of the browser's compiler; `line` and `column` count from 1 and are 0 where they are not known, `column` and `length` count UTF-16 units. @typedef {{ message: string, line: number, column: number, length: number }} Message */
/** @typedef {{ native: GPUComputePipeline, layout: Layout, key: string }} Pipeline */
/** @typedef {{ native: GPUShaderModule, errors: Promise<Message[]> }} Shader */
/** What compiling has come to: a pipeline's number, or what is wrong with the text. @typedef {{ pipeline: number, messages: Message[] }} Compiled */

/** Texts whose shaders are kept, for another entry point or other constants. */
const KEEP_SHADERS = 64;

/** The pipelines of a device. */
export class Pipelines {
  #device;
  #layouts;
  #lastNumber = 0;
  /** @type {BoundedMap<string, Shader>} */
  #shaders = new BoundedMap(KEEP_SHADERS);
  /** Those under way too. @type {Map<string, Promise<Compiled>>} */
  #compiled = new Map();
  /** @type {Map<number, Pipeline>} */
  #pipelines = new Map();

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
    this.#layouts = new Layouts(device);
  }

  get count() {
    return this.#pipelines.size;
  }

  /**
   * @param {number} number
   * @returns {Pipeline}
   * @throws {KernelError} WEBGPU_VALIDATION
   */
  get(number) {
    const pipeline = this.#pipelines.get(number);
    if (pipeline === undefined) throw refused(`There is no pipeline of number ${number}: compile it before it is used.`);
    return pipeline;
  }

  /**
   * @param {string} code
   * @param {string} entry empty for the only one
   * @param {Record<string, number>} constants
   * @param {Binding[] | number} bindings or how many buffers there are: binding i of group 0 is buffer i
   * @returns {Promise<Compiled>}
   * @throws {KernelError} WEBGPU_PIPELINE_INVALID, WEBGPU_OUT_OF_MEMORY, WEBGPU_INTERNAL
   */
  compile(code, entry, constants, bindings) {
    const text = withNegativeZeros(code, constants);
    const key = JSON.stringify([entry, Object.entries(constants).sort(), bindings, text]);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiling = this.#compile(key, text, entry, constants, bindings);
    this.#compiled.set(key, compiling);
    const forget = () => {
      if (this.#compiled.get(key) === compiling) this.#compiled.delete(key);
    };
    compiling.then(({ messages }) => messages.length > 0 && forget(), forget);
    return compiling;
  }

  /** Settled when all that was to be compiled is. */
  get underWay() {
    return this.#compiled.values();
  }

  /** @param {number} number */
  release(number) {
    const pipeline = this.#pipelines.get(number);
    if (pipeline === undefined) return;
    this.#pipelines.delete(number);
    this.#compiled.delete(pipeline.key);
  }

  /**
   * @param {string} key
   * @param {string} code
   * @param {string} entry
   * @param {Record<string, number>} constants
   * @param {Binding[] | number} bindings
   * @returns {Promise<Compiled>}
   */
  async #compile(key, code, entry, constants, bindings) {
    const shader = this.#shader(code);
    const declared = typeof bindings === "number" ? null : bindings;
    const { value: layout, caught } = inScopes(this.#device, 3, () => (declared === null ? null : this.#layouts.of(declared)));
    const compute = { module: shader.native, constants, ...(entry === "" ? {} : { entryPoint: entry }) };
    const making = this.#device.createComputePipelineAsync({ layout: layout?.native ?? "auto", compute });
    // Its failure is of interest where the text is valid only.
    making.catch(() => {});
    const messages = await shader.errors;
    if (messages.length > 0) return { pipeline: 0, messages };
    const refusal = errorOf(await caught, "The bindings cannot be laid out");
    if (refusal !== null) throw refusal;
    let native;
    try {
      native = await making;
    } catch (error) {
      throw pipelineError(error);
    }
    this.#lastNumber += 1;
    const made = layout ?? this.#layouts.derived(native, /** @type {number} */ (bindings));
    this.#pipelines.set(this.#lastNumber, { native, layout: made, key });
    return { pipeline: this.#lastNumber, messages: [] };
  }

  /** @param {string} code @returns {Shader} */
  #shader(code) {
    const known = this.#shaders.get(code);
    if (known !== undefined) return known;
    const { value: native, caught } = inScopes(this.#device, 3, () => this.#device.createShaderModule({ code }));
    const errors = errorsOf(native, caught);
    const shader = { native, errors };
    this.#shaders.set(code, shader);
    const forget = () => this.#shaders.delete(code);
    errors.then((messages) => messages.length > 0 && forget(), forget);
    return shader;
  }
}

/**
 * Names the constants that are -0 behind a text: JSON takes them for 0, and so does Chromium, which gives the pipeline of the
 * one for the other where all else is the same.
 * @param {string} code
 * @param {Record<string, number>} constants
 */
function withNegativeZeros(code, constants) {
  const names = Object.keys(constants).filter((name) => Object.is(constants[name], -0));
  return names.length > 0 ? `${code}\n// -0: ${names.sort()}` : code;
}

/**
 * @param {GPUShaderModule} shader
 * @param {Promise<import("./scopes.mjs").Caught>} caught
 * @returns {Promise<Message[]>}
 */
async function errorsOf(shader, caught) {
  const { messages } = await shader.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  const error = errorOf(await caught, "The shader could not be compiled");
  if (errors.length === 0 && error !== null) throw error;
  return errors.map(({ message, lineNum, linePos, length }) => ({ message, line: lineNum, column: linePos, length }));
}

/** @param {unknown} error */
function pipelineError(error) {
  const internal = error instanceof GPUPipelineError && error.reason === "internal";
  const why = oneLine(error instanceof Error ? error.message : String(error));
  return new KernelError(
    internal ? `The GPU's driver fails to compile the shader: ${why}` : `The shader cannot be made a pipeline: ${why}`,
    internal ? "WEBGPU_INTERNAL" : "WEBGPU_PIPELINE_INVALID",
  );
}
