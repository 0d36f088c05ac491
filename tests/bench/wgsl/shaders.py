"""The shaders: the same text for all who run WGSL.

Sizes are written out, of workgroups too: the interpreter reads no uniforms, and misreads sizes of one number.
None is a ready kernel's: those the CPU knows, and computes without their shaders.
"""

from __future__ import annotations

from typing import Final

ADD: Final = """
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x;
  if (at < arrayLength(&out)) {
    out[at] = a[at] + b[at];
  }
}
"""
MATMUL: Final = """
const SIDE = SIZEu;
const TILE = 16u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
var<workgroup> tile_a: array<array<f32, 16>, 16>;
var<workgroup> tile_b: array<array<f32, 16>, 16>;
@compute @workgroup_size(16, 16, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_id) me: vec3<u32>) {
  var sum = 0.0;
  for (var start = 0u; start < SIDE; start += TILE) {
    tile_a[me.y][me.x] = a[id.y * SIDE + start + me.x];
    tile_b[me.y][me.x] = b[(start + me.y) * SIDE + id.x];
    workgroupBarrier();
    for (var k = 0u; k < TILE; k++) {
      sum += tile_a[me.y][k] * tile_b[k][me.x];
    }
    workgroupBarrier();
  }
  out[id.y * SIDE + id.x] = sum;
}
"""
SUM: Final = """
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> sums: array<f32, 256>;
@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) me: u32,
        @builtin(workgroup_id) group: vec3<u32>) {
  sums[me] = a[id.x];
  workgroupBarrier();
  for (var half = 128u; half > 0u; half = half / 2u) {
    if (me < half) {
      sums[me] = sums[me] + sums[me + half];
    }
    workgroupBarrier();
  }
  if (me == 0u) {
    out[group.x] = sums[0];
  }
}
"""
MANDELBROT: Final = """
const SIDE = SIZEu;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let cx = -2.0 + 2.5 * f32(id.x) / f32(SIDE);
  let cy = -1.25 + 2.5 * f32(id.y) / f32(SIDE);
  var x = 0.0;
  var y = 0.0;
  var count = 0u;
  while (count < 100u && x * x + y * y <= 4.0) {
    let t = x * x - y * y + cx;
    y = 2.0 * x * y + cy;
    x = t;
    count = count + 1u;
  }
  out[id.y * SIDE + id.x] = count;
}
"""


def text(shader: str, size: int) -> str:
    """Return a shader for a size."""
    return shader.replace("SIZE", str(size))
