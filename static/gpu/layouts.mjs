/** Layouts of bindings, shared by all pipelines that have the same. */

import { BoundedMap } from "./bounded-map.mjs";

/** Group, binding and type. @typedef {[number, number, GPUBufferBindingType]} Binding */

/**
 * `groups` has a layout for each group up to the last one that is used; null where a group has no bindings. `writes`
 * says of each binding whether the GPU may write it.
 * @typedef {{ id: number, bindings: Binding[], groups: (GPUBindGroupLayout | null)[], writes: boolean[], native: GPUPipelineLayout | "auto" }} Layout
 */

/** Layouts that are kept for the next pipelines. */
const KEEP = 256;

/** The layouts of a device. */
export class Layouts {
  #device;
  #lastId = 0;
  /** @type {BoundedMap<string, Layout>} */
  #known = new BoundedMap(KEEP);

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
  }

  /**
   * @param {Binding[]} bindings
   * @returns {Layout}
   */
  of(bindings) {
    const key = JSON.stringify(bindings);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const groups = groupsOf(bindings).map((entries) =>
      entries === null ? null : this.#device.createBindGroupLayout({ entries }),
    );
    const native = this.#device.createPipelineLayout({ bindGroupLayouts: groups });
    const made = this.#made(bindings, groups, native);
    this.#known.set(key, made);
    return made;
  }

  /**
   * The layout that the browser has derived: buffer i is binding i of group 0, and all may be written.
   * @param {GPUComputePipeline} pipeline
   * @param {number} count
   * @returns {Layout}
   */
  derived(pipeline, count) {
    const bindings = Array.from({ length: count }, (_, binding) => /** @type {Binding} */ ([0, binding, "storage"]));
    return this.#made(bindings, count > 0 ? [pipeline.getBindGroupLayout(0)] : [], "auto");
  }

  /**
   * @param {Binding[]} bindings
   * @param {Layout["groups"]} groups
   * @param {Layout["native"]} native
   * @returns {Layout}
   */
  #made(bindings, groups, native) {
    this.#lastId += 1;
    return { id: this.#lastId, bindings, groups, writes: bindings.map(([, , type]) => type === "storage"), native };
  }
}

/**
 * @param {Binding[]} bindings
 * @returns {(GPUBindGroupLayoutEntry[] | null)[]}
 */
function groupsOf(bindings) {
  const count = bindings.reduce((most, [group]) => Math.max(most, group + 1), 0);
  return Array.from({ length: count }, (_, wanted) => {
    const entries = bindings
      .filter(([group]) => group === wanted)
      .map(([, binding, type]) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    return entries.length > 0 ? entries : null;
  });
}
