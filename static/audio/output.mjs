const WORKLET = new URL("audio-worklet.mjs", import.meta.url);
const GESTURES = ["pointerdown", "keydown", "touchend"];
/** Silence after which the audio thread may rest. */
const IDLE_MILLISECONDS = 5_000;
/** A context that does not run by then is held back by the browser. */
const START_MILLISECONDS = 1_000;

/**
 * The page's loudspeaker, with its volume: made when there is something to play and the browser allows it, which is after the
 * first gesture of the page's user (HTML, "sticky activation"); at rest while nothing is played.
 */
export class AudioOutput {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Promise<GainNode> | null} */
  #starting = null;
  /** @type {GainNode | null} */
  #gain = null;
  #volume = 1;
  #muted = false;
  #started = false;
  #resting = false;
  #closed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** Called when sound that waits will not be played now. @type {Set<() => void>} */
  #onLost = new Set();
  /** @type {Set<() => void>} */
  #onActive = new Set();
  #onGesture = () => this.#gesture();

  constructor() {
    for (const type of GESTURES) document.addEventListener(type, this.#onGesture, { capture: true, passive: true });
  }

  /** Frames a second; null before anything was played. */
  get rate() {
    return this.#context?.sampleRate ?? null;
  }

  /** Whether what is played now would be heard, mute or not. */
  get audible() {
    if (this.#closed) return false;
    if (this.#context === null) return navigator.userActivation?.hasBeenActive ?? true;
    return !this.#started || this.#resting || this.#context.state === "running";
  }

  /** From 0 to 1. */
  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#setGain();
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#setGain();
  }

  /**
   * Where players connect to; null while the browser lets nothing be heard.
   * @returns {Promise<GainNode | null>}
   */
  async open() {
    if (!this.audible) return null;
    this.#starting ??= this.#start();
    const gain = await this.#starting;
    return this.audible ? gain : null;
  }

  /** Sound is being played: the audio thread must not rest. */
  wake() {
    if (this.#timer === undefined) for (const active of this.#onActive) active();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), IDLE_MILLISECONDS);
    if (this.#resting && !this.#closed) void this.#context?.resume();
  }

  /** @param {() => void} listener called when what waits will not be heard now @returns {() => void} ends it */
  onLost(listener) {
    this.#onLost.add(listener);
    return () => this.#onLost.delete(listener);
  }

  /** @param {() => void} listener called when sound begins after silence */
  onActive(listener) {
    this.#onActive.add(listener);
  }

  /** Ends the sound for good. @returns {Promise<void>} */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const type of GESTURES) document.removeEventListener(type, this.#onGesture, { capture: true });
    for (const lost of this.#onLost) lost();
    await this.#starting;
    await this.#context?.close();
  }

  /** @returns {Promise<GainNode>} */
  async #start() {
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#context = context;
    context.addEventListener("statechange", () => {
      if (context.state === "running") this.#resting = false;
      if (!this.audible) for (const lost of this.#onLost) lost();
    });
    await context.audioWorklet.addModule(WORKLET);
    const gain = context.createGain();
    gain.connect(context.destination);
    this.#gain = gain;
    this.#setGain();
    // It begins suspended, and stays so where the browser does not allow it.
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, START_MILLISECONDS))]);
    this.#started = true;
    if (!this.audible) for (const lost of this.#onLost) lost();
    return gain;
  }

  #setGain() {
    if (this.#gain !== null) this.#gain.gain.value = this.#muted ? 0 : this.#volume;
  }

  #rest() {
    this.#timer = undefined;
    if (this.#context?.state !== "running") return;
    this.#resting = true;
    void this.#context.suspend();
  }

  /** What the browser has held back may begin. */
  #gesture() {
    if (this.#context?.state === "suspended" && !this.#resting) void this.#context.resume();
  }
}
