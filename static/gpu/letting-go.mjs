/** The end of devices, which must not come before that of their work. */

/** Devices that are still at work: who lets one be collected destroys it. @type {Set<GPUDevice>} */
const atWork = new Set();

/**
 * Destroys a device when the work that it was given has ended, which may be at once, or never.
 *
 * To destroy it earlier makes Chromium's GPU process wait for that work, with everything that any page asks of it: after a kernel
 * that never ends nobody would get a device, and no page be drawn. Left alone, such a kernel takes what it runs on, and others work.
 * @param {GPUDevice} device
 * @param {Iterable<Promise<unknown>>} [compilations] that are under way
 */
export function destroyWhenIdle(device, compilations = []) {
  if (atWork.has(device)) return;
  atWork.add(device);
  void Promise.allSettled([device.queue.onSubmittedWorkDone(), ...compilations]).then(() => {
    atWork.delete(device);
    device.destroy();
  });
}

/** Whether a GPU may be busy with what was given up. */
export function isAnyAtWork() {
  return atWork.size > 0;
}
