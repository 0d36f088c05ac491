/** The tickets that somebody may still ask for. */

import { lostError, refused, scopedError } from "./errors.mjs";
import { errorOf } from "./scopes.mjs";
import { Ticket } from "./ticket.mjs";

/** @typedef {import("../rpc.mjs").KernelError} KernelError */

/** Lists that failed and that nobody has asked for yet. */
const KEEP_FAILED = 1024;

let lastNumber = 0;

/** The tickets of one device: their numbers are above those of all devices before. */
export class Tickets {
  #firstNumber = lastNumber + 1;
  /** Those that have results, have failed, or are not settled yet. @type {Map<number, Ticket>} */
  #open = new Map();
  #failed = 0;

  /** Returns the next one; whether it is used is for `keep` to say. */
  next() {
    lastNumber += 1;
    return new Ticket(lastNumber);
  }

  /**
   * Takes the ticket of a list that was submitted.
   * @param {Ticket} ticket
   * @param {Promise<import("./scopes.mjs").Caught>} caught
   */
  keep(ticket, caught) {
    this.#open.set(ticket.number, ticket);
    ticket.settled = caught.then((errors) => {
      ticket.settle(errorOf(errors, "A command list was not run"));
      if (ticket.error !== null) this.#boundFailed(ticket);
      else if (ticket.staged.size === 0) this.#open.delete(ticket.number);
    });
  }

  /**
   * @param {number} number
   * @returns {Ticket | undefined} undefined where the device has taken the list, and there is nothing to be had of it
   * @throws {KernelError} WEBGPU_DEVICE_LOST where it is of a device before, WEBGPU_VALIDATION
   */
  find(number) {
    if (!(number >= this.#firstNumber)) throw lostError("another was opened since", "");
    if (!(number <= lastNumber)) throw refused(`There is no ticket ${number}.`);
    return this.#open.get(number);
  }

  /** @param {number} number @returns {Ticket | undefined} which is forgotten from now on */
  remove(number) {
    const ticket = this.#open.get(number);
    this.#open.delete(number);
    return ticket;
  }

  /**
   * Takes an error for which there was no scope: it may be of any list that is under way.
   * @param {GPUUncapturedErrorEvent} event
   */
  suspect(event) {
    const error = scopedError(event.error, "A command list may not have been run");
    for (const ticket of this.#open.values()) {
      if (!ticket.isSettled) ticket.suspicion ??= error;
      event.preventDefault(); // the browser reports what nobody is told of
    }
  }

  clear() {
    this.#open.clear();
  }

  /** @param {Ticket} latest */
  #boundFailed(latest) {
    this.#failed += 1;
    if (this.#failed <= KEEP_FAILED) return;
    this.#failed = 0;
    for (const [number, { error, staged }] of this.#open) {
      if (error !== null && staged.size === 0 && number < latest.number) this.#open.delete(number);
    }
  }
}

