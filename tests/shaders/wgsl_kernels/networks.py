"""What neural networks are made of, and shortest paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, alike, floats, words

SOFTMAX = """
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> chances: array<f32>;
override columns: u32;
var<workgroup> shared_values: array<f32, 64>;
var<private> me: u32;
fn most(mine: f32) -> f32 {
  shared_values[me] = mine;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (me < half) { shared_values[me] = max(shared_values[me], shared_values[me + half]); }
    workgroupBarrier();
  }
  let result = shared_values[0];
  workgroupBarrier();
  return result;
}
fn total(mine: f32) -> f32 {
  shared_values[me] = mine;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (me < half) { shared_values[me] += shared_values[me + half]; }
    workgroupBarrier();
  }
  let result = shared_values[0];
  workgroupBarrier();
  return result;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  me = index;
  let start = group.x * columns;
  var greatest = -3.4e38;
  for (var i = me; i < columns; i += 64u) { greatest = max(greatest, logits[start + i]); }
  greatest = most(greatest);
  var sum = 0.0;
  for (var i = me; i < columns; i += 64u) { sum += exp(logits[start + i] - greatest); }
  sum = total(sum);
  for (var i = me; i < columns; i += 64u) { chances[start + i] = exp(logits[start + i] - greatest) / sum; }
}
"""

LAYER_NORM = """
struct Layer { columns: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<storage, read> given: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> shifts: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
var<workgroup> sums: array<vec2f, 16>;
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) me: vec3u) {
  let quads = layer.columns / 4u;
  let start = group.x * quads;
  var sum = vec2f();
  for (var i = me.x; i < quads; i += 16u) {
    let x = given[start + i];
    sum += vec2f(dot(x, vec4f(1.0)), dot(x, x));
  }
  sums[me.x] = sum;
  workgroupBarrier();
  for (var half = 8u; half != 0u; half /= 2u) {
    if (me.x < half) { sums[me.x] = sums[me.x] + sums[me.x + half]; }
    workgroupBarrier();
  }
  let mean = sums[0].x / f32(layer.columns);
  let scale = inverseSqrt(sums[0].y / f32(layer.columns) - mean * mean + layer.epsilon);
  for (var i = me.x; i < quads; i += 16u) {
    out[start + i] = fma((given[start + i] - mean) * scale, weights[i], shifts[i]);
  }
}
"""

# D. Hendrycks and K. Gimpel's GELU, over what four bytes hold, with a scale.
GELU = """
@group(0) @binding(0) var<storage, read> quantized: array<u32>;
@group(0) @binding(1) var<uniform> scale: f32;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
fn gelu(x: vec4<f32>) -> vec4<f32> {
  let inner = 0.7978845608 * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + tanh(inner));
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&quantized)) { out[id.x] = gelu(vec4<f32>(unpack4xI8(quantized[id.x])) * scale); }
}
"""

SHORTEST = """
@group(0) @binding(0) var<storage, read_write> distances: array<u32>;
@group(0) @binding(1) var<uniform> over: u32;
override count = 20u;
@compute @workgroup_size(4, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.y * count + id.x;
  if (any(id.xy >= vec2(count))) { return; }
  let through = distances[id.y * count + over] + distances[over * count + id.x];
  distances[at] = min(distances[at], through);
}
"""


async def kernel_softmax(gpu: Any) -> Arrays:
    logits = 20 * floats(1, 5, 130)
    bindings = {"logits": logits, "chances": np.zeros_like(logits)}
    result = await gpu.dispatch(SOFTMAX, bindings, workgroups=5, constants={"columns": 130})
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    assert alike(result["chances"], (powers / powers.sum(1, keepdims=True)).astype(np.float32))
    return dict(result)


async def kernel_layer_norm(gpu: Any) -> Arrays:
    given, weights, shifts = floats(2, 6, 96), floats(3, 96), floats(4, 96)
    quads = {name: array.reshape(-1, 4) for name, array in (("given", given), ("weights", weights), ("shifts", shifts))}
    bindings = {**quads, "out": np.zeros((6 * 24, 4), np.float32), "layer": {"columns": 96, "epsilon": 1e-5}}
    result = await gpu.dispatch(LAYER_NORM, bindings, workgroups=6)
    wide = given.astype(np.float64)
    normed = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5)
    assert alike(result["out"].reshape(6, 96), (normed * weights + shifts).astype(np.float32))
    return dict(result)


async def kernel_gelu_of_bytes(gpu: Any) -> Arrays:
    quantized = words(5, 200)
    bindings = {"quantized": quantized, "scale": np.float32(0.03), "out": np.zeros((200, 4), np.float32)}
    result = await gpu.dispatch(GELU, bindings, workgroups=4)
    x = quantized.view(np.int8).reshape(-1, 4) * 0.03
    expected = 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))
    assert alike(result["out"], expected.astype(np.float32))
    return dict(result)


async def kernel_shortest_paths(gpu: Any) -> Arrays:
    count = 20
    distances = words(6, count * count, 100).reshape(count, count)
    np.fill_diagonal(distances, 0)
    expected = distances.copy()
    for over in range(count):
        bindings = {"distances": distances, "over": np.uint32(over)}
        distances = (await gpu.dispatch(SHORTEST, bindings, workgroups=(5, 5)))["distances"]
        expected = np.minimum(expected, expected[:, over, None] + expected[None, over])
    np.testing.assert_array_equal(distances, expected)
    return {"distances": distances}
