import { CanvasInput } from "./canvas-input.mjs";
import { CanvasView } from "./canvas-view.mjs";

/** @typedef {import("../embed/views.mjs").Views} Views */

/**
 * Shows a process in a canvas, and gives the process what its user does there.
 * @param {Views} views
 * @param {string} id of the process
 * @param {HTMLCanvasElement} canvas
 * @param {{ input: boolean, send: (bytes: Uint8Array) => Promise<void> }} options
 * @returns {Promise<() => void>} ends it
 */
export async function attachDisplay(views, id, canvas, { input, send }) {
  const view = new CanvasView(canvas);
  if (input && canvas.tabIndex < 0) canvas.tabIndex = 0;
  const typing = input ? new CanvasInput(canvas, (bytes) => void send(bytes).catch(() => typing?.close())) : null;
  const close = () => {
    view.stop();
    typing?.close();
  };
  try {
    const end = await views.watch(id, { frame: (frame) => view.show(frame), released: close });
    return () => {
      end();
      close();
    };
  } catch (error) {
    close();
    throw error;
  }
}
