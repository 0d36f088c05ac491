"""Sorting by bitonic merges (Batcher, "Sorting networks and their applications", 1968) over the keys of values.

A merge of 2**n keys has n steps: the first compares mirrored places, the next ones places that are 2**(n - 2), ..., 2,
1 apart. So all comparisons put the smaller key first: what lies beyond the end would be greater than all and never
move, and is left out, so that any length is sorted. Two steps are made at once where there are two, over four keys.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .keys import key_functions
from .operation import Operation, Passes, groups_for, name_of, operand

if TYPE_CHECKING:
    from ..device_array import DeviceArray

ELEMENTS = ("f32", "i32", "u32")
BLOCK_STEPS = 11
BLOCK = 1 << BLOCK_STEPS
"""Keys that a workgroup sorts in its own memory."""
_WORKGROUP_SIZE = 64

_TILE = """
var<workgroup> tile: array<u32, 2048>;

// Two steps: the mirrored or more distant places first, which are i and k, j and l; then the nearer ones.
fn order_four(i: u32, j: u32, k: u32, l: u32) {
  let low_i = min(tile[i], tile[k]);
  let high_k = max(tile[i], tile[k]);
  let low_j = min(tile[j], tile[l]);
  let high_l = max(tile[j], tile[l]);
  tile[i] = min(low_i, low_j);
  tile[j] = max(low_i, low_j);
  tile[k] = min(high_k, high_l);
  tile[l] = max(high_k, high_l);
}

fn order(i: u32, j: u32) {
  let low = min(tile[i], tile[j]);
  tile[j] = max(tile[i], tile[j]);
  tile[i] = low;
}

// The last steps of a merge, an even number.
fn settle(steps: u32, me: u32) {
  for (var step = steps; step > 0u; step -= 2u) {
    let apart = 1u << (step - 2u);
    for (var four = me; four < 512u; four += 64u) {
      let i = ((four >> (step - 2u)) << step) + (four & (apart - 1u));
      order_four(i, i + apart, i + 2u * apart, i + 3u * apart);
    }
    workgroupBarrier();
  }
}
"""

_BLOCKS = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<OUT>;
KEYSTILE
fn merge(steps: u32, me: u32) {
  let span = 1u << steps;
  if ((steps & 1u) == 1u) {
    for (var pair = me; pair < 1024u; pair += 64u) {
      let first = (pair >> (steps - 1u)) << steps;
      let place = pair & (span / 2u - 1u);
      order(first + place, first + span - 1u - place);
    }
    workgroupBarrier();
    settle(steps - 1u, me);
  } else {
    for (var four = me; four < 512u; four += 64u) {
      let first = (four >> (steps - 2u)) << steps;
      let place = four & (span / 4u - 1u);
      let last = first + span - 1u - place;
      // Mirrored halves keep the greater keys, whose nearer place is then the lower one.
      order_mirrored(first + place, first + place + span / 4u, last - span / 4u, last);
    }
    workgroupBarrier();
    settle(steps - 2u, me);
  }
}

fn order_mirrored(i: u32, j: u32, k: u32, l: u32) {
  let low_i = min(tile[i], tile[l]);
  let high_l = max(tile[i], tile[l]);
  let low_j = min(tile[j], tile[k]);
  let high_k = max(tile[j], tile[k]);
  tile[i] = min(low_i, low_j);
  tile[j] = max(low_i, low_j);
  tile[k] = min(high_k, high_l);
  tile[l] = max(high_k, high_l);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let length = arrayLength(&a);
  let begin = group.x * 2048u;
  for (var i = me; i < 2048u; i += 64u) {
    tile[i] = 0xffffffffu;
    if (begin + i < length) {
      tile[i] = to_key(a[begin + i]);
    }
  }
  workgroupBarrier();
  for (var steps = 1u; steps <= 11u; steps++) {
    merge(steps, me);
  }
  for (var i = me; i < 2048u; i += 64u) {
    if (begin + i < length) {
      out[begin + i] = RESULT;
    }
  }
}
"""
"""Sorts each block; from values to keys, or to values where one block is all."""

_ACROSS = """\
struct Params { steps: u32, mirror: u32 }
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;

fn key_at(i: u32) -> u32 {
  if (i < arrayLength(&out)) {
    return out[i];
  }
  return 0xffffffffu;
}

fn put(i: u32, key: u32) {
  if (i < arrayLength(&out)) {
    out[i] = key;
  }
}
"""

MIRROR = (
    _ACROSS
    + """
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let half = 1u << (params.steps - 1u);
  let first = (id.x >> (params.steps - 1u)) << params.steps;
  let place = id.x & (half - 1u);
  let i = first + place;
  let j = first + 2u * half - 1u - place;
  let a = key_at(i);
  let b = key_at(j);
  put(i, min(a, b));
  put(j, max(a, b));
}
"""
)
"""The first step of a merge whose places lie in different blocks."""

TWO_STEPS = (
    _ACROSS
    + """
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let quarter = 1u << (params.steps - 2u);
  let first = (id.x >> (params.steps - 2u)) << params.steps;
  let place = id.x & (quarter - 1u);
  let mirror = params.mirror != 0u;
  // In a mirrored step the upper half is read from its end, so that what is compared first is i and k, j and l.
  let i = first + place;
  let j = i + quarter;
  let k = select(j + quarter, first + 4u * quarter - 1u - place, mirror);
  let l = select(k + quarter, k - quarter, mirror);
  let a = key_at(i);
  let b = key_at(j);
  let c = key_at(k);
  let d = key_at(l);
  let low_i = min(a, c);
  let high_k = max(a, c);
  let low_j = min(b, d);
  let high_l = max(b, d);
  put(i, min(low_i, low_j));
  put(j, max(low_i, low_j));
  put(select(k, l, mirror), min(high_k, high_l));
  put(select(l, k, mirror), max(high_k, high_l));
}
"""
)
"""Two steps of a merge whose places lie in different blocks; ``steps`` are still to be made, or ``mirror``: all."""

_WITHIN = """\
@group(0) @binding(0) var<storage, ACCESS> keys: array<u32>;
OUTTILE
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let length = arrayLength(&keys);
  let begin = group.x * 2048u;
  for (var i = me; i < 2048u; i += 64u) {
    tile[i] = 0xffffffffu;
    if (begin + i < length) {
      tile[i] = keys[begin + i];
    }
  }
  workgroupBarrier();
  for (var i = me; i < 1024u; i += 64u) {
    order(i, i + 1024u);
  }
  workgroupBarrier();
  settle(10u, me);
  for (var i = me; i < 2048u; i += 64u) {
    if (begin + i < length) {
      out[begin + i] = RESULT;
    }
  }
}
"""
"""The steps of a merge whose places lie in the same block; of the last merge, with values as results."""


@functools.cache
def blocks_shader(element: str, *, only: bool) -> str:
    """Return the WGSL that sorts each block; ``only``: there is one, and values are the result."""
    text = _BLOCKS.replace("TILE", _TILE).replace("array<f32>", f"array<{element}>")
    text = text.replace("KEYS", key_functions(element)).replace("OUT", element if only else "u32")
    return text.replace("RESULT", "from_key(tile[i])" if only else "tile[i]")


@functools.cache
def within_shader(element: str | None) -> str:
    """Return the WGSL of the steps within blocks, in place; with a type of elements: of the last merge's."""
    if element is None:
        text = _WITHIN.replace("ACCESS", "read_write").replace("OUT", "").replace("keys", "out")
        return text.replace("TILE", _TILE).replace("RESULT", "tile[i]")
    out = f"@group(0) @binding(1) var<storage, read_write> out: array<{element}>;\n{key_functions(element)}"
    text = _WITHIN.replace("ACCESS", "read").replace("OUT", out).replace("TILE", _TILE)
    return text.replace("RESULT", "from_key(tile[i])")


def sort(a: Any) -> Operation:
    """Plan an array's sorting, smallest first."""
    a = operand(a, "a", ELEMENTS, ndim=(1,))

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        element, blocks = name_of(a.dtype), groups_for(a.size, BLOCK)
        out = passes.empty(a.size, a.dtype)
        if blocks == 1:
            return await passes.dispatch(blocks_shader(element, only=True), 1, a=a, out=out)
        keys = passes.empty(a.size, "u32")
        await passes.dispatch(blocks_shader(element, only=False), blocks, a=a, out=keys)
        merged, last = BLOCK_STEPS, (a.size - 1).bit_length()
        while merged < last:
            merged += 1
            await _merge(passes, keys, merged)
            if merged < last:
                await passes.dispatch(within_shader(None), blocks, out=keys)
        return await passes.dispatch(within_shader(element), blocks, keys=keys, out=out)

    return Operation((a,), a.shape, a.dtype, encode, _twin)


async def _merge(passes: Passes, keys: DeviceArray, merged: int) -> None:
    """Record the steps that cross blocks, of merges of 2**merged keys."""
    remaining, mirror = merged, True
    if (merged - BLOCK_STEPS) % 2:
        await _across(passes, MIRROR, keys, {"steps": merged, "mirror": 1}, 2)
        remaining, mirror = merged - 1, False
    while remaining > BLOCK_STEPS:
        await _across(passes, TWO_STEPS, keys, {"steps": remaining, "mirror": int(mirror)}, 4)
        remaining, mirror = remaining - 2, False


async def _across(passes: Passes, wgsl: str, keys: DeviceArray, params: dict[str, int], each: int) -> None:
    span = 1 << params["steps"]
    groups = groups_for(groups_for(keys.size, span) * (span // each), _WORKGROUP_SIZE)
    await passes.dispatch(wgsl, groups, out=keys, params=params)


def _twin(a: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    return np.sort(a)
