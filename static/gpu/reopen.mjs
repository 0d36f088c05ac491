/** Opening a device after one was lost, when the GPU is not always there again, or not free. */

import { KernelError } from "../rpc.mjs";
import { openDevice } from "./device.mjs";
import { destroyWhenIdle, isAnyAtWork } from "./letting-go.mjs";

/** While a browser starts its GPU process anew it offers no adapter, or a device that is lost at once. */
const PATIENCE_MS = 3000;
const PAUSE_MS = 50;
/** What a free GPU needs some milliseconds for. */
const PROOF_MS = 5000;
/** A GPU in software spreads the groups over its threads: where one of them never comes back, those that wait for it do not. */
const PROOF_GROUPS = 256;
const PROOFS_BESIDE_OTHERS = 16;
/** After which a thread of such a GPU looks for no more work but its own. */
const ASLEEP_MS = 5;

const PROOF = `
@group(0) @binding(0) var<storage, read_write> proof: u32;
@compute @workgroup_size(1) fn prove() { proof = 1u; }`;

/**
 * Opens a device that has proven to compute: after a kernel that never ends, others can be opened that never get a turn.
 * @returns {Promise<GPUDevice>}
 * @throws {KernelError} as `openDevice`, and WEBGPU_TIMEOUT
 */
export async function reopenDevice() {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    /** @type {KernelError} */
    let refusal;
    try {
      const device = await openDevice();
      if (await proves(device)) return device;
      refusal = new KernelError("Every device that the browser gives is lost at once.", "WEBGPU_DEVICE_REFUSED");
    } catch (error) {
      const { code, message } = /** @type {KernelError} */ (error);
      if (code !== "WEBGPU_NO_ADAPTER" && code !== "WEBGPU_DEVICE_REFUSED") throw error;
      refusal = new KernelError(`${withoutCode(message)} ${AFTER_LOSSES}`, code);
    }
    if (performance.now() > deadline) throw refusal;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const AFTER_LOSSES =
  "A device was lost before: a browser may give no other to a page that has lost two within two minutes, " +
  "until they are over or its user loads the page again.";

/**
 * @param {GPUDevice} device
 * @returns {Promise<boolean>} false where it is lost meanwhile
 * @throws {KernelError} WEBGPU_TIMEOUT
 */
async function proves(device) {
  let timer = 0;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, PROOF_MS, "late");
  });
  const ended = await Promise.race([computed(device).catch(() => "lost"), device.lost.then(() => "lost"), late]);
  clearTimeout(timer);
  if (ended !== "late") return ended === "computed";
  destroyWhenIdle(device);
  throw new KernelError(
    "The GPU is still at work for a kernel that was given up, and computes nothing else: " +
      "where the system does not end it, only closing the browser does.",
    "WEBGPU_TIMEOUT",
  );
}

/** @param {GPUDevice} device */
async function computed(device) {
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: PROOF }) },
  });
  const proof = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
  const entries = [{ binding: 0, resource: { buffer: proof } }];
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  for (let proofs = isAnyAtWork() ? PROOFS_BESIDE_OTHERS : 1; proofs > 0; proofs -= 1) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(PROOF_GROUPS);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    if (proofs > 1) await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
  }
  proof.destroy();
  return "computed";
}

/** @param {string} message */
function withoutCode(message) {
  return message.replace(/ ErrorCode=\w+\s*$/, "");
}
