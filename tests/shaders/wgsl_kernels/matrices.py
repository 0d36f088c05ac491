"""Products of matrices: through workgroup memory, and through registers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, alike, floats

TILED = """
struct Sizes { rows: u32, inner: u32, columns: u32 }
const TILE = 16u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
var<workgroup> tile_a: array<array<f32, TILE>, TILE>;
var<workgroup> tile_b: array<array<f32, TILE>, TILE>;

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_id) me: vec3<u32>) {
  let row = id.y;
  let column = id.x;
  var sum = 0.0;
  for (var start = 0u; start < sizes.inner; start += TILE) {
    let k_a = start + me.x;
    let k_b = start + me.y;
    tile_a[me.y][me.x] = select(0.0, a[row * sizes.inner + k_a], row < sizes.rows && k_a < sizes.inner);
    tile_b[me.y][me.x] = select(0.0, b[k_b * sizes.columns + column], k_b < sizes.inner && column < sizes.columns);
    workgroupBarrier();
    for (var k = 0u; k < TILE; k++) {
      sum += tile_a[me.y][k] * tile_b[k][me.x];
    }
    workgroupBarrier();
  }
  if (row < sizes.rows && column < sizes.columns) {
    c[row * sizes.columns + column] = sum;
  }
}
"""

# Each invocation has a block of 4 x 4 in registers; rows are loaded four numbers at a time.
REGISTERS = """
override SIDE: u32 = 64;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
var<workgroup> part_a: array<array<vec4<f32>, 4>, 32>;
var<workgroup> part_b: array<array<vec4<f32>, 8>, 16>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) me: vec3u,
        @builtin(local_invocation_index) flat: u32) {
  let quarter = SIDE / 4u;
  var sums: array<vec4f, 4>;
  for (var step: u32 = 0u; step < SIDE; step = step + 16u) {
    for (var load = flat; load < 128u; load += 64u) {
      part_a[load / 4u][load % 4u] = a[(group.y * 32u + load / 4u) * quarter + step / 4u + load % 4u];
      part_b[load / 8u][load % 8u] = b[(step + load / 8u) * quarter + group.x * 8u + load % 8u];
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let b0 = part_b[k * 4u][me.x];
      let b1 = part_b[k * 4u + 1u][me.x];
      let b2 = part_b[k * 4u + 2u][me.x];
      let b3 = part_b[k * 4u + 3u][me.x];
      for (var row = 0u; row < 4u; row++) {
        let left = part_a[me.y * 4u + row][k];
        sums[row] += left.x * b0 + left.y * b1 + left.z * b2 + left.w * b3;
      }
    }
    workgroupBarrier();
  }
  for (var row = 0u; row < 4u; row++) {
    c[(group.y * 32u + me.y * 4u + row) * quarter + group.x * 8u + me.x] = sums[row];
  }
}
"""

# One workgroup: a column of blocks of unknowns is solved, and taken from those below it.
CHOLESKY = """
@group(0) @binding(0) var<storage, read_write> a: array<f32>;
override n: u32;
var<workgroup> pivot: f32;
@compute @workgroup_size(32)
fn main(@builtin(local_invocation_id) me: vec3u) {
  for (var k = 0u; k < n; k++) {
    if (me.x == 0u) {
      pivot = sqrt(a[k * n + k]);
      a[k * n + k] = pivot;
    }
    let by = workgroupUniformLoad(&pivot);
    for (var i = k + 1u + me.x; i < n; i += 32u) { a[i * n + k] /= by; }
    storageBarrier();
    for (var i = k + 1u + me.x; i < n; i += 32u) {
      for (var j = k + 1u; j <= i; j++) { a[i * n + j] -= a[i * n + k] * a[j * n + k]; }
    }
    storageBarrier();
  }
  for (var i = me.x; i < n; i += 32u) {
    for (var j = i + 1u; j < n; j++) { a[i * n + j] = 0.0; }
  }
}
"""


async def kernel_matmul_through_tiles(gpu: Any) -> Arrays:
    rows, inner, columns = 45, 70, 33
    a, b = floats(1, rows, inner), floats(2, inner, columns)
    given = {"a": a, "b": b, "c": np.zeros((rows, columns), np.float32)}
    given["sizes"] = {"rows": rows, "inner": inner, "columns": columns}
    result = await gpu.dispatch(TILED, given, workgroups=(3, 3))
    assert alike(result["c"], a @ b)
    return {"c": result["c"]}


async def kernel_matmul_through_registers(gpu: Any) -> Arrays:
    side = 96
    a, b = floats(3, side, side), floats(4, side, side)
    given = {name: array.reshape(-1, 4) for name, array in (("a", a), ("b", b), ("c", np.zeros_like(a)))}
    result = await gpu.dispatch(REGISTERS, given, workgroups=(side // 32, side // 32), constants={"SIDE": side})
    product = result["c"].reshape(side, side)
    assert alike(product, a @ b)
    return {"c": product}


async def kernel_cholesky(gpu: Any) -> Arrays:
    n = 40
    half = floats(5, n, n)
    a = half @ half.T + n * np.eye(n, dtype=np.float32)
    result = await gpu.dispatch(CHOLESKY, {"a": a}, workgroups=1, constants={"n": n})
    assert alike(result["a"], np.linalg.cholesky(a.astype(np.float64)).astype(np.float32))
    return {"a": result["a"]}
