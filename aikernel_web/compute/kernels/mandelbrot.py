"""Escape times of the Mandelbrot set.

Each pixel follows its distance from one orbit, the middle's, which is computed in float64: distances are small, so that
float32 resolves what it could not as coordinates (K. I. Martin, "SuperFractalThing Maths", 2013). Where the distance
outgrows the orbit's own value, the pixel goes on from the orbit's beginning (Zhuoran, fractalforums.org, 2021).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from numbers import Number
from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, argument, groups_for, number, pair, whole
from .shader import ReadyShader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

WORKGROUP_SIZE = 64
ITERATIONS_MAX = 1 << 24

MANDELBROT = """\
struct Params { width: u32, iterations: u32, left: f32, top: f32, step: f32 }
@group(0) @binding(0) var<storage, read> orbit: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&out)) {
    return;
  }
  let column = f32(id.x % params.width);
  let row = f32(id.x / params.width);
  let last = arrayLength(&orbit) / 2u - 1u;
  // The pixel's c is the orbit's plus `offset`, its z the orbit's plus `near`.
  let offset = vec2<f32>(params.left + column * params.step, params.top - row * params.step);
  var near = vec2<f32>();
  var middle = vec2<f32>();
  var at = 0u;
  var count = 0u;
  while (count < params.iterations) {
    let sum = 2.0 * middle + near;
    near = vec2<f32>(sum.x * near.x - sum.y * near.y, sum.x * near.y + sum.y * near.x) + offset;
    at++;
    count++;
    middle = vec2<f32>(orbit[2u * at], orbit[2u * at + 1u]);
    let z = middle + near;
    let size = dot(z, z);
    if (size > 4.0) {
      break;
    }
    if (size < dot(near, near) || at == last) {
      near = z;
      middle = vec2<f32>();
      at = 0u;
    }
  }
  out[id.x] = count;
}
"""


def mandelbrot(shape: tuple[int, int], *, center: complex, extent: float, iterations: int) -> Operation:
    """Plan the escape times of a picture."""
    height, width = (whole(count, "shape") for count in pair(shape, "shape"))
    iterations, extent = whole(iterations, "iterations"), number(extent, "extent")
    argument(height >= 0 and width >= 0, f"The shape is {shape}: give a height and a width, 0 or more.")
    argument(1 <= iterations <= ITERATIONS_MAX, f"{iterations} iterations: give 1 to {ITERATIONS_MAX}.")
    argument(0 < extent < math.inf, f"The extent is {extent}: give the picture's width in the complex plane.")
    argument(
        isinstance(center, Number) and cmath.isfinite(complex(center)),
        f"The center is {center}: give a number that is finite.",
    )
    step = extent / width if width else 0.0
    params = {
        "width": width,
        "iterations": iterations,
        "left": (1 - width) / 2 * step,
        "top": (height - 1) / 2 * step,
        "step": step,
    }

    async def encode(passes: Passes) -> DeviceArray:
        out = passes.empty((height, width), "u32")
        orbit = _orbit(complex(center), iterations)
        return await passes.dispatch(
            MANDELBROT, groups_for(out.size, WORKGROUP_SIZE), orbit=orbit, out=out, params=params
        )

    def twin() -> NDArray[Any]:
        return _escape(complex(center), params, height * width).reshape(height, width)

    return Operation((), (height, width), "u32", encode, twin)


def _orbit(center: complex, iterations: int) -> NDArray[Any]:
    """Return the middle's z from 0 on, as pairs of float32, until it escapes or ``iterations`` are done."""
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    z, values = 0j, [0j]
    for _ in range(iterations):
        z = z * z + center
        values.append(z)
        if z.real * z.real + z.imag * z.imag > 4:  # noqa: PLR2004 - the set lies within 2 of 0
            break
    with np.errstate(over="ignore"):
        pairs: NDArray[Any] = np.array(values, np.complex64).view(np.float32)
    return pairs


def _escape(center: complex, params: Mapping[str, Any], count: int) -> NDArray[Any]:
    """Return escape times in float64, of pixels in their order."""
    import numpy as np  # noqa: PLC0415

    width, iterations, step = int(params["width"]), int(params["iterations"]), float(params["step"])
    counts = np.full(count, iterations, np.uint32)
    alive = np.arange(count)
    rows, columns = np.divmod(alive, width)
    c = (center.real + (params["left"] + columns * step)) + 1j * (center.imag + (params["top"] - rows * step))
    z = np.zeros_like(c)
    for done in range(1, iterations + 1):
        z = z * z + c
        gone = z.real * z.real + z.imag * z.imag > 4  # noqa: PLR2004
        if gone.any():
            counts[alive[gone]] = done
            alive, z, c = alive[~gone], z[~gone], c[~gone]
            if not alive.size:
                break
    return counts


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    orbit, out = values["orbit"], values["out"]
    count = min(out.size, reach)
    # The orbit's second value is the middle's c.
    out[:count] = _escape(complex(orbit[2], orbit[3]), values["params"], count)


def _fits(values: Mapping[str, Any]) -> bool:
    # An orbit has at least its beginning and one step.
    return bool(values["orbit"].size >= 4 and values["params"]["width"] > 0)  # noqa: PLR2004


SHADERS = (
    ReadyShader(
        MANDELBROT,
        {"orbit": "f32", "out": "u32"},
        _run,
        {"width": "u32", "iterations": "u32", "left": "f32", "top": "f32", "step": "f32"},
        _fits,
        elementwise=True,
    ),
)
