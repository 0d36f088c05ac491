"""The transpose of a matrix, by tiles of 32 by 32 that are read and written along their rows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, groups_for, name_of, operand
from .shader import ReadyShader

if TYPE_CHECKING:
    from ..device_array import DeviceArray

ELEMENTS = ("f32", "i32", "u32")
TILE = 32

_TRANSPOSE = """\
struct Params { rows: u32, columns: u32 }
@group(0) @binding(0) var<storage, read> a: array<ELEMENT>;
@group(0) @binding(1) var<storage, read_write> out: array<ELEMENT>;
@group(0) @binding(2) var<uniform> params: Params;

// 33 and not 32 a row: the elements of a column lie in different memory banks.
var<workgroup> tile: array<ELEMENT, 1056>;

@compute @workgroup_size(32, 2)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) me: vec3<u32>) {
  let across = (params.columns + 31u) / 32u;
  let row = group.x / across * 32u;
  let column = group.x % across * 32u;
  for (var i = me.y; i < 32u; i += 2u) {
    if (row + i < params.rows && column + me.x < params.columns) {
      tile[i * 33u + me.x] = a[(row + i) * params.columns + column + me.x];
    }
  }
  workgroupBarrier();
  for (var i = me.y; i < 32u; i += 2u) {
    if (column + i < params.columns && row + me.x < params.rows) {
      out[(column + i) * params.rows + row + me.x] = tile[me.x * 33u + i];
    }
  }
}
"""


@functools.cache
def shader(element: str) -> str:
    """Return the WGSL over a type of elements."""
    return _TRANSPOSE.replace("ELEMENT", element)


def transpose(a: Any) -> Operation:
    """Plan the transpose of a matrix."""
    a = operand(a, "a", ELEMENTS, ndim=(2,))

    async def encode(passes: Passes, a: Any) -> DeviceArray:
        rows, columns = a.shape
        out = passes.empty((columns, rows), a.dtype)
        groups = groups_for(rows, TILE) * groups_for(columns, TILE)
        params = {"rows": rows, "columns": columns}
        return await passes.dispatch(shader(name_of(a.dtype)), groups, a=a, out=out, params=params)

    return Operation((a,), (a.shape[1], a.shape[0]), a.dtype, encode, lambda a: a.T.copy())


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    rows, columns = int(values["params"]["rows"]), int(values["params"]["columns"])
    a = values["a"][: rows * columns].reshape(rows, columns)
    out = values["out"][: rows * columns].reshape(columns, rows)
    across = groups_for(columns, TILE)
    for tile in range(min(reach, groups_for(rows, TILE) * across)):
        row, column = tile // across * TILE, tile % across * TILE
        out[column : column + TILE, row : row + TILE] = a[row : row + TILE, column : column + TILE].T


def _fits(values: Mapping[str, Any]) -> bool:
    count = int(values["params"]["rows"]) * int(values["params"]["columns"])
    return bool(min(values["a"].size, values["out"].size) >= count)


SHADERS = tuple(
    ReadyShader(
        shader(element),
        {"a": element, "out": element},
        _run,
        {"rows": "u32", "columns": "u32"},
        _fits,
    )
    for element in ELEMENTS
)
