/** The programs that can be run, and how new ones join them. */

import { byId, element } from "./elements.mjs";
import { RefusedFile, quoted, readProgram } from "./program-file.mjs";
import { describeError, size, visible } from "./text.mjs";

/** @typedef {import("../aikernel.mjs").Kernel} Kernel */
/** @typedef {Awaited<ReturnType<Kernel["programs"]["list"]>>[number]} ProgramInfo */
/** @typedef {import("./shell-session.mjs").ShellSession} ShellSession */

export class ProgramList {
  /** @type {Kernel | null} */
  #kernel = null;
  #session;
  #list = byId("programs", HTMLUListElement);
  #count = byId("program-count", HTMLElement);
  #empty = byId("programs-empty", HTMLElement);
  #status = byId("programs-status", HTMLElement);
  #running = true;

  /** @param {ShellSession} session where programs are run and what is added is told */
  constructor(session) {
    this.#session = session;
  }

  /** @param {Kernel} kernel */
  follow(kernel) {
    this.#kernel = kernel;
    this.#status.textContent = "";
    byId("choose-programs", HTMLButtonElement).disabled = false;
    void this.refresh();
  }

  async refresh() {
    if (!this.#kernel) return;
    try {
      const programs = await this.#kernel.programs.list();
      this.#list.replaceChildren(...programs.map((program) => this.#line(program)));
      this.#count.textContent = programs.length === 0 ? "" : String(programs.length);
      this.#empty.hidden = programs.length > 0;
    } catch (error) {
      this.#status.textContent = `The list is out of date: ${describeError(error).message}`;
    }
  }

  /** @param {boolean} running whether a command has the terminal, so that no other can be started in it */
  setRunning(running) {
    this.#running = running;
    for (const button of this.#list.querySelectorAll("button")) button.disabled = running;
  }

  /** @param {File[]} files */
  async add(files) {
    if (!this.#kernel) {
      this.#status.textContent = "The kernel is still starting. Drop again when it is ready.";
      return;
    }
    const { programs } = this.#kernel;
    for (const file of files) await this.#addFile(programs, file);
    await this.refresh();
  }

  /** @param {Kernel["programs"]} programs @param {File} file */
  async #addFile(programs, file) {
    try {
      const { name, bytes } = await readProgram(file);
      const known = (await programs.list()).some((program) => program.name === name);
      const length = size(bytes.length);
      await programs.add(name, bytes);
      const added = `${known ? "Replaced" : "Added"} ${visible(name, 80)} (${length}).`;
      this.#status.textContent = added;
      await this.#session.notice(`${added} Run it with: aik run ${visible(quoted(name), 120)}`);
    } catch (error) {
      const reason = error instanceof RefusedFile ? error.message : describeError(error).message;
      const refusal = `${visible(file.name, 80)} was not added: ${reason}`;
      this.#status.textContent = refusal;
      await this.#session.notice(refusal, "alarm");
    }
  }

  /** @param {ProgramInfo} program */
  #line({ name, bytes, source, summary }) {
    const label = visible(name, 80);
    const run = element("button", { type: "button", class: "small", "aria-label": `Run ${label}` }, "Run");
    run.disabled = this.#running;
    run.addEventListener("click", () => this.#session.submit(`aik run ${quoted(name)}`));
    return element(
      "li",
      {},
      element("span", { class: "program-name", title: label }, element("bdi", {}, label)),
      element("span", { class: "program-summary" }, source === "user" ? "added here" : visible(summary, 120)),
      element("span", { class: "figures" }, size(bytes)),
      run,
    );
  }
}
