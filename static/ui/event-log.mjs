/** The event log: the last events of the kernel's bus, filtered by name, held still on request. */

import { byId, element } from "./elements.mjs";
import { clock, shortId, visible } from "./text.mjs";

/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {Parameters<Parameters<Kernel["events"]["on"]>[1]>[0]} KernelEvent */
/** @typedef {{ item: HTMLLIElement, name: string }} Entry */

const KEPT = 500;
const FIELDS_SHOWN = 8;
const VALUE_SHOWN = 160;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

export class EventLog {
  #list = byId("events", HTMLOListElement);
  #scroll = byId("event-scroll", HTMLElement);
  #count = byId("event-count", HTMLElement);
  #empty = byId("events-empty", HTMLElement);
  #filter = byId("event-filter", HTMLInputElement);
  #pause = byId("event-pause", HTMLButtonElement);
  /** @type {Entry[]} */
  #entries = [];
  /** Events not yet on the page, the last {@link KEPT} of them. @type {KernelEvent[]} */
  #arrived = [];
  #held = 0;
  #frame = 0;
  #paused = false;

  constructor() {
    this.#filter.addEventListener("input", () => this.#applyFilter());
    this.#pause.addEventListener("click", () => this.#setPaused(!this.#paused));
    byId("event-clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
  }

  /** @param {Kernel} kernel */
  follow(kernel) {
    kernel.events.on("*", (event) => this.#add(event));
  }

  /** @param {KernelEvent} event */
  #add(event) {
    this.#arrived.push(event);
    if (this.#arrived.length > KEPT) this.#arrived.shift();
    if (this.#paused) {
      this.#held += 1;
      this.#pause.textContent = `Resume (${this.#held})`;
    } else if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => this.#show());
    }
  }

  #show() {
    this.#frame = 0;
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const following = scrollHeight - scrollTop - clientHeight < 24;
    const added = this.#arrived.map((event) => this.#entry(event));
    this.#arrived = [];
    this.#list.append(...added.map(({ item }) => item));
    this.#entries.push(...added);
    for (const { item } of this.#entries.splice(0, this.#entries.length - KEPT)) item.remove();
    this.#summarize();
    if (following) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  /** @param {KernelEvent} event @returns {Entry} */
  #entry({ sequence, name, payload, time }) {
    const shown = visible(name, 80);
    const item = element(
      "li",
      { "data-tone": tone(name) },
      element("time", { title: `Event ${sequence}` }, clock(new Date(time), { milliseconds: true })),
      element("span", { class: "event-name" }, element("bdi", {}, shown)),
      element("span", { class: "event-payload" }, ...summarize(payload)),
    );
    item.hidden = !this.#passes(name);
    return { item, name };
  }

  /** @param {string} name */
  #passes(name) {
    return name.toLowerCase().includes(this.#filter.value.trim().toLowerCase());
  }

  #applyFilter() {
    for (const { item, name } of this.#entries) item.hidden = !this.#passes(name);
    this.#summarize();
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#paused = paused;
    this.#held = 0;
    this.#pause.textContent = paused ? "Resume" : "Pause";
    this.#pause.setAttribute("aria-pressed", String(paused));
    if (!paused) this.#show();
  }

  #clear() {
    this.#entries = [];
    this.#arrived = [];
    this.#list.replaceChildren();
    this.#summarize();
  }

  #summarize() {
    const total = this.#entries.length;
    const passing = this.#entries.filter(({ item }) => !item.hidden).length;
    this.#count.textContent = total === 0 ? "" : passing === total ? String(total) : `${passing} of ${total}`;
    this.#empty.hidden = passing > 0;
    this.#empty.textContent = total > 0 ? "No event of that name." : "No events yet.";
  }
}

/** @param {string} name */
function tone(name) {
  if (/crash|fail|error/iu.test(name)) return "alarm";
  return /start/iu.test(name) ? "begin" : "plain";
}

/**
 * A payload in a line: key and value for the fields of a record, ids shortened, empty fields left out.
 *
 * @param {unknown} payload
 * @returns {Node[]}
 */
function summarize(payload) {
  if (typeof payload !== "object" || payload === null) return [new Text(visible(String(payload ?? ""), VALUE_SHOWN))];
  return Object.entries(payload)
    .filter(([, value]) => value !== "" && value !== null)
    .slice(0, FIELDS_SHOWN)
    .map(([key, value]) =>
      element("span", {}, `${visible(key, 40)} `, element("b", {}, element("bdi", {}, visible(brief(value), VALUE_SHOWN)))),
    );
}

/** @param {unknown} value */
function brief(value) {
  if (typeof value === "string") return GUID.test(value) ? shortId(value) : value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value); // cyclic
  }
}
