"""The index of the greatest element."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .keys import key_functions
from .operation import Operation, Passes, argument, groups_for, name_of, operand
from .reductions import BLOCK, ELEMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

# The first level reads elements, the others what the level before has found.
_ELEMENTS = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> best: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
KEYS
fn count() -> u32 {
  return arrayLength(&a);
}

fn candidate(i: u32) -> vec2<u32> {
  return vec2<u32>(to_key(ZERO), i);
}
"""

_FOUND = """\
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read_write> best: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;

fn count() -> u32 {
  return arrayLength(&keys);
}

fn candidate(i: u32) -> vec2<u32> {
  return vec2<u32>(keys[i], places[i]);
}
"""

_SEARCH = """
var<workgroup> parts: array<vec2<u32>, 64>;

// The greater key; of equal keys the smaller index.
fn better(one: vec2<u32>, other: vec2<u32>) -> vec2<u32> {
  return select(one, other, other.x > one.x || (other.x == one.x && other.y < one.y));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let begin = group.x * BLOCKu;
  let end = min(count(), begin + BLOCKu);
  var found = vec2<u32>(0u, 0xffffffffu);
  for (var i = begin + me; i < end; i += 64u) {
    found = better(found, candidate(i));
  }
  parts[me] = found;
  workgroupBarrier();
  if (me < 8u) {
    for (var j = me + 8u; j < 64u; j += 8u) {
      found = better(found, parts[j]);
    }
    parts[me] = found;
  }
  workgroupBarrier();
  if (me == 0u) {
    for (var j = 1u; j < 8u; j++) {
      found = better(found, parts[j]);
    }
    best[group.x] = found.x;
    out[group.x] = found.y;
  }
}
"""


@functools.cache
def shader(element: str | None) -> str:
    """Return the WGSL of the first level over a type of elements, or of the levels after it."""
    if element is None:
        return _FOUND + _SEARCH.replace("BLOCK", str(BLOCK))
    # -0.0 equals 0.0, which their bits do not.
    zero = "select(a[i], 0.0, bitcast<u32>(a[i]) == 0x80000000u)" if element == "f32" else "a[i]"
    text = _ELEMENTS.replace("f32", element).replace("KEYS", key_functions(element)).replace("ZERO", zero)
    return text + _SEARCH.replace("BLOCK", str(BLOCK))


def argmax(a: Any) -> Operation:
    """Plan the search for the first index of the greatest element."""
    a = operand(a, "a", ELEMENTS)
    argument(a.size > 0, "An empty array has no greatest element: give one element or more.")

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        wgsl, size, bindings = shader(name_of(a.dtype)), a.size, {"a": a}
        while True:
            groups = groups_for(size, BLOCK)
            best, places = passes.empty(groups, "u32"), passes.empty(groups, "u32")
            await passes.dispatch(wgsl, groups, best=best, out=places, **bindings)
            if groups == 1:
                return places
            wgsl, size, bindings = shader(None), groups, {"keys": best, "places": places}

    return Operation((a,), (1,), "u32", encode, _twin, lambda result: result.astype("intp")[0])


def _twin(a: NDArray[Any]) -> NDArray[Any]:
    place: NDArray[Any] = a.argmax().astype("uint32").reshape(1)
    return place
