/** The engine behind the Python seam: it starts programs, each in a worker of its own. */

import { KernelError } from "../rpc.mjs";
import { ProcessHandle } from "./process-handle.mjs";
import { WorkerPool } from "./worker-pool.mjs";

export { ProcessHandle };

/** @typedef {import("./inline.mjs").InlineModule} InlineModule */
/** @typedef {import("./process-spec.mjs").Exit} Exit */
/** @typedef {import("./process-spec.mjs").Sink} Sink */
/** @typedef {import("./process-spec.mjs").Spec} Spec */

/** Few kernels run a program in their own thread: the host that it takes is loaded for those that do. */
const inline = () => import("./inline.mjs");

/** Far above what two cores can serve, far below where a browser falls over. */
const MAX_PROCESSES = 256;

/** Runs programs. Started workers wait in reserve, because starting one takes longer than most programs run. */
export class ProcessEngine {
  #pool = new WorkerPool(new URL("../process/worker.mjs", import.meta.url));
  #running = 0;

  /**
   * @param {Spec} spec
   * @returns {ProcessHandle}
   */
  spawn(spec) {
    if (this.#running >= MAX_PROCESSES) {
      throw new KernelError(
        `${MAX_PROCESSES} processes are running already: kill some, or wait until one has ended.`,
        "WASM_PROCESS_LIMIT",
      );
    }
    const handle = new ProcessHandle(this.#pool, spec);
    this.#running += 1;
    void handle.wait().then(() => {
      this.#running -= 1;
    });
    return handle;
  }

  /**
   * Compiles a module for instances in this thread.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {number} [memoryLimit] bytes
   * @returns {Promise<InlineModule>}
   */
  async compile(bytes, memoryLimit) {
    const { compileInline } = await inline();
    return compileInline(bytes, memoryLimit);
  }
}
