"""Sums and extremes of many: in workgroup memory, through subgroups, with atomics."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, alike, floats, words

TREE = """
@group(0) @binding(0) var<storage, read> given: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
var<workgroup> sums: array<f32, 128>;
@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32,
        @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = 0f;
  for (var i = id.x; i < arrayLength(&given); i += groups.x * 128u) { sum += given[i]; }
  sums[me] = sum;
  workgroupBarrier();
  for (var half = 64u; half > 0u; half /= 2u) {
    if (me < half) { sums[me] += sums[me + half]; }
    workgroupBarrier();
  }
  if (me == 0u) { parts[group.x] = sums[0]; }
}
"""

SUBGROUPS = """
enable subgroups;
@group(0) @binding(0) var<storage, read> given: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<i32>;
var<workgroup> parts: array<i32, 128>;
var<workgroup> greatest: atomic<i32>;
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) me: u32, @builtin(global_invocation_id) id: vec3u,
        @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32,
        @builtin(workgroup_id) group: vec3u) {
  let x = given[id.x];
  let sum = subgroupAdd(x);
  let most = subgroupMax(x);
  let before = subgroupExclusiveAdd(x);
  if (me == 0u) { atomicStore(&greatest, -2147483647); }
  workgroupBarrier();
  if (subgroupElect()) {
    parts[me / size] = sum;
    atomicMax(&greatest, most);
  }
  workgroupBarrier();
  let first = subgroupBroadcastFirst(x);
  let next = subgroupShuffleXor(x, 1u);
  let all_small = subgroupAll(x < 1000);
  let inclusive = subgroupInclusiveAdd(x);
  let first_too = subgroupShuffle(x, 0u);
  let ballot = subgroupBallot(true);
  let above = subgroupShuffleUp(x, 1u);
  if (me == 0u) {
    var total = 0;
    for (var i = 0u; i < 128u / size; i++) { total += parts[i]; }
    out[group.x * 2u] = total;
    out[group.x * 2u + 1u] = atomicLoad(&greatest);
  }
  // Each holds whatever the size of a subgroup is.
  var wrong = 0;
  if (before + x != inclusive) { wrong++; }
  if (first_too != first) { wrong++; }
  if (next != given[id.x ^ 1u]) { wrong++; }
  if (all_small != (most < 1000)) { wrong++; }
  if (countOneBits(ballot.x) != min(size, 32u)) { wrong++; }
  if (lane > 0u && above != given[id.x - 1u]) { wrong++; }
  if (wrong > 0) { out[0] = -1; }
}
"""

HISTOGRAM = """
@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read_write> bins: array<atomic<u32>, 64>;
var<workgroup> mine: array<atomic<u32>, 64>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32) {
  let word = pixels[id.x];
  for (var byte = 0u; byte < 4u; byte++) {
    atomicAdd(&mine[extractBits(word, byte * 8u, 8u) >> 2u], 1u);
  }
  workgroupBarrier();
  let found = atomicLoad(&mine[me]);
  if (found != 0u) { atomicAdd(&bins[me], found); }
}
"""

# Floats are added by comparing and exchanging their bits.
FLOAT_ATOMICS = """
@group(0) @binding(0) var<storage, read> given: array<f32>;
@group(0) @binding(1) var<storage, read_write> sum: atomic<u32>;
fn add(x: f32) {
  var old = atomicLoad(&sum);
  loop {
    let new_bits = bitcast<u32>(bitcast<f32>(old) + x);
    let tried = atomicCompareExchangeWeak(&sum, old, new_bits);
    if (tried.exchanged) { return; }
    old = tried.old_value;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  add(given[id.x]);
}
"""


async def kernel_sum_by_a_tree(gpu: Any) -> Arrays:
    given = floats(1, 10_000)
    result = await gpu.dispatch(TREE, {"given": given, "parts": np.zeros(6, np.float32)}, workgroups=6)
    assert abs(float(result["parts"].sum()) - float(given.astype(np.float64).sum())) < 1e-3
    return {"parts": result["parts"]}


async def kernel_sum_and_maximum_by_subgroups(gpu: Any) -> Arrays:
    await gpu.initialize()
    given = words(2, 512, 3000).view(np.int32) - 1500
    result = await gpu.dispatch(SUBGROUPS, {"given": given, "out": np.zeros(8, np.int32)}, workgroups=4)
    rows = given.reshape(4, 128)
    np.testing.assert_array_equal(result["out"].reshape(4, 2), np.stack([rows.sum(1), rows.max(1)], 1))
    return {"out": result["out"]}


async def kernel_histogram(gpu: Any) -> Arrays:
    pixels = words(3, 1024)
    result = await gpu.dispatch(HISTOGRAM, {"pixels": pixels, "bins": np.zeros(64, np.uint32)}, workgroups=16)
    np.testing.assert_array_equal(result["bins"], np.bincount(pixels.view(np.uint8) >> 2, minlength=64))
    return {"bins": result["bins"]}


async def kernel_sum_by_comparing_and_exchanging(gpu: Any) -> Arrays:
    given = floats(4, 256)
    result = await gpu.dispatch(FLOAT_ATOMICS, {"given": given, "sum": np.zeros(1, np.uint32)}, workgroups=4)
    total = result["sum"].view(np.float32)
    assert abs(float(total[0]) - float(given.astype(np.float64).sum())) < 1e-4
    assert alike(total, np.array([given.sum()], np.float32), bound=1e-3)
    return {"count": np.array([given.size])}
