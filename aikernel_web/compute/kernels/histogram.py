"""Histogram of equal bins: each workgroup counts in memory of its own, and adds that to all others' counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .keys import key_functions, keys_of
from .operation import Operation, Passes, argument, flat, groups_for, number, operand, pair, whole
from .shader import ReadyShader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

BLOCK = 64 * 128
"""Elements a workgroup."""
OWN_BINS = 2048
"""Bins that a workgroup can count in its own memory; more are counted where all do, which is slower."""
BINS_MAX = 1 << 24

_HEAD = (
    """\
struct Params { bins: u32, low: f32, scale: f32 }
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> edges: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<atomic<u32>>;
@group(0) @binding(3) var<uniform> params: Params;
"""
    + key_functions("f32")
    + """
// The bin of a value, and 0xffffffff outside of all. The quotient is off by one at times: the edges' keys decide.
fn bin_of(value: f32) -> u32 {
  // -0.0 equals 0.0, which their bits do not.
  let key = select(to_key(value), 0x80000000u, bitcast<u32>(value) == 0x80000000u);
  if (key < edges[0] || key > edges[params.bins]) {
    return 0xffffffffu;
  }
  let guess = clamp((value - params.low) * params.scale, 0.0, f32(params.bins - 1u));
  var bin = min(u32(guess), params.bins - 1u);
  while (bin > 0u && key < edges[bin]) {
    bin--;
  }
  while (bin + 1u < params.bins && key >= edges[bin + 1u]) {
    bin++;
  }
  return bin;
}
"""
)

OWN = (
    _HEAD
    + """
var<workgroup> counts: array<atomic<u32>, 2048>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  // They begin as zeros in WGSL (section 7.3), and not on every driver.
  for (var bin = me; bin < params.bins; bin += 64u) {
    atomicStore(&counts[bin], 0u);
  }
  workgroupBarrier();
  let begin = group.x * 8192u;
  let end = min(arrayLength(&a), begin + 8192u);
  for (var i = begin + me; i < end; i += 64u) {
    let bin = bin_of(a[i]);
    if (bin < params.bins) {
      atomicAdd(&counts[bin], 1u);
    }
  }
  workgroupBarrier();
  for (var bin = me; bin < params.bins; bin += 64u) {
    let count = atomicLoad(&counts[bin]);
    if (count > 0u) {
      atomicAdd(&out[bin], count);
    }
  }
}
"""
)
"""For at most 2048 bins."""

COMMON = (
    _HEAD
    + """
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let begin = group.x * 8192u;
  let end = min(arrayLength(&a), begin + 8192u);
  for (var i = begin + me; i < end; i += 64u) {
    let bin = bin_of(a[i]);
    if (bin < params.bins) {
      atomicAdd(&out[bin], 1u);
    }
  }
}
"""
)
"""For any number of bins."""


def histogram(a: Any, bins: int, bounds: tuple[float, float]) -> Operation:
    """Plan the counts of elements in each of ``bins`` equal bins between the bounds."""
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    a = operand(a, "a", ("f32",))
    bins = whole(bins, "bins")
    argument(1 <= bins <= BINS_MAX, f"{bins} bins: give 1 to {BINS_MAX}.")
    low, high = (number(bound, "bounds") for bound in pair(bounds, "bounds"))
    limit = float(np.finfo(np.float32).max)
    argument(-limit <= low < high <= limit, f"The range is {low} to {high}: give two finite float32, the lesser first.")
    edges = np.linspace(low, high, bins + 1, dtype=np.float32)
    with np.errstate(over="ignore"):
        scale = float(min(np.float32(bins / (high - low)), np.float32(limit)))
    params = {"bins": bins, "low": float(edges[0]), "scale": scale}

    keys = keys_of(edges)

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        out = passes.empty(bins, "u32")
        wgsl = OWN if bins <= OWN_BINS else COMMON
        return await passes.dispatch(wgsl, groups_for(a.size, BLOCK), a=a, edges=keys, out=out, params=params)

    return Operation((a,), (bins,), "u32", encode, lambda a: _twin(flat(a), keys))


def _twin(a: NDArray[Any], edges: NDArray[Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415

    keys = keys_of(a)
    inside = keys[(keys >= edges[0]) & (keys <= edges[-1])]
    places = np.minimum(np.searchsorted(edges, inside, side="right") - 1, edges.size - 2)
    return np.bincount(places, minlength=edges.size - 1).astype(np.uint32)


def _run(values: Mapping[str, Any], reach: int, times: int) -> None:
    import numpy as np  # noqa: PLC0415

    bins = int(values["params"]["bins"])
    counts = _twin(values["a"][: reach * BLOCK], values["edges"][: bins + 1])
    values["out"][:bins] += counts * np.uint32(times)


def _fits(values: Mapping[str, Any]) -> bool:
    bins = int(values["params"]["bins"])
    return bool(1 <= bins < values["edges"].size and bins <= values["out"].size)


SHADERS = tuple(
    ReadyShader(
        wgsl,
        {"a": "f32", "edges": "u32", "out": "u32"},
        _run,
        {"bins": "u32", "low": "f32", "scale": "f32"},
        _fits,
    )
    for wgsl in (OWN, COMMON)
)
