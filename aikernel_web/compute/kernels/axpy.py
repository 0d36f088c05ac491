"""``alpha * x + y`` (BLAS level 1, ``axpy``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, equal_shapes, groups_for, number, operand
from .shader import ReadyShader

if TYPE_CHECKING:
    from ..device_array import DeviceArray

AXPY = """\
struct Params { alpha: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i < arrayLength(&out)) {
    out[i] = params.alpha * x[i] + y[i];
  }
}
"""

WORKGROUP_SIZE = 64


def axpy(alpha: float, x: Any, y: Any) -> Operation:
    """Plan ``alpha * x + y``."""
    x, y = operand(x, "x", ("f32",)), operand(y, "y", ("f32",))
    equal_shapes(x, y, "x", "y")
    alpha = number(alpha, "alpha")

    async def encode(passes: Passes, x: Any, y: Any) -> DeviceArray:
        out = passes.empty(x.shape, x.dtype)
        groups = groups_for(out.size, WORKGROUP_SIZE)
        return await passes.dispatch(AXPY, groups, x=x, y=y, out=out, params={"alpha": alpha})

    return Operation((x, y), x.shape, x.dtype, encode, lambda x, y: _axpy(alpha, x, y))


def _axpy(alpha: float, x: Any, y: Any) -> Any:
    return x.dtype.type(alpha) * x + y


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    x, y, out = values["x"], values["y"], values["out"]
    count = min(x.size, y.size, out.size, reach)
    out[:count] = _axpy(values["params"]["alpha"], x[:count], y[:count])


SHADERS = (
    ReadyShader(
        AXPY,
        {"x": "f32", "y": "f32", "out": "f32"},
        _run,
        {"alpha": "f32"},
        elementwise=True,
    ),
)
