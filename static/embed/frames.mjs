/** @typedef {import("./views.mjs").Frame} Frame */
/** @typedef {import("./views.mjs").Views} Views */

/**
 * The pictures of a process one after another, the newest each time.
 * @param {Views} views
 * @param {string} id
 * @returns {AsyncGenerator<Frame, void, void>}
 */
export async function* framesOf(views, id) {
  /** @type {Frame | null} */
  let next = null;
  let over = false;
  let taken = () => {};
  let arrived = () => {};
  const finish = () => {
    over = true;
    arrived();
  };
  const end = await views.watch(id, {
    frame: (frame) => {
      next = frame;
      arrived();
      return new Promise((resolve) => (taken = resolve));
    },
    ended: finish,
    released: finish,
  });
  try {
    for (;;) {
      if (next !== null) {
        const frame = next;
        next = null;
        taken();
        yield frame;
      } else if (over) {
        return;
      } else {
        await new Promise((resolve) => (arrived = () => resolve(undefined)));
      }
    }
  } finally {
    end();
    taken();
  }
}
