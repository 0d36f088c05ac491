/** Boots the kernel's Python in this worker: downloads with progress, checks, then starts the interpreter. */

import { KernelError } from "./rpc.mjs";

/**
 * @typedef {object} Download
 * @property {string} url relative to this folder
 * @property {number} bytes
 * @property {string} label
 */

/**
 * What the build wrote about the site it made.
 * @typedef {object} Site
 * @property {string} version
 * @property {{version: string, base: string}} pyodide
 * @property {string} lock
 * @property {string[]} packages
 * @property {Download[]} downloads
 */

/** @typedef {"worker" | "download" | "interpreter" | "packages" | "kernel" | "ready"} BootStage */
/** @typedef {{stage: BootStage, loaded: number, total: number, message: string}} BootProgress */

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

/**
 * @param {object} options
 * @param {(progress: BootProgress) => void} options.onProgress
 * @param {number} options.stallTimeoutMs the longest time without any progress
 * @returns {Promise<{pyodide: any, site: Site}>}
 */
export async function bootPython({ onProgress, stallTimeoutMs }) {
  const watch = new StallWatch(stallTimeoutMs);
  try {
    return await Promise.race([start(onProgress, watch), watch.stalled]);
  } finally {
    watch.stop();
  }
}

/**
 * @param {(progress: BootProgress) => void} onProgress
 * @param {StallWatch} watch
 */
async function start(onProgress, watch) {
  /** @type {(stage: BootStage, message: string, loaded?: number, total?: number) => void} */
  const report = (stage, message, loaded = 0, total = 0) => {
    watch.progress(message);
    onProgress({ stage, loaded, total, message });
  };

  report("download", "Reading what to load");
  const site = /** @type {Site} */ (await (await request("site.json")).json());
  await downloadAll(site.downloads, report);

  report("interpreter", `Starting Python (Pyodide ${site.pyodide.version})`);
  const base = new URL(site.pyodide.base, import.meta.url);
  const lock = await request(site.lock);
  const { loadPyodide } = await import(/** @type {any} */ (new URL("pyodide.mjs", base).href));
  try {
    const pyodide = await loadPyodide({
      indexURL: base.href,
      lockFileContents: await lock.text(),
      packageBaseUrl: new URL("./", new URL(site.lock, import.meta.url)).href,
      packages: site.packages,
      checkIntegrity: true,
    });
    report("packages", "Loaded the packages");
    return { pyodide, site };
  } catch (error) {
    const { message } = KernelError.from(error, "");
    throw new KernelError(`Python could not be started: ${message}`, "BOOT_INTERPRETER_FAILED");
  }
}

/**
 * Fills the browser's cache, because Pyodide offers no progress of its own: what it then asks for is already here.
 * @param {Download[]} downloads
 * @param {(stage: BootStage, message: string, loaded?: number, total?: number) => void} report
 */
async function downloadAll(downloads, report) {
  const total = downloads.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  await Promise.all(
    downloads.map(async ({ url, bytes, label }) => {
      const response = await request(url);
      let size = 0;
      let head = /** @type {number[]} */ ([]);
      try {
        // A body is absent only in answers that have none, and request() refuses those.
        for await (const chunk of streamOf(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
          if (head.length < 4) head = [...head, ...chunk.subarray(0, 4 - head.length)];
          size += chunk.byteLength;
          loaded += chunk.byteLength;
          report("download", `Loading ${label}`, loaded, total);
        }
      } catch (error) {
        throw new KernelError(`The download of ${label} broke off: ${KernelError.from(error, "").message}`, "BOOT_DOWNLOAD_FAILED");
      }
      const isWasm = url.endsWith(".wasm");
      if (size !== bytes || (isWasm && WASM_MAGIC.some((byte, index) => head[index] !== byte))) {
        throw new KernelError(
          `${label} (${url}) is not what the site was built with: ${size} bytes instead of ${bytes}` +
            `${isWasm ? ", or not WebAssembly at all" : ""}. Build the site again, or empty the browser's cache.`,
          "BOOT_WASM_CORRUPT",
        );
      }
    }),
  );
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<Uint8Array>} the chunks; streams are not async iterable in every browser
 */
async function* streamOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * @param {string} url relative to this folder
 * @returns {Promise<Response>}
 */
export async function request(url) {
  const address = new URL(url, import.meta.url);
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    const { message } = KernelError.from(error, "");
    throw new KernelError(`${address.href} cannot be reached: ${message}. Is the server running?`, "BOOT_DOWNLOAD_FAILED");
  }
  if (!response.ok || !response.body) {
    throw new KernelError(`${address.href} answered ${response.status} ${response.statusText}.`, "BOOT_DOWNLOAD_FAILED");
  }
  return response;
}

/** Turns silence into an error: an interpreter whose module cannot be instantiated never answers. */
class StallWatch {
  #timeoutMs;
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #reject = /** @type {(error: KernelError) => void} */ (() => {});
  /** @type {Promise<never>} */
  stalled = new Promise((_, reject) => {
    this.#reject = reject;
  });

  /** @param {number} timeoutMs */
  constructor(timeoutMs) {
    this.#timeoutMs = timeoutMs;
    this.stalled.catch(() => {});
  }

  /** @param {string} message what is being done now */
  progress(message) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const seconds = Math.round(this.#timeoutMs / 1000);
      this.#reject(new KernelError(`Nothing has happened for ${seconds} s after: ${message}.`, "BOOT_STALLED"));
    }, this.#timeoutMs);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
