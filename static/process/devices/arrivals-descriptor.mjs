import { ERRNO_AGAIN, ERRNO_BADF, RIGHTS_FD_WRITE } from "../wasi/abi.mjs";
import { DeviceDescriptor } from "./device-descriptor.mjs";

/** @typedef {import("../wakeup.mjs").Wakeup} Wakeup */
/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */

/**
 * Bytes that arrive from the host as they come.
 * @typedef {object} Source
 * @property {number} available
 * @property {Wakeup} arrived
 * @property {(target: Uint8Array, pointer: number, length: number) => number} take
 */

/** A descriptor that reads what arrives; it waits while there is nothing and never comes to an end. /dev/input/events. */
export class ArrivalsDescriptor extends DeviceDescriptor {
  #source;

  /** @param {DeviceInode} inode @param {Source} source */
  constructor(inode, source) {
    super(inode);
    this.rights &= ~RIGHTS_FD_WRITE;
    this.#source = source;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length @returns {number} */
  read(bytes, pointer, length) {
    if (!this.mayRead) return -ERRNO_BADF;
    if (length === 0) return 0;
    return this.#source.take(bytes, pointer, length) || -ERRNO_AGAIN;
  }

  /** @override @returns {Promise<void>} */
  readable() {
    return this.#source.available > 0 ? Promise.resolve() : this.#source.arrived.wait();
  }

  /** @override @param {Promise<void>} wait */
  dismiss(wait) {
    this.#source.arrived.cancel(wait);
  }

  /** @override */
  readReady() {
    if (!this.mayRead) return null;
    return this.#source.available > 0 ? this.#source.available : -1;
  }
}
