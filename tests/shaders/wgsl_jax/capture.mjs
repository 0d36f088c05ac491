// Has jax-js compute on the page's GPU, and notes each shader that it makes: its text, what it was given, what it wrote.

const shaders = new WeakMap();
const pipelines = new WeakMap();
const groups = new WeakMap();
const seen = new Set();
const runs = [];

function hook(owner, name, after) {
  const own = owner.prototype[name];
  owner.prototype[name] = function (...given) {
    const result = own.apply(this, given);
    after.call(this, given, result);
    return result;
  };
}

/** A compute pass whose dispatches are encoded each as a pass of its own, with copies of all that is bound around it. */
class NotedPass {
  #device;
  #encoder;
  #begin;
  #pipeline;
  #groups = new Map();

  constructor(device, encoder, begin) {
    this.#device = device;
    this.#encoder = encoder;
    this.#begin = begin;
  }

  setPipeline(pipeline) {
    this.#pipeline = pipeline;
  }

  setBindGroup(index, group, offsets = []) {
    this.#groups.set(index, [group, offsets]);
  }

  #copies() {
    const copies = [];
    for (const [index, [group, [offset = 0]]] of this.#groups) {
      for (const { binding, resource } of groups.get(group)) {
        const size = resource.size ?? resource.buffer.size;
        const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
        const copy = this.#device.createBuffer({ size, usage });
        this.#encoder.copyBufferToBuffer(resource.buffer, (resource.offset ?? 0) + offset, copy, 0, size);
        copies.push([index, binding, copy]);
      }
    }
    return copies;
  }

  dispatchWorkgroups(...counts) {
    const { module, entryPoint } = pipelines.get(this.#pipeline);
    const code = shaders.get(module);
    const isNew = !seen.has(code);
    seen.add(code);
    const before = isNew ? this.#copies() : [];
    const pass = this.#begin();
    pass.setPipeline(this.#pipeline);
    for (const [index, [group, offsets]] of this.#groups) {
      if (offsets.length) pass.setBindGroup(index, group, offsets);
      else pass.setBindGroup(index, group);
    }
    pass.dispatchWorkgroups(...counts);
    pass.end();
    if (isNew) runs.push({ code, entryPoint, counts, before, after: this.#copies() });
  }

  end() {}
}

async function contents(copies) {
  const found = [];
  for (const [group, binding, copy] of copies) {
    await copy.mapAsync(GPUMapMode.READ);
    found.push([group, binding, [...new Uint32Array(copy.getMappedRange())]]);
    copy.destroy();
  }
  return found;
}

function attemptsWith({ numpy: np, lax, nn, random, scipySpecial: special, grad, hessian, jit, vmap }) {
  const normal = (seed, shape) => random.normal(random.key(seed), shape);
  const positive = (seed, shape) => np.abs(normal(seed, shape)).add(0.1);
  const integers = (...numbers) => np.array(numbers, { dtype: np.int32 });
  const dominant = (n) => normal(1, [n, n]).add(np.eye(n).mul(n));
  const ofOne = (f) => () => f(normal(1, [5, 40]));
  return {
    sine: ofOne(np.sin),
    tangent: ofOne(np.tan),
    arctangent: ofOne(np.arctan),
    arcsine: () => np.arcsin(np.tanh(normal(1, [40]))),
    sinh: ofOne(np.sinh),
    power: () => np.power(positive(1, [40]), 1.7),
    logarithm: () => np.log(positive(1, [40])),
    log1p: () => np.log1p(positive(1, [40])),
    floor: ofOne(np.floor),
    remainder: () => np.remainder(normal(1, [40]), 0.7),
    reciprocal: () => np.reciprocal(positive(1, [40])),
    clip: () => np.clip(normal(1, [40]), -0.5, 0.5),
    erf: ofOne(special.erf),
    erfc: ofOne(special.erfc),
    softmax: ofOne(nn.softmax),
    logsumexp: ofOne(nn.logsumexp),
    gelu: ofOne(nn.gelu),
    relu: ofOne(nn.relu),
    silu: ofOne(nn.silu),
    sigmoid: ofOne(nn.sigmoid),
    softplus: ofOne(nn.softplus),
    matmul: () => np.matmul(normal(1, [40, 30]), normal(2, [30, 50])),
    "matmul of 128": () => np.matmul(normal(1, [128, 128]), normal(2, [128, 128])),
    dot: () => np.dot(normal(1, [300]), normal(2, [300])),
    outer: () => np.outer(normal(1, [12]), normal(2, [15])),
    einsum: () => np.einsum("ij,jk,kl->il", normal(1, [8, 9]), normal(2, [9, 10]), normal(3, [10, 4])),
    convolution: () => lax.conv(normal(1, [2, 3, 16, 16]), normal(2, [4, 3, 3, 3]), [1, 1], "SAME"),
    pooling: () => lax.reduceWindow(normal(1, [4, 16]), np.max, [2, 2], [2, 2]),
    attention: () =>
      nn.dotProductAttention(normal(1, [1, 8, 2, 16]), normal(2, [1, 8, 2, 16]), normal(3, [1, 8, 2, 16])),
    mean: () => np.mean(normal(1, [64, 65])),
    variance: () => np.var_(normal(1, [6, 40]), 1),
    deviation: () => np.std(normal(1, [6, 40])),
    greatest: () => np.max(normal(1, [5, 300]), 1),
    least: () => np.min(normal(1, [500])),
    "place of the greatest": () => np.argmax(normal(1, [5, 300]), 1),
    product: () => np.prod(positive(1, [50])),
    "running sum": () => np.cumsum(normal(1, [5, 40])),
    sort: () => np.sort(normal(1, [5, 300])),
    order: () => np.argsort(normal(1, [5, 300])),
    fourier: () => {
      const { real, imag } = np.fft.fft({ real: normal(1, [64]), imag: normal(2, [64]) });
      imag.dispose();
      return real;
    },
    cholesky: () => {
      const half = normal(1, [12, 12]);
      return lax.linalg.cholesky(np.matmul(half.ref, np.transpose(half)).add(np.eye(12).mul(12)));
    },
    solve: () => np.linalg.solve(dominant(6), normal(2, [6, 2])),
    determinant: () => np.linalg.det(dominant(7)),
    triangle: () =>
      lax.linalg.triangularSolve(np.tril(dominant(7)), normal(2, [7, 3]), { leftSide: true, lower: true }),
    choice: () => {
      const x = normal(1, [50]);
      return np.where(np.greater(x.ref, 0), x.ref, np.exp(x));
    },
    pad: () => np.pad(normal(1, [5, 6]), [[1, 2], [2, 0]]),
    transpose: () => np.transpose(normal(1, [5, 6])).add(1),
    flip: () => np.flip(normal(1, [6, 7]), 0).add(2),
    joined: () => np.concatenate([normal(1, [6, 7]), normal(2, [6, 7])], 1),
    taken: () => np.take(normal(1, [30, 4]), integers(3, 5, 7), 0),
    gathered: () => normal(1, [30, 4]).slice(integers(3, 5, 7)),
    "one hot": () => nn.oneHot(integers(1, 2, 3), 6),
    integers: () => integers(5, -7, 9).mul(3).add(2),
    modulus: () => integers(5, -7, 9).mod(4),
    unsigned: () => np.array([5, 7, 9], { dtype: np.uint32 }).add(3).astype(np.float32),
    booleans: () => np.array([true, false, true]).astype(np.float32),
    categorical: () => random.categorical(random.key(4), normal(1, [6, 10])),
    bernoulli: () => random.bernoulli(random.key(4), 0.4, [60]),
    exponential: () => random.exponential(random.key(5), [60]),
    fused: () => jit((x) => np.tanh(x.ref.mul(2)).add(np.cos(x)))(normal(1, [3, 50])),
    gradient: () => grad((x) => np.sum(np.sin(x.ref.mul(x))))(normal(1, [50])),
    "gradient of a layer": () => grad((w) => np.sum(np.tanh(np.matmul(normal(2, [16, 8]), w))))(normal(1, [8, 4])),
    hessian: () => hessian((x) => np.sum(np.exp(x.ref.mul(x))))(normal(1, [5])),
    mapped: () => vmap((x) => np.dot(x.ref, x))(normal(1, [9, 20])),
  };
}

/** Return what was noted, and the names of what jax-js could not do. */
export async function capture(address) {
  hook(GPUDevice, "createShaderModule", ([{ code }], module) => shaders.set(module, code));
  hook(GPUDevice, "createComputePipeline", ([{ compute }], pipeline) => pipelines.set(pipeline, compute));
  hook(GPUDevice, "createComputePipelineAsync", ([{ compute }], promise) =>
    promise.then((pipeline) => pipelines.set(pipeline, compute)),
  );
  hook(GPUDevice, "createBindGroup", ([{ entries }], group) => groups.set(group, entries));
  const devices = new WeakMap();
  hook(GPUDevice, "createCommandEncoder", function (_, encoder) {
    devices.set(encoder, this);
  });
  const makeBuffer = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const mapped = GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE;
    const copied = descriptor.usage & mapped ? 0 : GPUBufferUsage.COPY_SRC;
    return makeBuffer.call(this, { ...descriptor, usage: descriptor.usage | copied });
  };
  const beginPass = GPUCommandEncoder.prototype.beginComputePass;
  GPUCommandEncoder.prototype.beginComputePass = function (descriptor) {
    return new NotedPass(devices.get(this), this, () => beginPass.call(this, descriptor));
  };

  const jax = await import(address);
  await jax.init("webgpu");
  jax.defaultDevice("webgpu");
  const failed = [];
  for (const [name, attempt] of Object.entries(attemptsWith(jax))) {
    try {
      await (await attempt()).data();
    } catch (error) {
      failed.push(`${name}: ${error}`);
    }
  }
  const noted = [];
  for (const { before, after, ...run } of runs) {
    noted.push({ ...run, before: await contents(before), after: await contents(after) });
  }
  return { runs: noted, failed };
}
