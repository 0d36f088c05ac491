/** The console page: starts the kernel and puts the panes together. */

import { boot } from "../aikernel.mjs";
import { AudioOutput } from "../audio/output.mjs";
import { BootView } from "./boot-view.mjs";
import { DisplayPane } from "./display.mjs";
import { byId } from "./elements.mjs";
import { EventLog } from "./event-log.mjs";
import { acceptFiles } from "./file-drop.mjs";
import { GalleryButton } from "./gallery-button.mjs";
import { History, browserStorage } from "./history.mjs";
import { showKernelState, showVersions } from "./page-header.mjs";
import { bindPaneKeys } from "./pane-keys.mjs";
import { ProcessTable } from "./process-table.mjs";
import { ProgramList } from "./program-list.mjs";
import { ShellSession } from "./shell-session.mjs";
import { SoundControl } from "./sound-control.mjs";
import { Spotlight } from "./spotlight.mjs";
import { TerminalView } from "./terminal-view.mjs";

/** @typedef {import("../aikernel.mjs").BootProgress} BootProgress */
/** @typedef {import("../aikernel.mjs").Kernel} Kernel */

/**
 * What the page offers to the developer console and to test hosts, as `globalThis.aikernel`: the kernel of the latest
 * start, and how far that start has come.
 *
 * @typedef {{ kernel: Promise<Kernel>, progress: BootProgress }} PageKernel
 */

/** @type {BootProgress} */
const NOT_STARTED = { stage: "worker", loaded: 0, total: 0, message: "" };

const view = new TerminalView(byId("terminal", HTMLElement));
const events = new EventLog();
const output = new AudioOutput();
const sound = new SoundControl(output);
const display = new DisplayPane({
  onVisible: (visible) => sound.place(visible),
  onLeave: () => view.focus(),
});
const spotlight = new Spotlight(display, output, (id) => processes.setShown(id));
const processes = new ProcessTable((process) => spotlight.toggle(process));
const session = new ShellSession(view, new History(browserStorage()), {
  onRunningChange(running) {
    programs.setRunning(running);
    if (!running) void Promise.all([programs.refresh(), processes.refresh()]); // the command may have changed both
  },
  onRawChange: showTerminalKeys,
  onForeground: (process) => spotlight.foreground(process),
  onKernelLost: fail,
});
const programs = new ProgramList(session);
const gallery = new GalleryButton(() => view.focus());
const bootView = new BootView({ onRetry: () => void start() });

/** @returns {Promise<void>} */
async function start() {
  showKernelState("booting");
  bootView.begin();
  const kernel = boot({
    onProgress(progress) {
      page.progress = progress;
      bootView.update(progress);
    },
  });
  page.kernel = kernel;
  try {
    await connect(await kernel);
    bootView.done();
    showKernelState("ready");
    if (document.activeElement === document.body) view.focus(); // unless somebody is busy elsewhere on the page
  } catch (error) {
    fail(error);
  }
}

/** @param {unknown} error */
function fail(error) {
  showKernelState("failed");
  bootView.fail(error);
}

/** @param {Kernel} kernel */
async function connect(kernel) {
  events.follow(kernel);
  programs.follow(kernel);
  processes.follow(kernel);
  spotlight.follow(kernel);
  gallery.follow(kernel);
  await kernel.speaker.attach(output);
  await session.notice("Python in WebAssembly is up. Type aik help, or drop a .wasm file on the page.");
  await session.start(kernel);
}

/** @type {PageKernel} */
const page = { kernel: new Promise(() => {}), progress: NOT_STARTED };
Object.assign(globalThis, { aikernel: page });

acceptFiles((files) => void programs.add(files));
bindPaneKeys({
  "terminal-pane": () => view.focus(),
  "display-pane": () => display.focus(),
  "gallery-pane": () => void gallery.focus(),
});
bindScreenReaderMode();
void showVersions();
void start();

/** Names the keys that mean something outside the program. @param {boolean} raw */
function showTerminalKeys(raw) {
  byId("terminal-keys", HTMLElement).hidden = raw;
  byId("terminal-raw-keys", HTMLElement).hidden = !raw;
}

function bindScreenReaderMode() {
  const button = byId("screen-reader-mode", HTMLButtonElement);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    view.setScreenReaderMode(on);
    view.focus();
  });
}
