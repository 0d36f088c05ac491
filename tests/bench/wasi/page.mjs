/**
 * The page of the benchmark: starts one dedicated worker per run, as a kernel does, and answers with what the program wrote to
 * stderr and with the time from the module's bytes to the exit as seen from here.
 *
 * @typedef {{ args: string[], names?: number, fileBytes?: number, stdinBytes?: number,
 *   stdinOpenMilliseconds?: number }} Run
 * @typedef {{ stderr: string, stdoutBytes: number, milliseconds: number, exitCode: number, counters: Record<string, number> }} Result
 */

const OURS = "/static/process/worker.mjs";

/** @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
const modules = new Map();

/** @param {string} program */
function moduleOf(program) {
  const known = modules.get(program) ?? fetch(`/bench/programs/${program}.wasm`).then((answer) => answer.bytes());
  modules.set(program, known);
  return known;
}

/** @param {Run} run @returns {{ path: string, kind: string, bytes?: Uint8Array }[]} */
function treeOf({ names = 0, fileBytes = 0 }) {
  const tree = [{ path: "/file.bin", kind: "file", bytes: new Uint8Array(fileBytes).fill(120) }];
  for (let i = 0; i < names; i++) {
    tree.push({ path: `/names/name-${String(i).padStart(6, "0")}`, kind: "file", bytes: new Uint8Array(0) });
  }
  return tree;
}

/**
 * A worker whose script stands.
 * @param {string} url
 * @returns {Promise<Worker>}
 */
function ready(url) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, { type: "module" });
    worker.onerror = (event) => reject(new Error(`${url}: ${event.message}`));
    worker.onmessage = () => resolve(worker);
  });
}

/** Lets a fresh worker come to rest, so that nothing of its own start is measured. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 30));

/**
 * @param {Worker} worker
 * @param {unknown} start
 * @param {(message: any) => boolean} isLast
 */
function finished(worker, start, isLast) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (isLast(data)) resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(start);
  });
}

/**
 * Ours: the kernel's own process worker, spoken to in its protocol.
 * @param {string} program
 * @param {boolean} controllable
 * @param {Run} run
 * @returns {Promise<Result>}
 */
async function runOurs(program, controllable, run) {
  const worker = await ready(OURS);
  await rest();
  const result = await runOursIn(worker, program, controllable, run);
  worker.terminate();
  return result;
}

/**
 * @param {Worker} worker
 * @param {string} program
 * @param {boolean} controllable
 * @param {Run} run
 * @returns {Promise<Result>}
 */
async function runOursIn(worker, program, controllable, run) {
  const module = (await moduleOf(program)).slice();
  const decoder = new TextDecoder();
  let stderr = "";
  let stdoutBytes = 0;
  const start = {
    type: "start",
    module,
    args: [program, ...run.args],
    env: [],
    preopens: ["/"],
    tree: treeOf(run),
    stdin: run.stdinBytes === undefined ? null : new Uint8Array(run.stdinBytes).fill(120),
    stdinOpen: run.stdinOpenMilliseconds !== undefined,
    window: 1 << 20,
    outputLimit: Infinity,
    controllable,
    memoryLimit: null,
    quota: { bytes: Infinity, files: Infinity, descriptors: 16_384 },
    mounts: [],
    imports: [],
    stay: false,
    trace: false,
    terminal: false,
    columns: 80,
    rows: 24,
    clock: { mode: "real", start: 0n, scale: 1, paused: false },
    seed: null,
    lossless: false,
    state: null,
  };
  if (run.stdinOpenMilliseconds !== undefined) {
    setTimeout(() => worker.postMessage({ type: "stdin-close" }), run.stdinOpenMilliseconds);
  }
  const from = performance.now();
  const exit = await finished(worker, start, (message) => {
    if (message.type === "output") {
      if (message.fd === 1) stdoutBytes += message.bytes.length;
      else stderr += decoder.decode(message.bytes, { stream: true });
      worker.postMessage({ type: "ack", bytes: message.bytes.length });
    }
    return message.type === "exit";
  });
  const milliseconds = performance.now() - from;
  if (exit.reason !== "exited") throw new Error(`${exit.reason}: ${exit.message} ${stderr}`);
  return { stderr, stdoutBytes, milliseconds, exitCode: exit.exitCode, counters: exit.counters };
}

/**
 * A peer, or no host at all ("bare").
 * @param {string} peer
 * @param {string} program
 * @param {Run} run
 * @returns {Promise<Result>}
 */
async function runPeer(peer, program, run) {
  const worker = await ready(`/bench/${peer}.mjs`);
  await rest();
  const result = await runPeerIn(worker, peer, program, run);
  worker.terminate();
  return result;
}

/**
 * @param {Worker} worker
 * @param {string} peer
 * @param {string} program
 * @param {Run} run
 * @returns {Promise<Result>}
 */
async function runPeerIn(worker, peer, program, run) {
  const module = (await moduleOf(program)).slice();
  const from = performance.now();
  const answer = await finished(worker, { module, args: [program, ...run.args], tree: treeOf(run) }, () => true);
  const milliseconds = performance.now() - from;
  if (answer.error !== undefined) throw new Error(`${peer}: ${answer.error} ${answer.stderr}`);
  return { ...answer, milliseconds, counters: {} };
}

/**
 * Starts a program again and again in one worker, which a kernel does with a worker that its last program left clean.
 * @param {string} host
 * @param {string} program
 * @param {number} times
 * @returns {Promise<number[]>} milliseconds from the module's bytes to the exit
 */
async function restart(host, program, times) {
  const ours = host === "plain" || host === "controllable";
  const worker = await ready(ours ? OURS : `/bench/${host}.mjs`);
  const starts = [];
  for (let i = 0; i < times; i++) {
    await rest();
    const run = { args: [] };
    const result = ours
      ? await runOursIn(worker, program, host === "controllable", run)
      : await runPeerIn(worker, host, program, run);
    starts.push(result.milliseconds);
  }
  worker.terminate();
  return starts;
}

Object.assign(globalThis, { bench: { restart, runOurs, runPeer } });
