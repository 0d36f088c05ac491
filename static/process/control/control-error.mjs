/** An operation of the host's that was refused; nothing has changed. */
export class ControlError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
