"""Corners of the language: pointers, constants, layouts and jumps. What the GPU computes is what counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, floats, words

POINTERS = """
struct Inner { values: array<i32, 4>, corner: vec3<i32> }
struct Outer { first: Inner, more: array<Inner, 2> }
@group(0) @binding(0) var<storage, read_write> data: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<i32>;
var<workgroup> board: array<array<i32, 8>, 4>;
var<private> total: i32;
fn add(to: ptr<function, i32>, x: i32) -> i32 { *to += x; return *to; }
fn fill(row: ptr<workgroup, array<i32, 8>>, at: u32, x: i32) { (*row)[at] = x; }
fn sum(row: ptr<workgroup, array<i32, 8>>) -> i32 {
  var s = 0;
  for (var i = 0; i < 8; i++) { s = s * 3 + row[i]; }
  return s;
}
fn count(p: ptr<private, i32>) { (*p)++; }
fn length(p: ptr<storage, array<i32>, read_write>) -> u32 { return arrayLength(p); }
fn turn(inner: ptr<function, Inner>) {
  let values = &(*inner).values;
  for (var i = 0u; i < 2u; i++) {
    let kept = (*values)[i];
    values[i] = values[3u - i];
    (*values)[3u - i] = kept;
  }
  (*inner).corner = (*inner).corner.zxy;
  inner.corner.y *= 2;
}
@compute @workgroup_size(8, 4)
fn main(@builtin(local_invocation_id) me: vec3u, @builtin(local_invocation_index) flat: u32) {
  fill(&board[me.y], me.x, data[flat]);
  workgroupBarrier();
  var outer: Outer;
  outer.more[flat & 1u].values[me.x & 3u] = sum(&board[(me.y + 1u) & 3u]);
  outer.more[1].corner = vec3i(me) + vec3i(1, 2, 3);
  turn(&outer.more[flat & 1u]);
  turn(&outer.first);
  var x = 5;
  let y = add(&x, 1) * 100 + add(&x, 10) + x;
  for (var i = 0u; i < me.x; i++) { count(&total); }
  let copy = outer;
  let inner = copy.more[flat & 1u];
  out[flat] = inner.values[0] + inner.values[1] * 2 + inner.values[2] * 3 + inner.values[3] * 4
    + dot(inner.corner, vec3i(1, 10, 100)) + y + total + i32(length(&data));
}
"""

JUMPS = """
@group(0) @binding(0) var<storage, read_write> out: array<vec4<u32>>;
struct Found { at: u32, sum: u32 }
fn find(start: u32) -> Found {
  var sum = 0u;
  for (var i = start; ; i++) {
    var j = 0u;
    loop {
      if (j > 4u) { break; }
      switch (i * j % 7u) {
        case 0u, 3u: { sum += 1u; }
        case 1u { continue; }
        default: {
          if (sum > 20u) { return Found(i, sum); }
          if (j == 2u) { break; }
          sum += j;
        }
        case 5u: { if (i > 30u) { return Found(99u, sum); } }
      }
      sum += 1u;
      continuing {
        j += 1u;
        break if sum > 50u;
      }
    }
    if (i > start + 9u) { break; }
  }
  return Found(0u, sum);
}
fn collatz(n: u32) -> u32 {
  var x = n;
  var steps = 0u;
  while (x != 1u) {
    steps++;
    if ((x & 1u) == 0u) { x /= 2u; continue; }
    x = 3u * x + 1u;
  }
  return steps;
}
fn side(p: ptr<function, u32>) -> bool { *p += 1u; return *p % 2u == 0u; }
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let found = find(id.x);
  var calls = id.x;
  let both = (side(&calls) && side(&calls)) || side(&calls);
  out[id.x] = vec4u(found.at, found.sum, collatz(id.x + 1u), calls * 2u + u32(both));
  if (id.x % 3u == 0u) { return; }
  out[id.x].y += 1000u;
}
"""

LAYOUTS = """
struct Small { a: f32, b: vec3f, c: u32 }
struct Wide { @size(32) head: u32, @align(16) m: mat3x3f, list: array<Small, 2>, n: mat2x4f, tail: vec2i }
@group(0) @binding(0) var<uniform> table: array<vec4u, 5>;
@group(0) @binding(1) var<uniform> turn: mat3x3f;
@group(0) @binding(2) var<storage, read> given: array<Wide>;
@group(0) @binding(3) var<storage, read_write> out: array<Wide>;
alias Row = vec3<f32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&given)) { return; }
  var wide = given[id.x];
  wide.m = transpose(wide.m) * turn;
  wide.m[id.x % 3u][1] = -wide.m[id.x % 3u][1];
  wide.m[2] += Row(1.0, 2.0, 3.0);
  wide.head = table[id.x % 5u].z + table[wide.head % 5u][id.x % 4u];
  wide.list[0] = given[arrayLength(&given) - 1u - id.x].list[1];
  wide.list[1].b.z = wide.n[1].w;
  wide.n = mat2x4f(wide.n[1], wide.n[0].wzyx);
  wide.tail = wide.tail.yx;
  out[id.x] = wide;
  out[id.x].n[0] *= 2.0;
  out[id.x].list[1].c += 7u;
}
"""

CONSTANTS = """
diagnostic(off, derivative_uniformity);
const PRIMES = array(2u, 3u, 5u, 7u, 11u, 13u, 17u, 19u);
const MIDDLE = PRIMES[3] + u32(round(2.5)) * (1u << 4u);
override columns: u32 = 4;
override rows = 2u * columns;
override shift: i32 = -3;
override flag = true;
const_assert MIDDLE == 39u;
var<workgroup> marks: array<bool, columns * rows>;
var<private> table = array<vec2f, 3>(vec2f(0.5), vec2f(1, 2), vec2f(-3, 0x1p-2));
@group(0) @binding(0) var<storage, read_write> out: array<i32>;
@compute @workgroup_size(columns, rows)
fn main(@builtin(local_invocation_index) me: u32, @builtin(num_workgroups) groups: vec3u,
        @builtin(workgroup_id) group: vec3u) {
  marks[me] = PRIMES[me % 8u] % 4u == 3u;
  workgroupBarrier();
  var bits = 0u;
  for (var i = 0u; i < columns * rows; i++) { bits = (bits << 1u) | u32(marks[i]); }
  let local_name = select(i32(bits), bitcast<i32>(~bits), flag);
  const half = 1.0 / 2.0;
  table[me % 3u] *= half;
  let at = (group.z * groups.y + group.y) * groups.x + group.x;
  out[at * columns * rows + me] = local_name + shift * i32(MIDDLE) + i32(table[me % 3u].x * 8.0) + i32(at << 20u);
}
"""

COUNTERS = """
struct Cell { hits: atomic<u32>, least: atomic<i32>, seen: array<atomic<u32>, 2> }
@group(0) @binding(0) var<storage, read_write> cells: array<Cell>;
@group(0) @binding(1) var<storage, read_write> order: array<u32>;
var<workgroup> inner: Cell;
@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32) {
  let cell = &cells[id.x % arrayLength(&cells)];
  atomicAdd(&(*cell).hits, 1u);
  atomicMin(&cell.least, -i32(id.x));
  atomicOr(&cell.seen[id.x & 1u], 1u << (id.x % 32u));
  atomicXor(&inner.seen[1], me * me);
  atomicMax(&inner.least, i32(me) - 5);
  let place = atomicAdd(&inner.hits, 1u);
  order[id.x - me + place] = 1u;
  workgroupBarrier();
  if (me == 0u) { atomicAdd(&cells[0].hits, atomicLoad(&inner.seen[1]) + atomicLoad(&inner.hits)); }
}
"""


async def kernel_pointers(gpu: Any) -> Arrays:
    bindings = {"data": words(1, 32, 50).view(np.int32), "out": np.zeros(32, np.int32)}
    return dict(await gpu.dispatch(POINTERS, bindings, workgroups=1))


async def kernel_jumps(gpu: Any) -> Arrays:
    result = await gpu.dispatch(JUMPS, {"out": np.zeros((64, 4), np.uint32)}, workgroups=2)
    assert result["out"][26, 2] == 111  # Collatz' steps from 27
    return dict(result)


async def kernel_layouts(gpu: Any) -> Arrays:
    small = [("a", "f4"), ("b", "f4", (3,)), ("c", "u4")]
    wide = [("head", "u4"), ("m", "f4", (3, 3)), ("list", small, (2,)), ("n", "f4", (2, 4)), ("tail", "i4", (2,))]
    given = np.zeros(10, wide)
    given["head"], given["m"], given["n"] = np.arange(10), floats(1, 10, 3, 3), floats(2, 10, 2, 4)
    given["list"]["a"], given["list"]["b"], given["list"]["c"] = floats(3, 10, 2), floats(4, 10, 2, 3), 5
    given["tail"] = np.arange(20).reshape(10, 2)
    bindings = {"table": words(5, 20, 9).reshape(5, 4), "turn": floats(6, 3, 3), "given": given}
    result = await gpu.dispatch(LAYOUTS, {**bindings, "out": np.zeros_like(given)}, workgroups=3)
    out = result["out"]
    np.testing.assert_array_equal(out["tail"], given["tail"][:, ::-1])
    np.testing.assert_array_equal(out["list"]["a"][:, 0], given["list"]["a"][::-1, 1])
    return {
        "m": np.ascontiguousarray(out["m"]),
        "n": np.ascontiguousarray(out["n"]),
        "head": np.ascontiguousarray(out["head"]),
        **{name: np.ascontiguousarray(out["list"][name]) for name in "abc"},
    }


async def kernel_constants(gpu: Any) -> Arrays:
    found: Arrays = {}
    for constants in ({}, {"columns": 2, "shift": 7, "flag": False}, {"columns": 3, "rows": 5}):
        given: dict[str, Any] = {"out": np.zeros(12 * 32, np.int32)}
        result = await gpu.dispatch(CONSTANTS, given, workgroups=(2, 3, 2), constants=constants)
        found[f"with {len(constants)}"] = result["out"]
    return found


async def kernel_counters(gpu: Any) -> Arrays:
    cells = np.zeros(5, [("hits", "u4"), ("least", "i4"), ("seen", "u4", (2,))])
    result = await gpu.dispatch(COUNTERS, {"cells": cells, "order": np.zeros(96, np.uint32)}, workgroups=6)
    each = np.bitwise_xor.reduce(np.arange(16) ** 2) + 16
    assert result["cells"]["hits"].sum() == 96 + 6 * each
    assert result["order"].all()
    return {name: np.ascontiguousarray(result["cells"][name]) for name in ("hits", "least", "seen")}
