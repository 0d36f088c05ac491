/** The start of the kernel as a person sees it: stages, bytes, and what went wrong. */

import { KERNEL_LOST, diagnose } from "./boot-advice.mjs";
import { byId, element } from "./elements.mjs";
import { describeError, size, visible } from "./text.mjs";

/** @typedef {import("../aikernel.mjs").BootProgress} BootProgress */
/** @typedef {BootProgress["stage"]} Stage */

/** @type {{ stage: Stage, title: string }[]} */
const STEPS = [
  { stage: "worker", title: "Kernel worker" },
  { stage: "download", title: "Download Python" },
  { stage: "interpreter", title: "Start the interpreter" },
  { stage: "packages", title: "Load packages" },
  { stage: "kernel", title: "Start the kernel" },
];

export class BootView {
  #boot = byId("boot", HTMLElement);
  #error = byId("boot-error", HTMLElement);
  #steps = byId("boot-steps", HTMLElement);
  #progress = byId("boot-progress", HTMLProgressElement);
  #label = byId("boot-progress-label", HTMLElement);
  #bytes = byId("boot-bytes", HTMLElement);
  #announcements = byId("announcements", HTMLElement);
  #retry = byId("boot-retry", HTMLButtonElement);
  /** @type {HTMLLIElement[]} */
  #items;
  #reached = -1;
  #ready = false;

  /** @param {{ onRetry: () => void }} options */
  constructor({ onRetry }) {
    this.#items = STEPS.map(({ title }) => element("li", {}, title));
    this.#steps.append(...this.#items);
    this.#retry.addEventListener("click", onRetry);
  }

  /** Shows a start from its beginning. */
  begin() {
    this.#reached = -1;
    this.#ready = false;
    this.#error.hidden = true;
    this.#boot.hidden = false;
    this.#bytes.textContent = "";
    this.#reach(0);
  }

  /** @param {BootProgress} progress */
  update({ stage, loaded, total, message }) {
    if (stage === "ready") return;
    this.#reach(STEPS.findIndex((step) => step.stage === stage));
    this.#label.textContent = visible(message, 80);
    if (stage === "download" && total > 0) {
      this.#progress.value = Math.min(loaded / total, 1);
      this.#bytes.textContent = `${size(loaded)} of ${size(total)}`;
    } else if (stage !== "worker") {
      this.#progress.removeAttribute("value"); // no measure for the rest of the way
    }
  }

  /** The kernel is there. */
  done() {
    this.#ready = true;
    this.#boot.hidden = true;
    this.#announce("The kernel is ready.");
  }

  /** The kernel did not start, or has ended since. @param {unknown} error */
  fail(error) {
    const { code, message } = describeError(error);
    const { what, advice } = this.#ready ? KERNEL_LOST : diagnose(code);
    byId("boot-error-title", HTMLElement).textContent = this.#ready ? "The kernel has stopped" : "The kernel did not start";
    byId("boot-error-code", HTMLElement).textContent = code || "UNKNOWN";
    byId("boot-error-what", HTMLElement).replaceChildren(what, element("span", { class: "detail" }, visible(message, 600)));
    byId("boot-error-advice", HTMLElement).textContent = advice;
    this.#boot.hidden = true;
    this.#error.hidden = false;
    this.#retry.focus();
  }

  /** Stages may be skipped and may report late; the list only moves on. @param {number} index */
  #reach(index) {
    if (index <= this.#reached && index !== 0) return;
    this.#reached = index;
    for (const [at, item] of this.#items.entries()) {
      item.dataset["state"] = at < index ? "done" : at === index ? "now" : "later";
      if (at === index) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    if (index === 0) this.#progress.value = 0;
    const step = STEPS[index];
    if (step) this.#announce(`${step.title}, step ${index + 1} of ${STEPS.length}.`);
  }

  /** @param {string} text */
  #announce(text) {
    this.#announcements.textContent = text;
  }
}
