/** The process table: what runs, what ran, how it ended. */

import { byId, element } from "./elements.mjs";
import { clock, describeError, shortId, visible } from "./text.mjs";

/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {Awaited<ReturnType<Kernel["processes"]["list"]>>[number]} ProcessInfo */
/** @typedef {{ row: HTMLTableRowElement, state: HTMLElement, started: HTMLElement, exit: HTMLElement, kill: HTMLButtonElement, show: HTMLButtonElement }} Line */

const ENDED_SHOWN = 200;
/** Processes may start and end by the hundred per second; people read a few updates per second. */
const REFRESH_MS = 120;

export class ProcessTable {
  /** @type {Kernel | null} */
  #kernel = null;
  #body = byId("processes", HTMLTableSectionElement);
  #count = byId("process-count", HTMLElement);
  #empty = byId("processes-empty", HTMLElement);
  #status = byId("processes-status", HTMLElement);
  /** @type {Map<string, Line>} */
  #lines = new Map();
  /** The process that is seen and heard. */
  #shown = "";
  #onShow;
  #refreshing = false;
  #stale = false;

  /** @param {(process: { id: string, name: string }) => void} onShow called when somebody wants to see and hear one, or no longer */
  constructor(onShow) {
    this.#onShow = onShow;
  }

  /** @param {string} id of the process that is seen and heard now; empty for none */
  setShown(id) {
    this.#lines.get(this.#shown)?.show.setAttribute("aria-pressed", "false");
    this.#lines.get(id)?.show.setAttribute("aria-pressed", "true");
    this.#shown = id;
  }

  /** @param {Kernel} kernel */
  follow(kernel) {
    this.#kernel = kernel;
    kernel.events.on("Process*", () => void this.refresh());
    void this.refresh();
  }

  /** Shows the kernel's table of now. Calls while one is under way are answered by one more. */
  async refresh() {
    this.#stale = true;
    if (this.#refreshing || !this.#kernel) return;
    this.#refreshing = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        this.#show(await this.#kernel.processes.list());
        await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
      }
    } catch (error) {
      this.#status.textContent = `The table is out of date: ${describeError(error).message}`;
    } finally {
      this.#refreshing = false;
    }
  }

  /** @param {ProcessInfo[]} processes */
  #show(processes) {
    const running = processes.filter(isAlive);
    const ended = processes.filter((process) => !isAlive(process)).slice(-ENDED_SHOWN);
    const shown = [...running, ...ended].sort((a, b) => startOf(b) - startOf(a));
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, { row }] of this.#lines) {
      if (ids.has(id)) continue;
      row.remove();
      this.#lines.delete(id);
    }
    for (const [index, process] of shown.entries()) this.#place(process, index);
    this.#count.textContent = processes.length === 0 ? "" : `${running.length} running of ${processes.length}`;
    this.#empty.hidden = processes.length > 0;
  }

  /** @param {ProcessInfo} process @param {number} index */
  #place(process, index) {
    const line = this.#lines.get(process.id) ?? this.#add(process);
    const alive = isAlive(process);
    line.row.dataset["state"] = process.state.toLowerCase();
    line.state.textContent = process.state;
    const started = process.startedAt === null ? null : new Date(process.startedAt);
    line.started.textContent = started ? clock(started) : "";
    if (started) line.started.title = started.toLocaleString();
    line.exit.textContent = process.exit ? `${process.exit.reason} ${process.exit.exitCode}` : "";
    line.exit.title = process.exit ? visible(process.exit.message, 400) : "";
    if (!alive && line.row.contains(document.activeElement)) this.#body.closest("section")?.focus();
    line.kill.hidden = line.show.hidden = !alive;
    if (this.#body.rows[index] !== line.row) this.#body.insertBefore(line.row, this.#body.rows[index] ?? null);
  }

  /** @param {ProcessInfo} process @returns {Line} */
  #add({ id, name }) {
    const label = visible(name, 80);
    const state = element("span", {});
    const started = element("td", { class: "figures" });
    const exit = element("span", {});
    const kill = element("button", { type: "button", class: "small danger", "aria-label": `Kill ${label}, ${shortId(id)}` }, "Kill");
    kill.addEventListener("click", () => void this.#kill(id, label, kill));
    const show = element(
      "button",
      { type: "button", class: "small quiet", "aria-label": `Show ${label}, ${shortId(id)}`, "aria-pressed": String(id === this.#shown) },
      "Show",
    );
    show.title = "See and hear this program";
    show.addEventListener("click", () => this.#onShow({ id, name }));
    const row = element(
      "tr",
      {},
      element("th", { scope: "row", title: label }, element("bdi", {}, label)),
      element("td", { class: "id", title: id }, shortId(id)),
      element("td", { class: "state" }, element("span", { class: "dot", "aria-hidden": "true" }), state),
      started,
      element("td", { class: "exit" }, exit, show, kill), // how it ended, or until then what can be done with it
    );
    const line = { row, state, started, exit, kill, show };
    this.#lines.set(id, line);
    return line;
  }

  /** @param {string} id @param {string} label @param {HTMLButtonElement} button */
  async #kill(id, label, button) {
    button.disabled = true;
    try {
      await this.#kernel?.processes.kill(id);
      this.#status.textContent = `Killed ${label}.`;
    } catch (error) {
      this.#status.textContent = `Could not kill ${label}: ${describeError(error).message}`;
    }
    button.disabled = false;
    await this.refresh();
  }
}

/** @param {ProcessInfo} process */
function isAlive({ state }) {
  return state === "Running" || state === "Starting";
}

/** @param {ProcessInfo} process */
function startOf({ startedAt }) {
  return startedAt === null ? Infinity : new Date(startedAt).getTime();
}
