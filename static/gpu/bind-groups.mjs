/** Bind groups, by the layout and the memory that they bind. */

import { BoundedMap } from "./bounded-map.mjs";

/** @typedef {import("./buffers.mjs").Buffer} Buffer */
/** @typedef {import("./layouts.mjs").Layout} Layout */

/** One dispatch's bind groups. @typedef {{ layout: Layout, key: Float64Array, groups: (GPUBindGroup | null)[], next: Bindings | null }} Bindings */

/** Bind groups that are kept at most; twice as many may be known for a moment. */
const KEEP = 2048;

/** The bind groups of a device. The key is the memory, not the handle: what comes from the pool again is bound already. */
export class BindGroups {
  #device;
  /** By hash; those of one hash form a chain. @type {BoundedMap<number, Bindings>} */
  #known = new BoundedMap(KEEP);

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
  }

  get count() {
    return this.#known.size;
  }

  /**
   * @param {Layout} layout
   * @param {Buffer[]} buffers in the order of the layout's bindings; more may follow
   * @returns {Bindings}
   */
  find(layout, buffers) {
    const count = layout.bindings.length;
    let hash = layout.id;
    for (let i = 0; i < count; i++) {
      const { memory, size } = buffers[i];
      hash = (Math.imul(hash ^ memory.id, 0x9e3779b1) ^ Math.imul(size, 0x85ebca6b)) | 0;
    }
    const first = this.#known.get(hash) ?? null;
    for (let known = first; known !== null; known = known.next) {
      if (known.layout === layout && fits(known.key, buffers, count)) return known;
    }
    const made = this.#create(layout, buffers, count);
    // Two of one hash are rare; a chain that keeps growing is not.
    made.next = first?.next ? null : first;
    this.#known.set(hash, made);
    return made;
  }

  /**
   * @param {Layout} layout
   * @param {Buffer[]} buffers
   * @param {number} count
   * @returns {Bindings}
   */
  #create(layout, buffers, count) {
    const key = new Float64Array(count * 2);
    /** @type {GPUBindGroupEntry[][]} */
    const entries = layout.groups.map(() => []);
    for (let i = 0; i < count; i++) {
      const { memory, size } = buffers[i];
      key[2 * i] = memory.id;
      key[2 * i + 1] = size;
      const [group, binding] = layout.bindings[i];
      // The exact size, not the memory's: it is what arrayLength() tells.
      entries[group].push({ binding, resource: { buffer: memory.native, size } });
    }
    const groups = layout.groups.map((native, group) =>
      native === null ? null : this.#device.createBindGroup({ layout: native, entries: entries[group] }),
    );
    return { layout, key, groups, next: null };
  }
}

/**
 * @param {Float64Array} key
 * @param {Buffer[]} buffers
 * @param {number} count
 */
function fits(key, buffers, count) {
  for (let i = 0; i < count; i++) {
    if (key[2 * i] !== buffers[i].memory.id || key[2 * i + 1] !== buffers[i].size) return false;
  }
  return true;
}
