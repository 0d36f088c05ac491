import { KernelError } from "../rpc.mjs";

/** @typedef {import("../process/protocol.mjs").KernelMessage} KernelMessage */
/** @typedef {import("../process/protocol.mjs").ProcessMessage} ProcessMessage */

/** Questions that the kernel has asked a program and that are not answered yet. */
export class ProcessRequests {
  #nextId = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: KernelError) => void}>} */
  #open = new Map();

  /**
   * @param {(id: number) => void} ask sends the question
   * @returns {Promise<any>}
   */
  ask(ask) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      ask(id);
      this.#open.set(id, { resolve, reject });
    });
  }

  /** @param {Extract<ProcessMessage, {type: "answer"}>} message */
  answered(message) {
    const request = this.#open.get(message.id);
    this.#open.delete(message.id);
    if ("error" in message) request?.reject(new KernelError(message.error.message, message.error.code));
    else request?.resolve(message.value);
  }

  /** There will be no more answers. @param {() => KernelError} why */
  close(why) {
    for (const { reject } of this.#open.values()) reject(why());
    this.#open.clear();
  }
}
