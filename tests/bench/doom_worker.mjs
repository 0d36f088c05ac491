/** DOOM in bare JavaScript: the loop of tests/bench/doom.py, without a kernel. Told a number of steps, it answers with milliseconds. */

const FRAME_BYTES = 640 * 400 * 4;
/** Of the memory that the module imports. */
const PAGES = 102;
const STEP_MILLISECONDS = 28;
const LOOKED_AT = 4099;

let milliseconds = 0;
let steps = 0;
let checksum = 0;
const frame = new Uint8Array(FRAME_BYTES);

/** @param {WebAssembly.Module} module @param {Record<number, [number, number]>} keys */
function play(module, keys) {
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory },
    js: {
      js_milliseconds_since_start: () => (milliseconds += 1),
      js_draw_screen: draw,
      js_stdout: () => {},
      js_stderr: () => {},
      js_console_log: () => {},
    },
  });
  const { main, doom_loop_step: step, add_browser_event: key } = exports;

  function draw(pointer) {
    frame.set(new Uint8Array(memory.buffer, pointer, FRAME_BYTES));
    checksum += frame[(steps * LOOKED_AT) % FRAME_BYTES];
  }

  main(0, 0);
  return (count) => {
    const start = performance.now();
    for (let left = count; left > 0; left--) {
      const pressed = keys[steps];
      if (pressed !== undefined) key(...pressed);
      steps += 1;
      milliseconds += STEP_MILLISECONDS;
      step();
    }
    return performance.now() - start;
  };
}

/** @type {((count: number) => number) | null} */
let go = null;

globalThis.onmessage = async ({ data }) => {
  try {
    if (typeof data !== "number") go = play(await WebAssembly.compile(data.module), data.keys);
    globalThis.postMessage({ milliseconds: typeof data === "number" ? go(data) : 0, checksum });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
