/**
 * The tasks of tests/bench/gpu in hand-written JavaScript, in a worker as the kernel's: the same shaders, everything that
 * can be made once is made once, and results are copied out of one staging buffer.
 */

const ELEMENTS = 2 ** 20;
const STEPS = 1024;
const SIZES = [4, 4096, 4 * 2 ** 20, 64 * 2 ** 20];
const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;

/** One task: `act` is measured, `settle` is not. @typedef {{ act: () => unknown, settle: () => Promise<unknown> }} Task */

/** @type {Record<string, Task>} */
const tasks = {};
/** @type {Record<string, () => ArrayLike<number>>} */
const results = {};

/** @param {{ step: string, add: string, matmul: string, sum: string, matmulGroups: number, sumGroups: number }} given */
async function prepare(given) {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  device.onuncapturederror = ({ error }) => globalThis.postMessage({ error: error.message });
  const { queue } = device;
  const done = () => queue.onSubmittedWorkDone();
  const storage = (bytes) => device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  const landing = (bytes) => device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });

  const kernel = async (code) => {
    const compute = { module: device.createShaderModule({ code }) };
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute });
    const layout = pipeline.getBindGroupLayout(0);
    return (groups, ...buffers) => {
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      const bound = device.createBindGroup({ layout, entries });
      return (pass) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bound);
        pass.dispatchWorkgroups(groups);
      };
    };
  };

  /** Submits dispatches in one pass, then a copy to be read. */
  const run = (dispatches, copy = null) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const dispatch of dispatches) dispatch(pass);
    pass.end();
    if (copy !== null) encoder.copyBufferToBuffer(copy.from, 0, copy.to, 0, copy.to.size);
    queue.submit([encoder.finish()]);
  };

  /** Copies what arrives in a staging buffer to the front of an array of bytes. */
  const arrived = async (staging, target) => {
    await staging.mapAsync(GPUMapMode.READ);
    target.set(new Uint8Array(staging.getMappedRange()));
    staging.unmap();
  };

  const step = await kernel(given.step);
  const here = storage(STEPS * 4);
  const there = storage(STEPS * 4);
  const once = [step(STEPS / 64, here, there)];
  const often = Array.from({ length: 100 }, (_, i) => (i % 2 ? step(STEPS / 64, there, here) : once[0]));
  tasks.dispatch = { act: () => run(once), settle: done };
  tasks.dispatchRun = { act: () => (run(once), done()), settle: done };
  tasks.batch = { act: () => run(often), settle: done };
  tasks.batchRun = { act: () => (run(often), done()), settle: done };

  for (const size of SIZES) {
    const buffer = storage(size);
    const staging = landing(size);
    const source = new Uint8Array(size).fill(1);
    const target = new Uint8Array(size);
    const read = () => {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      queue.submit([encoder.finish()]);
      return arrived(staging, target);
    };
    tasks[`upload${size}`] = { act: () => queue.writeBuffer(buffer, 0, source), settle: done };
    tasks[`read${size}`] = { act: read, settle: done };
  }

  const x = Float32Array.from({ length: ELEMENTS }, (_, i) => (i % 1000) / 1000);
  const y = Float32Array.from({ length: ELEMENTS }, (_, i) => (i % 777) / 777);
  const [a, b, out] = [storage(x.byteLength), storage(x.byteLength), storage(x.byteLength)];
  queue.writeBuffer(a, 0, x);
  queue.writeBuffer(b, 0, y);

  const add = [(await kernel(given.add))(ELEMENTS / 64, a, b, out)];
  const staging = landing(x.byteLength);
  let added = new Float32Array();
  const addHost = async () => {
    queue.writeBuffer(a, 0, x);
    queue.writeBuffer(b, 0, y);
    run(add, { from: out, to: staging });
    added = new Float32Array(ELEMENTS);
    await arrived(staging, new Uint8Array(added.buffer));
  };
  tasks.addHost = { act: addHost, settle: done };
  results.addHost = () => added.slice(1000, 1004);
  tasks.addDevice = { act: () => (run(add), done()), settle: done };

  const parameters = device.createBuffer({ size: 16, usage: UNIFORM | COPY_DST });
  queue.writeBuffer(parameters, 0, new Uint32Array([1024, 1024, 1024]));
  const product = storage(x.byteLength);
  const matmul = [(await kernel(given.matmul))(given.matmulGroups, a, b, product, parameters)];
  const first = landing(16);
  const corner = new Float32Array(4);
  tasks.matmul = {
    act: () => (run(matmul), done()),
    settle: async () => {
      run([], { from: product, to: first });
      await arrived(first, new Uint8Array(corner.buffer));
    },
  };
  results.matmul = () => corner;

  const reduce = await kernel(given.sum);
  const parts = storage(given.sumGroups * 4);
  const total = storage(4);
  const sum = [reduce(given.sumGroups, a, parts), reduce(1, parts, total)];
  const one = landing(4);
  const summed = new Float32Array(1);
  const sumHost = () => {
    run(sum, { from: total, to: one });
    return arrived(one, new Uint8Array(summed.buffer));
  };
  tasks.sum = { act: sumHost, settle: done };
  results.sum = () => summed;
  await done();
}

/** @param {{ task: string, count: number, warm: number, settled: boolean }} wanted @returns the microseconds of one */
async function measure({ task, count, warm, settled }) {
  const { act, settle } = tasks[task];
  for (let left = warm; left > 0; left -= 1) await act();
  if (warm > 0) await settle();
  const start = performance.now();
  for (let left = count; left > 0; left -= 1) {
    const acted = act();
    if (acted !== undefined) await acted;
  }
  if (settled) await settle();
  const took = performance.now() - start;
  if (!settled) await settle();
  return (took * 1000) / count;
}

/** Milliseconds of work that is always the same: what it takes tells how busy the machine is. */
function spin() {
  const start = performance.now();
  let state = 1;
  for (let left = 10_000_000; left > 0; left -= 1) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state === 0 ? 0 : performance.now() - start;
}

const answers = { prepare, measure, spin, result: (task) => [...results[task]()] };

globalThis.onmessage = async ({ data: [question, argument] }) => {
  try {
    globalThis.postMessage({ answer: (await answers[question](argument)) ?? null });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
