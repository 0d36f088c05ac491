import { withData } from "./values.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */
/** `data` and `bytes` are one and the same: Python's side says data. */
/** @typedef {{ width: number, height: number, format: string, sequence: number, data: Uint8Array, bytes: Uint8Array }} Frame */
/** @typedef {{ rate: number, channels: number, format: string, data: Uint8Array, bytes: Uint8Array }} Sound */

/**
 * Who watches or listens to a process. Promises hold the next frame back, and sound: a program that is heard plays no faster
 * than its sound is taken.
 * @typedef {object} Watcher
 * @property {(frame: Frame) => void | Promise<void>} [frame] gets the newest, which others may look at as well
 * @property {(sound: Sound) => unknown} [sound]
 * @property {() => void} [ended] the program has ended; its picture stays
 * @property {() => void} [released] the kernel has dropped it: nothing comes any more
 */

/** What this side sees and hears of processes, through one channel. */
export class Views {
  /** @type {WeakMap<Peer, Views>} */
  static #known = new WeakMap();
  #peer;
  /** @type {Map<string, Set<Watcher>>} */
  #watchers = new Map();

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
    peer.serve({
      frame: ({ id, ...frame }) => this.#hand(id, "frame", withData(frame)),
      sound: ({ id, ...sound }) => this.#hand(id, "sound", withData(sound)),
      "process.ended": ({ id }) => this.#tell(id, "ended"),
      "process.released": ({ id }) => {
        this.#tell(id, "released");
        this.#watchers.delete(id);
      },
    });
  }

  /** The one of a channel; made when it is first used. @param {Peer} peer */
  static of(peer) {
    const known = Views.#known.get(peer) ?? new Views(peer);
    Views.#known.set(peer, known);
    return known;
  }

  /**
   * @param {string} id of the process
   * @param {Watcher} watcher
   * @returns {Promise<() => void>} ends it; rejects with WASM_PROCESS_NOT_FOUND
   */
  async watch(id, watcher) {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    const end = () => {
      if (!watchers.delete(watcher) || this.#watchers.get(id) !== watchers) return;
      // The kernel may be gone, and the process as well.
      this.#ask(id).catch(() => {});
    };
    try {
      await this.#ask(id);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Asks for what somebody wants. @param {string} id */
  #ask(id) {
    const watchers = [...(this.#watchers.get(id) ?? [])];
    if (watchers.length === 0) {
      this.#watchers.delete(id);
      return this.#peer.call("process.hide", { id });
    }
    const frames = watchers.some(({ frame }) => frame !== undefined);
    const sound = watchers.some((watcher) => watcher.sound !== undefined);
    return this.#peer.call("process.show", { id, frames, sound });
  }

  /** @param {string} id @param {"frame" | "sound"} kind @param {any} value */
  async #hand(id, kind, value) {
    try {
      await Promise.all(Array.from(this.#watchers.get(id) ?? [], (watcher) => watcher[kind]?.(value)));
    } finally {
      this.#peer.notify(`${kind}.ack`, { id });
    }
  }

  /** @param {string} id @param {"ended" | "released"} what */
  #tell(id, what) {
    for (const watcher of this.#watchers.get(id) ?? []) watcher[what]?.();
  }
}
