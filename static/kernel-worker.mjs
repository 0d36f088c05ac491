/** The kernel worker: one Python interpreter, the engine it runs programs on, and the peers it answers. */

import { bootPython, request } from "./boot.mjs";
import { Speaker } from "./bridge/audio.mjs";
import { ProcessEngine } from "./bridge/wasm.mjs";
import { serveKernel } from "./bridge/service.mjs";
import { KernelError, Peer, portChannel } from "./rpc.mjs";
import { socketChannel } from "./wire.mjs";

/** @typedef {{name: string, url: string, bytes: number, summary: string}} SiteProgram */

/** Few kernels compute: the bridge to the GPU is loaded for those that do. */
const loadGpu = () => import("./bridge/webgpu.mjs");

const page = new Peer(portChannel(/** @type {any} */ (globalThis)));

page.serve({
  /** @param {{stallTimeoutMs: number}} options */
  boot: async ({ stallTimeoutMs }) => {
    /** @type {(progress: import("./boot.mjs").BootProgress) => void} */
    const onProgress = (progress) => page.notify("progress", progress);
    // The first process worker starts while Python is on its way.
    const engine = new ProcessEngine();
    const { pyodide, site } = await bootPython({ onProgress, stallTimeoutMs });
    onProgress({ stage: "kernel", loaded: 0, total: 0, message: "Starting the kernel" });
    const kernel = await startKernel(pyodide, engine);
    serveKernel(page, kernel);
    page.serve({
      /** Lets a host outside the browser in, over the server that this script came from. */
      "host.attach": (/** @type {{token: string}} */ { token }) => attachHost(token, kernel),
    });
    return { version: site.version, pyodide: site.pyodide.version };
  },
});

/**
 * @param {any} pyodide
 * @param {ProcessEngine} engine
 */
async function startKernel(pyodide, engine) {
  const programs = /** @type {SiteProgram[]} */ (await (await request("programs/index.json")).json());
  const load = async (/** @type {string} */ name) => {
    const program = programs.find((candidate) => candidate.name === name);
    if (!program) throw new KernelError(`The site has no program ${JSON.stringify(name)}.`, "PROGRAM_NOT_FOUND");
    return new Uint8Array(await (await request(`programs/${program.url}`)).arrayBuffer());
  };
  const boot = pyodide.pyimport("aikernel_web.browser.boot");
  const python = await boot.start(engine, programs, load, new Speaker(page), loadGpu);
  boot.destroy();
  return {
    python,
    runPython: async (/** @type {string} */ code) => {
      const globals = python.namespace();
      try {
        return await pyodide.runPythonAsync(code, { globals, filename: "<kernel.python>" });
      } catch (error) {
        throw new KernelError(tracebackOf(error), "PYTHON_ERROR");
      } finally {
        globals.destroy();
      }
    },
  };
}

const RUNNER_FRAMES = /^ {2}File "[^"\n]*\/_pyodide\/[^\n]*\n(?: {4}[^\n]*\n)*/gm;
const KERNEL_FRAMES = /^ {2}File "[^"\n]*\/site-packages\/aikernel_web\/[^\n]*\n(?: {4}[^\n]*\n)*/gm;
const ARGUMENT_REFUSED = /^aikernel_web\.contracts\.\w+\.(?:InvalidArgumentError|NotSupportedError|WgslError): /m;

/**
 * A traceback without the frames of the interpreter's own runner, which are above everybody's code. Where an argument
 * is refused, it ends with the line that gave it: how the kernel's own code came to look at it tells nobody more.
 *
 * @param {unknown} error
 */
function tracebackOf(error) {
  const text = (error instanceof Error ? error.message : String(error)).replace(RUNNER_FRAMES, "").trimEnd();
  return ARGUMENT_REFUSED.test(text) ? text.replace(KERNEL_FRAMES, "") : text;
}

/**
 * @param {string} token
 * @param {Parameters<typeof serveKernel>[1]} kernel
 */
async function attachHost(token, kernel) {
  const address = new URL("/_host", import.meta.url);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set("token", token);
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new KernelError("The host did not accept the connection.", "HOST_REFUSED"));
  });
  const host = new Peer(socketChannel(socket));
  serveKernel(host, kernel);
  socket.onclose = () => host.close(new KernelError("The host has gone.", "HOST_CONNECTION_LOST"));
}
