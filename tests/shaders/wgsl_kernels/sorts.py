"""Sorting: networks, digits, and one invocation with a stack."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, words

# K. E. Batcher, "Sorting networks and their applications" (1968): one dispatch per step.
BITONIC = """
struct Step { block: u32, distance: u32 }
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@group(0) @binding(1) var<uniform> step: Step;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let other = i ^ step.distance;
  if (other <= i) { return; }
  let ascending = (i & step.block) == 0u;
  let a = data[i];
  let b = data[other];
  if ((a > b) == ascending) {
    data[i] = b;
    data[other] = a;
  }
}
"""

# The same in workgroup memory, all steps in one dispatch, of floats with their indices.
BITONIC_LOCAL = """
struct Item { key: f32, index: u32 }
@group(0) @binding(0) var<storage, read_write> items: array<Item>;
var<workgroup> local: array<Item, 256>;
fn exchange(i: u32, j: u32, ascending: bool) {
  let a = local[i];
  let b = local[j];
  let greater = a.key > b.key || (a.key == b.key && a.index > b.index);
  if (greater == ascending) {
    local[i] = b;
    local[j] = a;
  }
}
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) me: u32, @builtin(workgroup_id) group: vec3u) {
  let start = group.x * 256u;
  local[me] = items[start + me];
  local[me + 128u] = items[start + me + 128u];
  workgroupBarrier();
  for (var block = 2u; block <= 256u; block <<= 1u) {
    for (var distance = block >> 1u; distance > 0u; distance >>= 1u) {
      let i = 2u * me - (me & (distance - 1u));
      exchange(i, i + distance, (i & block) == 0u);
      workgroupBarrier();
    }
  }
  items[start + me] = local[me];
  items[start + me + 128u] = local[me + 128u];
}
"""

# Four bits a pass: counts by block and digit, their running sums, and the places that follow.
RADIX_COUNT = """
override shift: u32;
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
var<workgroup> digits: array<atomic<u32>, 16>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32,
        @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  atomicAdd(&digits[(keys[id.x] >> shift) & 15u], 1u);
  workgroupBarrier();
  if (me < 16u) { counts[me * groups.x + group.x] = atomicLoad(&digits[me]); }
}
"""
RADIX_SCAN = """
@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@compute @workgroup_size(1)
fn main() {
  var sum = 0u;
  for (var i = 0u; i < arrayLength(&counts); i++) {
    let count = counts[i];
    counts[i] = sum;
    sum += count;
  }
}
"""
RADIX_SCATTER = """
override shift: u32;
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> sorted: array<u32>;
var<workgroup> digits: array<u32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32,
        @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let key = keys[id.x];
  let digit = (key >> shift) & 0xfu;
  digits[me] = digit;
  workgroupBarrier();
  var before = 0u;
  for (var i = 0u; i < me; i++) {
    before += select(0u, 1u, digits[i] == digit);
  }
  sorted[counts[digit * groups.x + group.x] + before] = key;
}
"""

# Each invocation sorts its own row, with a stack in place of recursion.
QUICKSORT = """
const N = 24u;
@group(0) @binding(0) var<storage, read_write> rows: array<array<i32, 24>>;
var<private> row: array<i32, N>;
struct Range { low: i32, high: i32 }
fn swap(a: ptr<function, i32>, b: ptr<function, i32>) { let t = *a; *a = *b; *b = t; }
fn divided(range: Range) -> i32 {
  let pivot = row[range.high];
  var at = range.low;
  for (var j = range.low; j < range.high; j++) {
    if (row[j] >= pivot) { continue; }
    var x = row[at];
    var y = row[j];
    swap(&x, &y);
    row[at] = x;
    row[j] = y;
    at++;
  }
  let t = row[at]; row[at] = row[range.high]; row[range.high] = t;
  return at;
}
@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&rows)) { return; }
  for (var i = 0u; i < N; i++) { row[i] = rows[id.x][i]; }
  var stack: array<Range, 24>;
  var depth = 1;
  stack[0] = Range(0, i32(N) - 1);
  while (depth > 0) {
    depth--;
    let range = stack[depth];
    if (range.low >= range.high) { continue; }
    let middle = divided(range);
    stack[depth] = Range(range.low, middle - 1);
    stack[depth + 1] = Range(middle + 1, range.high);
    depth += 2;
  }
  for (var i = 0u; i < N; i++) { rows[id.x][i] = row[i]; }
}
"""


async def kernel_bitonic_sort(gpu: Any) -> Arrays:
    given = data = words(1, 512)
    block = 2
    while block <= data.size:
        distance = block // 2
        while distance:
            bindings = {"data": data, "step": {"block": block, "distance": distance}}
            data = (await gpu.dispatch(BITONIC, bindings, workgroups=8))["data"]
            distance //= 2
        block *= 2
    np.testing.assert_array_equal(data, np.sort(given))
    return {"data": data}


async def kernel_bitonic_sort_of_pairs(gpu: Any) -> Arrays:
    items = np.zeros(512, [("key", "f4"), ("index", "u4")])
    items["key"] = words(2, 512, 50).astype(np.float32) / 8 - 3
    items["index"] = np.arange(512)
    result = await gpu.dispatch(BITONIC_LOCAL, {"items": items}, workgroups=2)
    for start in (0, 256):
        block = slice(start, start + 256)
        order = start + np.argsort(items["key"][block], kind="stable")
        np.testing.assert_array_equal(result["items"]["index"][block], order)
    return {"index": result["items"]["index"], "key": result["items"]["key"]}


async def kernel_radix_sort(gpu: Any) -> Arrays:
    given = keys = words(3, 64 * 5, 2**16)
    for shift in range(0, 16, 4):
        constants = {"shift": shift}
        counts = np.zeros(16 * 5, np.uint32)
        counted = await gpu.dispatch(RADIX_COUNT, {"keys": keys, "counts": counts}, workgroups=5, constants=constants)
        summed = await gpu.dispatch(RADIX_SCAN, {"counts": counted["counts"]}, workgroups=1)
        bindings = {"keys": keys, "counts": summed["counts"], "sorted": np.zeros_like(keys)}
        keys = (await gpu.dispatch(RADIX_SCATTER, bindings, workgroups=5, constants=constants))["sorted"]
    np.testing.assert_array_equal(keys, np.sort(given))
    return {"keys": keys}


async def kernel_quicksort_with_a_stack(gpu: Any) -> Arrays:
    rows = (words(4, 24 * 30, 200).view(np.int32) - 100).reshape(30, 24)
    result = await gpu.dispatch(QUICKSORT, {"rows": rows}, workgroups=2)
    np.testing.assert_array_equal(result["rows"], np.sort(rows, axis=1))
    return {"rows": result["rows"]}
