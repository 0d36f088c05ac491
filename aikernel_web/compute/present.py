"""Arrays as pictures: values become colours where they are, and what is on the GPU is shown without leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..contracts.errors import InvalidArgumentError
from .device_array import DeviceArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..contracts.canvas import Canvas
    from .array_methods import ArrayMethods

WORKGROUP_SIZE: Final = 64
_TYPES: Final = {"float32": "f32", "uint32": "u32", "int32": "i32"}

COLOURS = """\
struct Scale { low: f32, steps: f32 }
@group(0) @binding(0) var<storage, read> values: array<TYPE>;
@group(0) @binding(1) var<storage, read> palette: array<u32>;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;
@group(0) @binding(3) var<uniform> scale: Scale;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&pixels)) {
    return;
  }
  let place = (f32(values[id.x]) - scale.low) * scale.steps;
  pixels[id.x] = palette[u32(clamp(place, 0.0, f32(arrayLength(&palette) - 1u)))];
}
"""
"""``pixels = palette[(values - low) * steps]``, the ends of the palette beyond its ends."""


def palette_of(colours: Any) -> NDArray[np.uint32]:
    """Return colours, (n, 3) of red, green and blue from 0 to 255, as a palette: a uint32 each, red lowest, opaque."""
    parts = np.clip(np.rint(np.asarray(colours, np.float64)), 0, 255).astype(np.uint32)
    red, green, blue = parts.T
    palette: NDArray[np.uint32] = (red | green << 8 | blue << 16 | 0xFF000000).astype(np.uint32)
    return palette


async def present(
    gpu: ArrayMethods,
    array: Any,
    canvas: Canvas,
    *,
    palette: Any = None,
    bounds: tuple[float, float] | None = None,
) -> None:
    """Show a (height, width) array on a canvas.

    Args:
        gpu: the provider that the array is of.
        array: on the device, or NumPy's. Without a palette uint32, a pixel each: red in the lowest byte, green, blue.
            With one float32, int32 or uint32; a NaN has any of its colours.
        canvas: such as ``kernel.canvases["name"]``.
        palette: uint32 colours, the same way; see `palette_of`.
        bounds: the values of the first and just past the last colour; those beyond have the first and the last. Unless
            given 0 and 1 for float32, and for integers each value is the index of its colour.

    Raises `InvalidArgumentError` with ``WEBGPU_BINDING_SHAPE``, ``WEBGPU_BINDING_DTYPE``, ``WEBGPU_ARGUMENT_INVALID``;
    what the canvas raises (`Canvas.show_buffer`); `DeviceLost`.
    """
    await gpu.initialize()
    if not isinstance(array, DeviceArray):
        array = np.asarray(array)
    if len(array.shape) != 2 or 0 in array.shape:  # noqa: PLR2004
        message = f"The array has the shape {tuple(array.shape)}: a picture has a height and a width, 1 or more."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    pixels = array if palette is None else await _coloured(gpu, array, np.asarray(palette), bounds)
    if pixels.dtype != np.uint32:
        message = f"Pixels are uint32, red in the lowest byte, and the array holds {pixels.dtype}: give a palette."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    height, width = pixels.shape
    if isinstance(pixels, DeviceArray) and not gpu.using_cpu_fallback:
        await gpu.show(pixels, canvas)
    else:
        shown = await pixels.read() if isinstance(pixels, DeviceArray) else pixels
        await canvas.show_pixels(np.ascontiguousarray(shown), width=width, height=height)


async def _coloured(gpu: ArrayMethods, array: Any, palette: NDArray[Any], bounds: tuple[float, float] | None) -> Any:
    element = _TYPES.get(array.dtype.name)
    if element is None:
        message = f"The array holds {array.dtype}: colours are given to float32, int32 or uint32."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    if palette.dtype != np.uint32 or palette.ndim != 1 or palette.size == 0:
        message = f"The palette is {palette.dtype} of shape {palette.shape}: give uint32 colours, one or more in a row."
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
    low, high = bounds or ((0.0, 1.0) if element == "f32" else (0.0, float(palette.size)))
    if not low < high:
        message = f"The bounds are {low} and {high}: the second is to be greater than the first."
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
    scale = np.float32(low), np.float32(palette.size / (high - low))
    if not isinstance(array, DeviceArray) or gpu.using_cpu_fallback:
        values = await array.read() if isinstance(array, DeviceArray) else array
        return colours(values, palette, *scale)
    pixels = gpu.empty(array.shape, "u32")
    bindings = {"values": array, "palette": palette, "pixels": pixels, "scale": {"low": scale[0], "steps": scale[1]}}
    groups = -(-array.size // WORKGROUP_SIZE)
    await gpu.dispatch(COLOURS.replace("TYPE", element), bindings, workgroups=groups, keep=True)
    return pixels


def colours(
    values: NDArray[Any], palette: NDArray[np.uint32], low: np.float32, steps: np.float32
) -> NDArray[np.uint32]:
    """Do with NumPy what `COLOURS` does."""
    place = (values.astype(np.float32) - low) * steps
    index = np.clip(np.nan_to_num(place, nan=0.0), 0, palette.size - 1).astype(np.uint32)
    chosen: NDArray[np.uint32] = palette[index]
    return chosen
