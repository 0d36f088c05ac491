/** Standard input that a program may have unread before its writers are held back; the last write comes on top. */
const WINDOW_BYTES = 4 << 20;

/** Counts what is on its way to a program and not read yet, so that much input needs little memory. */
export class InputGate {
  #unread = 0;
  #closed = false;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {number} bytes that were sent
   * @returns {Promise<void>} settled when the program has read enough for more to be sent, or has ended
   */
  sent(bytes) {
    this.#unread += bytes;
    if (this.#closed || this.#unread <= WINDOW_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param {number} bytes that the program has read */
  taken(bytes) {
    this.#unread = Math.max(0, this.#unread - bytes);
    if (this.#unread <= WINDOW_BYTES) this.#letIn();
  }

  /** Nothing will be read any more. */
  close() {
    this.#closed = true;
    this.#letIn();
  }

  #letIn() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
