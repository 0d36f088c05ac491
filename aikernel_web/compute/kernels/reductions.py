"""Sum, dot product, minimum and maximum of all elements: a tree of workgroups, one level a dispatch."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from .keys import key_functions
from .operation import Operation, Passes, argument, equal_shapes, groups_for, name_of, operand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

ELEMENTS = ("f32", "i32", "u32")
EACH = 64
BLOCK = 64 * EACH
"""Elements that one workgroup reduces to one: an invocation takes every 64th, so that neighbours read neighbours.

64 invocations are enough for all GPUs, and software, for which a barrier among more is dear, is five times as fast as
with 256.
"""

_SUM = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let begin = group.x * BLOCKu;
  let end = min(arrayLength(&a), begin + BLOCKu);
  // Eight running sums: as many reads at once, and short chains of rounding errors.
  var sums = vec4<f32>();
  var more = vec4<f32>();
  var i = begin + me;
  for (; i + 448u < end; i += 512u) {
    sums += vec4<f32>(TERM(i), TERM(i + 64u), TERM(i + 128u), TERM(i + 192u));
    more += vec4<f32>(TERM(i + 256u), TERM(i + 320u), TERM(i + 384u), TERM(i + 448u));
  }
  for (; i < end; i += 64u) {
    sums.x += TERM(i);
  }
  sums += more;
  parts[me] = (sums.x + sums.y) + (sums.z + sums.w);
  workgroupBarrier();
  if (me < 8u) {
    var sum = parts[me];
    for (var j = me + 8u; j < 64u; j += 8u) {
      sum += parts[j];
    }
    parts[me] = sum;
  }
  workgroupBarrier();
  if (me == 0u) {
    var sum = parts[0];
    for (var j = 1u; j < 8u; j++) {
      sum += parts[j];
    }
    out[group.x] = sum;
  }
}
"""

_EXTREME = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

var<workgroup> parts: array<u32, 64>;
KEYS
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let begin = group.x * BLOCKu;
  let end = min(arrayLength(&a), begin + BLOCKu);
  var best = IDENTITY;
  for (var i = begin + me; i < end; i += 64u) {
    best = PICK(best, to_key(a[i]));
  }
  parts[me] = best;
  workgroupBarrier();
  if (me < 8u) {
    for (var j = me + 8u; j < 64u; j += 8u) {
      best = PICK(best, parts[j]);
    }
    parts[me] = best;
  }
  workgroupBarrier();
  if (me == 0u) {
    for (var j = 1u; j < 8u; j++) {
      best = PICK(best, parts[j]);
    }
    out[group.x] = from_key(best);
  }
}
"""


@functools.cache
def sum_shader(element: str, block: int = BLOCK, *, products: bool = False) -> str:
    """Return the WGSL that sums each ``block`` elements, or products of two arrays' elements."""
    text = _SUM
    if products:
        text = text.replace(
            "@group(0) @binding(1) var<storage, read_write>",
            "@group(0) @binding(2) var<storage, read> b: array<f32>;\n@group(0) @binding(1) var<storage, read_write>",
        )
    text = re.sub(r"TERM\((.*?)\)", r"a[\1] * b[\1]" if products else r"a[\1]", text)
    return text.replace("BLOCK", str(block)).replace("f32", element)


@functools.cache
def extreme_shader(element: str, pick: str) -> str:
    """Return the WGSL that finds the ``pick`` ("min" or "max") of each block, which NaN wins."""
    nan, identity = {"min": ("0u", "0xffffffffu"), "max": ("0xffffffffu", "0u")}[pick]
    text = _EXTREME.replace("IDENTITY", identity).replace("PICK", pick).replace("BLOCK", str(BLOCK))
    return text.replace("array<f32>", f"array<{element}>").replace("KEYS", key_functions(element, nan=nan))


async def reduce(passes: Passes, a: Any, first: str, following: str, **more: Any) -> DeviceArray:
    """Record levels until one element is left."""
    wgsl, size, bindings = first, a.size, {"a": a, **more}
    while True:
        groups = groups_for(size, BLOCK)
        out = await passes.dispatch(wgsl, groups, out=passes.empty(groups, a.dtype), **bindings)
        if groups == 1:
            return out
        wgsl, size, bindings = following, groups, {"a": out}


def total(a: Any) -> Operation:
    """Plan the sum of all elements."""
    a = operand(a, "a", ELEMENTS)

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        wgsl = sum_shader(name_of(a.dtype))
        return await reduce(passes, a, wgsl, wgsl)

    return Operation((a,), (1,), a.dtype, encode, lambda a: a.sum(dtype=a.dtype).reshape(1), _only)


def dot(a: Any, b: Any) -> Operation:
    """Plan the sum of products."""
    a, b = operand(a, "a", ELEMENTS, ndim=(1,)), operand(b, "b", ELEMENTS, ndim=(1,))
    equal_shapes(a, b, "a", "b")

    async def encode(passes: Passes, a: Any, b: Any) -> DeviceArray:
        element = name_of(a.dtype)
        return await reduce(passes, a, sum_shader(element, products=True), sum_shader(element), b=b)

    # NumPy's own dot may sum in any order; its sum adds in pairs, as the kernel does.
    return Operation((a, b), (1,), a.dtype, encode, lambda a, b: (a * b).sum(dtype=a.dtype).reshape(1), _only)


def extreme(a: Any, pick: str) -> Operation:
    """Plan the least ("min") or the greatest ("max") element."""
    a = operand(a, "a", ELEMENTS)
    argument(a.size > 0, f"An empty array has no {pick}: give one element or more.")

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        wgsl = extreme_shader(name_of(a.dtype), pick)
        return await reduce(passes, a, wgsl, wgsl)

    return Operation((a,), (1,), a.dtype, encode, lambda a: getattr(a, pick)().reshape(1), _only)


def _only(result: NDArray[Any]) -> Any:
    return result[0]
