/** @typedef {import("../rpc.mjs").Peer} Peer */
/** @typedef {import("./device-output.mjs").Audio} Audio */
/** @typedef {import("./device-output.mjs").Frame} Frame */
/** @typedef {import("./wasm.mjs").ProcessHandle} ProcessHandle */
/** @typedef {{ frames: boolean, sound: boolean }} Wanted */

/** What one peer sees and hears of processes, by their ids. */
export class Views {
  #peer;
  /** @type {Map<string, View>} */
  #views = new Map();
  #closed = false;

  /** @param {Peer} peer */
  constructor(peer) {
    this.#peer = peer;
  }

  /**
   * Shows the other side what a process shows, from the picture that is there on, and what it plays from now on; again for
   * another choice.
   * @param {string} id
   * @param {ProcessHandle} handle
   * @param {Wanted} wanted
   */
  show(id, handle, wanted) {
    if (this.#closed) return;
    const known = this.#views.get(id);
    if (known) return known.want(wanted);
    const view = new View(this.#peer, id, handle);
    this.#views.set(id, view);
    view.want(wanted);
    void handle.wait().then(() => view.afterFrames(() => this.#tell(id, view, "process.ended")));
    void handle.released().then(() => {
      this.#tell(id, view, "process.released");
      if (this.#views.get(id) === view) this.hide(id);
    });
  }

  /** @param {string} id */
  hide(id) {
    this.#views.get(id)?.close();
    this.#views.delete(id);
  }

  /** The other side can take another frame. @param {string} id */
  frameTaken(id) {
    this.#views.get(id)?.frameTaken();
  }

  /** The other side has heard the oldest sound. @param {string} id */
  soundTaken(id) {
    this.#views.get(id)?.soundTaken();
  }

  close() {
    this.#closed = true;
    for (const id of [...this.#views.keys()]) this.hide(id);
  }

  /** @param {string} id @param {View} view @param {string} what */
  #tell(id, view, what) {
    if (this.#views.get(id) === view) this.#peer.notify(what, { id });
  }
}

/** One process, as one peer sees it: one frame at most is on its way there, and the newest goes next. */
class View {
  #peer;
  #id;
  #handle;
  #endFrames = () => {};
  #endSound = () => {};
  #listening = false;
  #onItsWay = false;
  /** @type {Frame | null} */
  #next = null;
  /** @type {(() => void) | null} */
  #afterFrames = null;
  /** For sound on its way. @type {(() => void)[]} */
  #unheard = [];

  /** @param {Peer} peer @param {string} id @param {ProcessHandle} handle */
  constructor(peer, id, handle) {
    this.#peer = peer;
    this.#id = id;
    this.#handle = handle;
  }

  /** @param {Wanted} wanted */
  want({ frames, sound }) {
    this.#endFrames();
    this.#next = null;
    this.#endFrames = frames ? this.#handle.view((frame) => this.#frame(frame)) : () => {};
    if (sound === this.#listening) return;
    this.#listening = sound;
    this.#endSound();
    this.#endSound = sound ? this.#handle.listen((played) => this.#sound(played)) : () => {};
    if (!sound) this.#release();
  }

  frameTaken() {
    this.#onItsWay = false;
    if (this.#next !== null) this.#frame(this.#next);
    this.#afterFrames?.();
    this.#afterFrames = null;
  }

  /** Does something when every frame was sent. @param {() => void} task */
  afterFrames(task) {
    if (this.#next === null) task();
    else this.#afterFrames = task;
  }

  soundTaken() {
    this.#unheard.shift()?.();
  }

  close() {
    this.want({ frames: false, sound: false });
  }

  /** @param {Frame} frame */
  #frame(frame) {
    this.#next = this.#onItsWay ? frame : null;
    if (this.#onItsWay) return;
    this.#onItsWay = true;
    // Copied: the kernel keeps the last frame for whoever asks for it.
    const bytes = frame.bytes.slice();
    this.#peer.notify("frame", { id: this.#id, ...frame, bytes }, [bytes.buffer]);
  }

  /** @param {Audio} played @returns {Promise<void>} */
  #sound(played) {
    const bytes = played.bytes.slice();
    this.#peer.notify("sound", { id: this.#id, ...played, bytes }, [bytes.buffer]);
    return new Promise((resolve) => this.#unheard.push(resolve));
  }

  /** Nobody hears what is on its way: the program need not wait for it. */
  #release() {
    for (const resolve of this.#unheard) resolve();
    this.#unheard = [];
  }
}
