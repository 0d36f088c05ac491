import { INPUT_ACTIONS, INPUT_MODIFIERS, INPUT_RECORD_BYTES, INPUT_TYPES } from "../process/devices/input-format.mjs";

/**
 * What goes into a record of /dev/input/events; the process adds the time.
 * @typedef {{ type: keyof typeof INPUT_TYPES, action: keyof typeof INPUT_ACTIONS, code?: number, modifiers?: number,
 *   device?: number, x?: number, y?: number, value?: number }} InputEventFields
 */

/** @param {InputEventFields[]} events @returns {Uint8Array<ArrayBuffer>} */
export function recordsOf(events) {
  const bytes = new Uint8Array(events.length * INPUT_RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { type, action, code = 0, modifiers = 0, device = 0, x = 0, y = 0, value = 0 }] of events.entries()) {
    const at = index * INPUT_RECORD_BYTES;
    view.setUint16(at + 8, INPUT_TYPES[type], true);
    view.setUint16(at + 10, INPUT_ACTIONS[action], true);
    view.setUint16(at + 12, code, true);
    view.setUint16(at + 14, modifiers, true);
    view.setUint32(at + 16, device, true);
    view.setInt32(at + 20, x, true);
    view.setInt32(at + 24, y, true);
    view.setInt32(at + 28, value, true);
  }
  return bytes;
}

/** @param {{ shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean }} event */
export function modifiersOf({ shiftKey, ctrlKey, altKey, metaKey }) {
  const { shift, control, alt, meta } = INPUT_MODIFIERS;
  return (shiftKey ? shift : 0) | (ctrlKey ? control : 0) | (altKey ? alt : 0) | (metaKey ? meta : 0);
}

/** Records on their way to a program: those of one moment travel together. */
export class InputQueue {
  #send;
  /** @type {InputEventFields[]} */
  #events = [];

  /** @param {(bytes: Uint8Array<ArrayBuffer>) => unknown} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {InputEventFields} event */
  add(event) {
    if (this.#events.push(event) === 1) queueMicrotask(() => this.#flush());
  }

  #flush() {
    const events = this.#events;
    this.#events = [];
    this.#send(recordsOf(events));
  }
}
