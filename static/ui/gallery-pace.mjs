/** How fine a picture can be, so that it is there in time: coarse while it moves, finer when it rests. */

/** Milliseconds that a picture may take while it moves. */
const MOVING = 45;
/** And at rest: after so many milliseconds without a move it may take so many. */
const RESTING = /** @type {const} */ ([[140, 700], [1500, 4000]]);
/** The coarsest picture: its pixels cover so many of the screen's, each way. */
const COARSEST = 12;
/** The first one, which has much to load, and the second, whose time is the first that says anything. */
const FIRST = 4;
const SECOND = 2;

export class Pace {
  /** Milliseconds a unit of work, as measured last; 0 before that. */
  #cost = 0;
  #pictures = 0;
  #moved = -Infinity;
  /** The grain of the picture that is shown; 0 for one that is out of date. */
  #shown = 0;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];
  #wake;

  /** @param {() => void} wake called when the picture has come to rest */
  constructor(wake) {
    this.#wake = wake;
  }

  /** What is shown is out of date. */
  move() {
    this.#moved = performance.now();
    this.#shown = 0;
    this.stop();
    this.#timers = RESTING.map(([after]) => setTimeout(this.#wake, after + 1));
  }

  /**
   * How many of the screen's pixels one of the picture's is to cover, each way.
   * @param {number} work of a picture with the screen's own pixels
   * @returns {number | null} null where what is shown is as fine as it gets
   */
  grain(work) {
    const still = performance.now() - this.#moved;
    const time = RESTING.findLast(([after]) => still >= after)?.[1] ?? MOVING;
    const measured = grainWithin(time, work * this.#cost);
    const grain = this.#pictures === 0 ? FIRST : this.#pictures === 1 ? SECOND : measured;
    if (this.#shown !== 0 && grain >= this.#shown) return null;
    return grain;
  }

  /** @param {number} grain of the picture that is shown now @param {number} work it took @param {number} milliseconds */
  shown(grain, work, milliseconds) {
    this.#pictures += 1;
    if (this.#pictures > 1) this.#cost = milliseconds / work;
    // What has moved meanwhile is out of date already.
    if (performance.now() - this.#moved >= milliseconds) this.#shown = grain;
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** @param {number} limit @param {number} whole milliseconds, both */
function grainWithin(limit, whole) {
  return Math.min(Math.max(Math.ceil(Math.sqrt(whole / limit)), 1), COARSEST);
}
