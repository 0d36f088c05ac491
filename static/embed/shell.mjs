import { bytesOf } from "./values.mjs";

/** @typedef {import("../rpc.mjs").Peer} Peer */

/** An `aik` shell: command lines in, their output to the terminal it was opened for. */
export class Shell {
  #peer;
  #id;
  #close;

  /**
   * @param {Peer} peer
   * @param {number} id
   * @param {() => void} close
   */
  constructor(peer, id, close) {
    this.#peer = peer;
    this.#id = id;
    this.#close = close;
  }

  /**
   * @param {string} line
   * @returns {Promise<number>} the exit code
   */
  execute(line) {
    return this.#peer.call("shell.execute", { shell: this.#id, line });
  }

  /**
   * Gives bytes to the program in the foreground.
   * @param {Uint8Array | string} bytes
   * @returns {Promise<boolean>} false when there is none
   */
  input(bytes) {
    return this.#peer.call("shell.input", { shell: this.#id, bytes: bytesOf(bytes) });
  }

  /** @returns {Promise<boolean>} */
  endOfInput() {
    return this.#peer.call("shell.endOfInput", { shell: this.#id });
  }

  /** @returns {Promise<boolean>} */
  interrupt() {
    return this.#peer.call("shell.interrupt", { shell: this.#id });
  }

  /** @param {number} columns @param {number} rows of the terminal, for the program in the foreground and those to come */
  resize(columns, rows) {
    return this.#peer.call("shell.resize", { shell: this.#id, columns, rows });
  }

  /**
   * @param {string} line up to the cursor
   * @returns {Promise<string[]>} what its last word may become
   */
  complete(line) {
    return this.#peer.call("shell.complete", { shell: this.#id, line });
  }

  async close() {
    await this.#peer.call("shell.close", { shell: this.#id });
    this.#close();
  }
}
