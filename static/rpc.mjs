/**
 * Calls between two sides that share a channel: the page and the kernel worker (a message port), the kernel worker and
 * a host outside the browser (a web socket, see wire.mjs). Both sides may call, answer and notify.
 *
 * Messages: `{id, method, params}` asks, `{id, result}` or `{id, error: {code, message}}` answers, `{method, params}`
 * notifies.
 */

/** An error that crossed a channel, or a broken channel. `code` is the machine-readable part. */
export class KernelError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   */
  constructor(message, code) {
    super(/ErrorCode=[A-Z0-9_]+\s*$/.test(message) ? message : `${message} ErrorCode=${code}`);
    this.name = "KernelError";
    this.code = code;
  }

  /**
   * @param {unknown} error
   * @param {string} code what to call it when it has no code of its own
   * @returns {KernelError}
   */
  static from(error, code) {
    if (error instanceof KernelError) return error;
    return new KernelError(error instanceof Error ? error.message : String(error), code);
  }
}

/**
 * @typedef {object} Channel
 * @property {(message: any, transfer?: Transferable[]) => void} post
 * @property {(receive: (message: any) => void) => void} listen
 */

/** @typedef {(params: any) => any} Method */

/** A result whose buffers are handed over instead of copied. */
export class Handover {
  /**
   * @param {any} value
   * @param {Transferable[]} transfer
   */
  constructor(value, transfer) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** One end of a channel. */
export class Peer {
  #channel;
  #nextId = 1;
  #closed = /** @type {KernelError | null} */ (null);
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: KernelError) => void}>} */
  #pending = new Map();
  /** @type {Map<string, Method>} */
  #methods = new Map();
  /** @type {Set<() => void>} */
  #onClose = new Set();

  /** @param {Channel} channel */
  constructor(channel) {
    this.#channel = channel;
    channel.listen((message) => this.#receive(message));
  }

  /**
   * Answers calls and notifications of the other side.
   * @param {Record<string, Method>} methods
   */
  serve(methods) {
    for (const [name, method] of Object.entries(methods)) this.#methods.set(name, method);
  }

  /**
   * Calls the other side.
   * @param {string} method
   * @param {object} [params]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>} rejects with a KernelError
   */
  call(method, params = {}, transfer = []) {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#channel.post({ id, method, params }, transfer);
    });
  }

  /**
   * Tells the other side something that has no answer. Nothing is sent on a closed channel.
   * @param {string} method
   * @param {object} params
   * @param {Transferable[]} [transfer]
   */
  notify(method, params, transfer = []) {
    if (!this.#closed) this.#channel.post({ method, params }, transfer);
  }

  /**
   * Ends every open call with `error`.
   * @param {KernelError} error
   */
  close(error) {
    if (this.#closed) return;
    this.#closed = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    for (const listener of this.#onClose) listener();
  }

  /** @param {() => void} listener called once when the channel has closed */
  onClose(listener) {
    this.#onClose.add(listener);
  }

  /** @param {any} message */
  #receive(message) {
    if (typeof message.method === "string") {
      void this.#answer(message);
      return;
    }
    const call = this.#pending.get(message.id);
    if (!call) return;
    this.#pending.delete(message.id);
    if (message.error) call.reject(new KernelError(message.error.message, message.error.code));
    else call.resolve(message.result);
  }

  /** @param {{id?: number, method: string, params: any}} message */
  async #answer({ id, method, params }) {
    try {
      const run = this.#methods.get(method);
      if (!run) throw new KernelError(`There is no method ${JSON.stringify(method)}.`, "RPC_METHOD_UNKNOWN");
      const answer = run(params);
      const result = answer instanceof Promise ? await answer : answer;
      if (id === undefined || this.#closed) return;
      if (result instanceof Handover) this.#channel.post({ id, result: result.value }, result.transfer);
      else this.#channel.post({ id, result });
    } catch (error) {
      const { message, code } = KernelError.from(error, "RPC_METHOD_FAILED");
      if (id === undefined) console.error(`${method}: ${message}`);
      else if (!this.#closed) this.#channel.post({ id, error: { code, message } });
    }
  }
}

/**
 * The channel over a worker or message port.
 * @param {{postMessage(message: any, transfer: Transferable[]): void, onmessage: ((event: any) => any) | null}} port
 * @returns {Channel}
 */
export function portChannel(port) {
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    listen: (receive) => {
      port.onmessage = (event) => receive(event.data);
    },
  };
}
