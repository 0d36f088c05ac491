"""Conway's game of life on a torus (Gardner, "Mathematical Games", Scientific American 223, 1970)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, argument, groups_for, operand, whole
from .shader import ReadyShader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

WORKGROUP_SIZE = 64

LIFE = """\
struct Params { width: u32, height: u32 }
@group(0) @binding(0) var<storage, read> cells: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn alive(line: u32, column: u32) -> u32 {
  return min(cells[line * params.width + column], 1u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.width * params.height) {
    return;
  }
  let row = id.x / params.width;
  let column = id.x % params.width;
  // The edges are neighbours.
  let above = select(row, params.height, row == 0u) - 1u;
  let below = select(row + 1u, 0u, row + 1u == params.height);
  let left = select(column, params.width, column == 0u) - 1u;
  let right = select(column + 1u, 0u, column + 1u == params.width);
  let neighbours = alive(above, left) + alive(above, column) + alive(above, right)
    + alive(row, left) + alive(row, right)
    + alive(below, left) + alive(below, column) + alive(below, right);
  out[id.x] = u32(neighbours == 3u || (neighbours == 2u && alive(row, column) == 1u));
}
"""


def life(cells: Any, steps: int) -> Operation:
    """Plan ``steps`` generations."""
    cells = operand(cells, "cells", ("u32",), ndim=(2,))
    steps = whole(steps, "steps")
    argument(steps >= 1, f"{steps} steps: give 1 or more.")

    async def encode(passes: Passes, cells: Any) -> DeviceArray:
        height, width = cells.shape
        groups, params = groups_for(cells.size, WORKGROUP_SIZE), {"width": width, "height": height}
        turns = [passes.empty(cells.shape, "u32") for _ in range(min(steps, 2))]
        for step in range(steps):
            cells = await passes.dispatch(LIFE, groups, cells=cells, out=turns[step % 2], params=params)
        result: DeviceArray = cells
        return result

    def twin(cells: NDArray[Any]) -> NDArray[Any]:
        now = cells.copy()
        for _ in range(steps):
            now = _step(now)
        return now

    return Operation((cells,), cells.shape, "u32", encode, twin)


def _step(cells: NDArray[Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    now = (cells != 0).astype(np.uint32)
    lines = np.roll(now, 1, 0) + now + np.roll(now, -1, 0)
    around = np.roll(lines, 1, 1) + lines + np.roll(lines, -1, 1)
    # With itself: three are three neighbours, or two and the cell; four are three and the cell if it lives.
    following: NDArray[Any] = (around == 3) | ((around == 4) & (now == 1))  # noqa: PLR2004
    return following.astype(np.uint32)


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    height, width = int(values["params"]["height"]), int(values["params"]["width"])
    following = _step(values["cells"][: height * width].reshape(height, width)).reshape(-1)
    count = min(following.size, values["out"].size, reach)
    values["out"][:count] = following[:count]


def _fits(values: Mapping[str, Any]) -> bool:
    count = int(values["params"]["height"]) * int(values["params"]["width"])
    return bool(0 < count <= min(values["cells"].size, values["out"].size))


SHADERS = (
    ReadyShader(
        LIFE,
        {"cells": "u32", "out": "u32"},
        _run,
        {"width": "u32", "height": "u32"},
        _fits,
        elementwise=True,
    ),
)
