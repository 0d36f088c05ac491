"""Matrix product, in tiles of 64 by 64 by 8.

A workgroup is 8 by 8 invocations with 8 by 8 results each, in registers: 64 products for 4 reads of the workgroup's
memory. Row and column of a result are an invocation's own plus multiples of 8, so that neighbours read and write
neighbours in global memory; four at a time make a vector.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...contracts.errors import InvalidArgumentError
from .operation import Operation, Passes, groups_for, name_of, operand
from .shader import ReadyShader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

ELEMENTS = ("f32", "f16")
TILE = 64

_HEAD = """\
struct Params { rows: u32, columns: u32, inner: u32 }
@group(0) @binding(0) var<storage, read> a: array<ELEMENT>;
@group(0) @binding(1) var<storage, read> b: array<ELEMENT>;
@group(0) @binding(2) var<storage, read_write> out: array<ELEMENT>;
@group(0) @binding(3) var<uniform> params: Params;

// For each of 8 steps along the inner dimension: 64 rows of a, 64 columns of b. A row's vector is not used, so that
// those who write one row each write to different memory banks.
var<workgroup> left: array<vec4<f32>, 136>;
var<workgroup> right: array<vec4<f32>, 128>;

fn left_at(row: u32, step: u32) -> f32 {
  if (row < params.rows && step < params.inner) {
    return f32(a[row * params.inner + step]);
  }
  return 0.0;
}

fn right_at(step: u32, column: u32) -> f32 {
  if (column < params.columns && step < params.inner) {
    return f32(b[step * params.columns + column]);
  }
  return 0.0;
}

fn store(row: u32, column: u32, results: vec4<f32>) {
  if (row < params.rows) {
    let place = row * params.columns + column;
    if (column < params.columns) { out[place] = ELEMENT(results.x); }
    if (column + 8u < params.columns) { out[place + 8u] = ELEMENT(results.y); }
    if (column + 16u < params.columns) { out[place + 16u] = ELEMENT(results.z); }
    if (column + 24u < params.columns) { out[place + 24u] = ELEMENT(results.w); }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let across = (params.columns + 63u) / 64u;
  let row = group.x / across * 64u;
  let column = group.x % across * 64u;
  let low = me & 7u;
  let high = me >> 3u;
"""

_LOAD = """\
  for (var step = 0u; step < params.inner; step += 8u) {
    for (var half = 0u; half < 64u; half += 32u) {
      let from_row = row + high + half;
      left[low * 17u + high + half / 4u] = vec4<f32>(
        left_at(from_row, step + low),
        left_at(from_row + 8u, step + low),
        left_at(from_row + 16u, step + low),
        left_at(from_row + 24u, step + low),
      );
      let from_column = column + low + half;
      right[high * 16u + low + half / 4u] = vec4<f32>(
        right_at(step + high, from_column),
        right_at(step + high, from_column + 8u),
        right_at(step + high, from_column + 16u),
        right_at(step + high, from_column + 24u),
      );
    }
    workgroupBarrier();
    for (var k = 0u; k < 8u; k++) {
      let a0 = left[k * 17u + high];
      let a1 = left[k * 17u + high + 8u];
      let b0 = right[k * 16u + low];
      let b1 = right[k * 16u + low + 8u];
"""


@functools.cache
def shader(element: str) -> str:
    """Return the WGSL over a type of elements."""
    lines = ["enable f16;\n" if element == "f16" else "", _HEAD.replace("ELEMENT", element)]
    rows = range(8)
    lines += [f"  var c{row}0 = vec4<f32>();\n  var c{row}1 = vec4<f32>();\n" for row in rows]
    lines.append(_LOAD)
    for row in rows:
        factor = f"a{row // 4}.{'xyzw'[row % 4]}"
        lines.append(f"      c{row}0 += {factor} * b0;\n      c{row}1 += {factor} * b1;\n")
    lines.append("    }\n    workgroupBarrier();\n  }\n")
    for row in rows:
        for half in (0, 1):
            lines.append(f"  store(row + high + {8 * row}u, column + low + {32 * half}u, c{row}{half});\n")
    lines.append("}\n")
    return "".join(lines)


def matmul(a: Any, b: Any) -> Operation:
    """Plan the product of two matrices."""
    a, b = operand(a, "a", ELEMENTS, ndim=(2,)), operand(b, "b", ELEMENTS, ndim=(2,))
    if a.dtype != b.dtype:
        message = f"a holds {a.dtype} and b {b.dtype}: convert one of them with astype."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    if a.shape[1] != b.shape[0]:
        message = f"a has {a.shape[1]} columns and b {b.shape[0]} rows: a row of a is multiplied by a column of b."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")

    async def encode(passes: Passes, a: Any, b: Any) -> DeviceArray:
        rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
        out = passes.empty((rows, columns), a.dtype)
        groups = groups_for(rows, TILE) * groups_for(columns, TILE)
        params = {"rows": rows, "columns": columns, "inner": inner}
        return await passes.dispatch(shader(name_of(a.dtype)), groups, a=a, b=b, out=out, params=params)

    return Operation((a, b), (a.shape[0], b.shape[1]), a.dtype, encode, _twin)


def _twin(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    product: NDArray[Any] = (a.astype("float32") @ b.astype("float32")).astype(a.dtype)
    return product


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    params = values["params"]
    rows, columns, inner = int(params["rows"]), int(params["columns"]), int(params["inner"])
    a, b, out = values["a"], values["b"], values["out"]
    product = _twin(a[: rows * inner].reshape(rows, inner), b[: inner * columns].reshape(inner, columns))
    target = out[: rows * columns].reshape(rows, columns)
    across = groups_for(columns, TILE)
    for tile in range(min(reach, groups_for(rows, TILE) * across)):
        row, column = tile // across * TILE, tile % across * TILE
        part = slice(row, row + TILE), slice(column, column + TILE)
        target[part] = product[part]


def _fits(values: Mapping[str, Any]) -> bool:
    rows, columns, inner = (int(values["params"][name]) for name in ("rows", "columns", "inner"))
    needed = {"a": rows * inner, "b": inner * columns, "out": rows * columns}
    return all(values[name].size >= count for name, count in needed.items())


SHADERS = tuple(
    ReadyShader(
        shader(element),
        {"a": element, "b": element, "out": element},
        _run,
        {"rows": "u32", "columns": "u32", "inner": "u32"},
        _fits,
    )
    for element in ELEMENTS
)
