"""Prefix sums: the sums of each block, their prefix sums (in the same way), and with those the blocks' own.

Two reads and one write of each element (Merrill and Grimshaw, "Parallel Scan for Stream Architectures", 2009), and no
workgroup waits for another, which WebGPU gives no promise for.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, flat, groups_for, name_of, operand
from .reductions import ELEMENTS, sum_shader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

BLOCK = 2048
"""Elements a workgroup: 64 invocations, a run of 32 each."""
_SCAN = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

// One unused element after each 32, so that the runs of neighbours begin in different memory banks.
var<workgroup> tile: array<f32, 2112>;
var<workgroup> sums: array<f32, 64>;
var<workgroup> befores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let length = arrayLength(&a);
  let begin = group.x * 2048u;
  for (var i = me; i < 2048u; i += 64u) {
    if (begin + i < length) {
      tile[i + (i >> 5u)] = a[begin + i];
    }
  }
  workgroupBarrier();

  // Of each run of 32 the sums up to each element, of eight runs their sums up to each run.
  let run = me * 33u;
  var sum = tile[run];
  for (var i = run + 1u; i < run + 32u; i++) {
    sum += tile[i];
    tile[i] = sum;
  }
  sums[me] = sum;
  workgroupBarrier();
  if (me < 8u) {
    for (var i = me * 8u + 1u; i < me * 8u + 8u; i++) {
      sums[i] += sums[i - 1u];
    }
  }
  workgroupBarrier();
  var before = BASE;
  for (var i = 7u; i < me; i += 8u) {
    before += sums[i];
  }
  if ((me & 7u) > 0u) {
    before += sums[me - 1u];
  }
  befores[me] = before;
  workgroupBarrier();

  for (var i = me; i < 2048u; i += 64u) {
    if (begin + i < length) {
      RESULT
    }
  }
}
"""
_INCLUSIVE = "out[begin + i] = befores[i >> 5u] + tile[i + (i >> 5u)];"
_EXCLUSIVE = """\
var sum = befores[i >> 5u];
      if ((i & 31u) > 0u) {
        sum += tile[i + (i >> 5u) - 1u];
      }
      out[begin + i] = sum;"""
_BASES = "@group(0) @binding(2) var<storage, read> bases: array<f32>;\n"


@functools.cache
def shader(element: str, *, exclusive: bool, based: bool) -> str:
    """Return the WGSL that scans blocks; ``based``: each from the sum of all before it, in the array ``bases``."""
    text = (_BASES if based else "") + _SCAN
    text = text.replace("BASE;", "bases[group.x];" if based else "f32();")
    return text.replace("RESULT", _EXCLUSIVE if exclusive else _INCLUSIVE).replace("f32", element)


async def scan(passes: Passes, a: Any, *, exclusive: bool) -> DeviceArray:
    """Record the prefix sums of an array, as a flat one."""
    element, blocks = name_of(a.dtype), groups_for(a.size, BLOCK)
    bindings: dict[str, Any] = {"a": a}
    if blocks > 1:
        sums = passes.empty(blocks, a.dtype)
        await passes.dispatch(sum_shader(element, BLOCK), blocks, a=a, out=sums)
        bindings["bases"] = await scan(passes, sums, exclusive=True)
    wgsl = shader(element, exclusive=exclusive, based=blocks > 1)
    return await passes.dispatch(wgsl, blocks, out=passes.empty(a.size, a.dtype), **bindings)


def prefix_sum(a: Any, *, exclusive: bool) -> Operation:
    """Plan the sums of all elements up to each one, with it or (``exclusive``) without."""
    a = operand(a, "a", ELEMENTS)

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        return await scan(passes, a, exclusive=exclusive)

    return Operation((a,), (a.size,), a.dtype, encode, lambda a: _twin(flat(a), exclusive=exclusive))


def _twin(a: NDArray[Any], *, exclusive: bool) -> NDArray[Any]:
    # Summed in 64 bits, since a running sum in 32 has a rounding error for each element before.
    wide = "float64" if a.dtype.kind == "f" else a.dtype
    sums = a.cumsum(dtype=wide)
    if exclusive:
        sums[1:] = sums[:-1].copy()
        sums[:1] = 0
    narrow: NDArray[Any] = sums.astype(a.dtype)
    return narrow
