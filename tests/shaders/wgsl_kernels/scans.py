"""Running sums: Blelloch's, Hillis and Steele's, and in one pass with a look back at the blocks before."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, words

# G. Blelloch, "Prefix Sums and Their Applications" (1990): up the tree, and down again. Exclusive.
BLELLOCH = """
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
const BLOCK = 256u;
var<workgroup> tree: array<u32, BLOCK>;

@compute @workgroup_size(BLOCK / 2)
fn main(@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
  let me = local.x;
  let start = group.x * BLOCK;
  tree[2u * me] = data[start + 2u * me];
  tree[2u * me + 1u] = data[start + 2u * me + 1u];
  var offset = 1u;
  for (var d = BLOCK >> 1u; d > 0u; d >>= 1u) {
    workgroupBarrier();
    if (me < d) {
      let left = offset * (2u * me + 1u) - 1u;
      let right = offset * (2u * me + 2u) - 1u;
      tree[right] += tree[left];
    }
    offset *= 2u;
  }
  if (me == 0u) {
    sums[group.x] = tree[BLOCK - 1u];
    tree[BLOCK - 1u] = 0u;
  }
  for (var d = 1u; d < BLOCK; d *= 2u) {
    offset >>= 1u;
    workgroupBarrier();
    if (me < d) {
      let left = offset * (2u * me + 1u) - 1u;
      let right = offset * (2u * me + 2u) - 1u;
      let kept = tree[left];
      tree[left] = tree[right];
      tree[right] += kept;
    }
  }
  workgroupBarrier();
  data[start + 2u * me] = tree[2u * me];
  data[start + 2u * me + 1u] = tree[2u * me + 1u];
}
"""

ADD_BLOCKS = """
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@group(0) @binding(1) var<storage, read> sums: array<u32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
  data[id.x] += sums[group.x];
}
"""

# W. D. Hillis and G. L. Steele, "Data parallel algorithms" (1986), with two copies. Inclusive.
HILLIS_STEELE = """
@group(0) @binding(0) var<storage, read> given: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<i32>;
const N = 128;
var<workgroup> copies: array<array<i32, N>, 2>;

@compute @workgroup_size(N)
fn main(@builtin(local_invocation_index) me: u32) {
  var source = 0;
  copies[0][me] = given[me];
  workgroupBarrier();
  for (var step = 1u; step < u32(N); step <<= 1) {
    let to = 1 - source;
    if me >= step {
      copies[to][me] = copies[source][me] + copies[source][me - step];
    } else {
      copies[to][me] = copies[source][me];
    }
    workgroupBarrier();
    source = to;
  }
  out[me] = copies[source][me];
}
"""

# D. Merrill and M. Garland, "Single-pass Parallel Prefix Scan with Decoupled Look-back" (2016).
LOOK_BACK = """
const EMPTY = 0u;
const OWN = 1u;
const WHOLE = 2u;
const SIZE = 64u;
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read_write> ticket: atomic<u32>;
@group(0) @binding(3) var<storage, read_write> states: array<atomic<u32>>;
var<workgroup> block: u32;
var<workgroup> before: u32;
var<workgroup> scan: array<u32, SIZE>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) me: u32) {
  if (me == 0u) { block = atomicAdd(&ticket, 1u); }
  let here = workgroupUniformLoad(&block);
  let mine = given[here * SIZE + me];
  scan[me] = mine;
  for (var step = 1u; step < SIZE; step *= 2u) {
    workgroupBarrier();
    var other = 0u;
    if (me >= step) { other = scan[me - step]; }
    workgroupBarrier();
    scan[me] += other;
  }
  if (me == SIZE - 1u) {
    // State and sum travel in one word: 30 bits of sum.
    var running = 0u;
    if (here == 0u) {
      atomicStore(&states[0], (scan[me] << 2u) | WHOLE);
    } else {
      atomicStore(&states[here], (scan[me] << 2u) | OWN);
      var back = here - 1u;
      loop {
        let state = atomicLoad(&states[back]);
        let kind = state & 3u;
        if (kind == EMPTY) { continue; }
        running += state >> 2u;
        if (kind == WHOLE) { break; }
        back -= 1u;
      }
      atomicStore(&states[here], ((running + scan[me]) << 2u) | WHOLE);
    }
    before = running;
  }
  workgroupBarrier();
  out[here * SIZE + me] = before + scan[me];
}
"""

# What passes is packed: flags, their running sum, and one store each.
COMPACT = """
@group(0) @binding(0) var<storage, read> given: array<i32>;
@group(0) @binding(1) var<storage, read_write> kept: array<i32>;
@group(0) @binding(2) var<storage, read_write> count: u32;
var<workgroup> places: array<u32, 256>;
fn passes(x: i32) -> bool { return (x & 3) == 1 || x < -100; }

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) id: vec3u) {
  let keep = passes(given[id.x]);
  places[id.x] = u32(keep);
  workgroupBarrier();
  for (var step = 1u; step < 256u; step = step << 1u) {
    let other = select(0u, places[max(id.x, step) - step], id.x >= step);
    workgroupBarrier();
    places[id.x] += other;
    workgroupBarrier();
  }
  if (keep) { kept[places[id.x] - 1u] = given[id.x]; }
  if (id.x == 255u) { count = places[255]; }
}
"""

APPEND = """
struct List { count: atomic<u32>, items: array<u32> }
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> list: List;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&given)) { return; }
  if (given[id.x] % 3u == 0u) {
    let at = atomicAdd(&list.count, 1u);
    list.items[at] = given[id.x];
  }
}
"""


async def kernel_scan_of_blelloch(gpu: Any) -> Arrays:
    given = words(1, 8 * 256)
    first = await gpu.dispatch(BLELLOCH, {"data": given, "sums": np.zeros(8, np.uint32)}, workgroups=8)
    sums = np.zeros(256, np.uint32)
    sums[:8] = first["sums"]
    second = await gpu.dispatch(BLELLOCH, {"data": sums, "sums": np.zeros(1, np.uint32)}, workgroups=1)
    result = await gpu.dispatch(ADD_BLOCKS, {"data": first["data"], "sums": second["data"][:8]}, workgroups=8)
    expected = np.cumsum(given, dtype=np.uint32) - given
    np.testing.assert_array_equal(result["data"], expected)
    return {"data": result["data"], "sums": first["sums"]}


async def kernel_scan_of_hillis_and_steele(gpu: Any) -> Arrays:
    given = words(2, 128).view(np.int32)
    result = await gpu.dispatch(HILLIS_STEELE, {"given": given, "out": np.zeros(128, np.int32)}, workgroups=1)
    np.testing.assert_array_equal(result["out"], np.cumsum(given, dtype=np.int32))
    return {"out": result["out"]}


async def kernel_scan_that_looks_back(gpu: Any) -> Arrays:
    blocks = 20
    given = words(3, 64 * blocks, 1000)
    bindings = {"given": given, "out": np.zeros_like(given), "ticket": np.zeros(1, np.uint32)}
    result = await gpu.dispatch(LOOK_BACK, {**bindings, "states": np.zeros(blocks, np.uint32)}, workgroups=blocks)
    np.testing.assert_array_equal(result["out"], np.cumsum(given, dtype=np.uint32))
    return {"out": result["out"]}


async def kernel_compaction(gpu: Any) -> Arrays:
    given = (words(4, 256, 1000).view(np.int32)) - 500
    bindings = {"given": given, "kept": np.zeros_like(given), "count": np.zeros(1, np.uint32)}
    result = await gpu.dispatch(COMPACT, bindings, workgroups=1)
    expected = given[((given & 3) == 1) | (given < -100)]
    assert result["count"][0] == expected.size
    np.testing.assert_array_equal(result["kept"][: expected.size], expected)
    return {"kept": result["kept"]}


async def kernel_append_in_any_order(gpu: Any) -> Arrays:
    given = words(5, 700, 10000)
    room = np.zeros((), [("count", "u4"), ("items", "u4", (700,))])
    result = await gpu.dispatch(APPEND, {"given": given, "list": room}, workgroups=11)
    count = int(result["list"]["count"])
    items = np.sort(result["list"]["items"].ravel()[:count])
    np.testing.assert_array_equal(items, np.sort(given[given % 3 == 0]))
    return {"items": items}
