"""2-D convolution of images with several channels, one result an invocation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...contracts.errors import InvalidArgumentError
from .operation import Operation, Passes, argument, flat, groups_for, operand, whole
from .shader import ReadyShader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

WORKGROUP_SIZE = 64
_PARAMS = (
    "channels",
    "height",
    "width",
    "kernel_height",
    "kernel_width",
    "out_height",
    "out_width",
    "stride",
    "above",
    "before",
    "flip",
)

CONV2D = """\
struct Params {
  channels: u32, height: u32, width: u32, kernel_height: u32, kernel_width: u32, out_height: u32, out_width: u32,
  stride: u32, above: u32, before: u32, flip: u32,
}
@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&out)) {
    return;
  }
  let column = id.x % params.out_width;
  let row = id.x / params.out_width % params.out_height;
  let area = params.kernel_height * params.kernel_width;
  var weight = id.x / (params.out_width * params.out_height) * params.channels * area;
  // A place before the first row or column is a number too great for any: unsigned numbers wrap.
  let top = row * params.stride - params.above;
  let left = column * params.stride - params.before;
  var sum = 0.0;
  for (var channel = 0u; channel < params.channels; channel++) {
    for (var i = 0u; i < params.kernel_height; i++) {
      let y = top + i;
      if (y < params.height) {
        let line = (channel * params.height + y) * params.width;
        for (var j = 0u; j < params.kernel_width; j++) {
          let x = left + j;
          if (x < params.width) {
            let k = i * params.kernel_width + j;
            sum += image[line + x] * kernel[weight + select(k, area - 1u - k, params.flip != 0u)];
          }
        }
      }
    }
    weight += area;
  }
  out[id.x] = sum;
}
"""


def conv2d(image: Any, kernel: Any, *, mode: str, stride: int, flip: bool) -> Operation:
    """Plan a convolution."""
    image, kernel = operand(image, "image", ("f32",), ndim=(2, 3)), operand(kernel, "kernel", ("f32",), ndim=(2, 4))
    argument(mode in {"valid", "same"}, f'mode is {mode!r}: give "valid" or "same".')
    stride = whole(stride, "stride")
    argument(stride >= 1, f"stride is {stride}: give 1 or more.")
    deep = len(image.shape) == 3  # noqa: PLR2004 - channels, height, width
    if deep != (len(kernel.shape) == 4) or (deep and image.shape[0] != kernel.shape[1]):  # noqa: PLR2004
        message = (
            f"image has the shape {tuple(image.shape)} and kernel {tuple(kernel.shape)}: give (height, width) of both, "
            "or (channels, height, width) and (outputs, channels, height, width)."
        )
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    params = _sizes(image.shape, kernel.shape, mode=mode, stride=stride, flip=flip)
    outputs = (kernel.shape[0],) if deep else ()
    shape: tuple[int, ...] = (*outputs, params["out_height"], params["out_width"])

    async def encode(passes: Passes, image: Any, kernel: Any) -> DeviceArray:
        out = passes.empty(shape, image.dtype)
        groups = groups_for(out.size, WORKGROUP_SIZE)
        return await passes.dispatch(CONV2D, groups, image=image, kernel=kernel, out=out, params=params)

    def twin(image: NDArray[Any], kernel: NDArray[Any]) -> NDArray[Any]:
        return _twin(flat(image), flat(kernel), params).reshape(shape)

    return Operation((image, kernel), shape, image.dtype, encode, twin)


def _sizes(image: Any, kernel: Any, *, mode: str, stride: int, flip: bool) -> dict[str, int]:
    (height, width), (kernel_height, kernel_width) = image[-2:], kernel[-2:]
    whole = [height, width]
    if mode == "valid":
        whole = [max(0, height - kernel_height + 1), max(0, width - kernel_width + 1)]
    if 0 in {kernel_height, kernel_width}:
        message = f"kernel has the shape {tuple(kernel)}: give one with elements."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    above, before = (kernel_height // 2, kernel_width // 2) if mode == "same" else (0, 0)
    channels = image[0] if len(image) > 2 else 1  # noqa: PLR2004
    out_height, out_width = (-(-size // stride) for size in whole)
    values = (channels, height, width, kernel_height, kernel_width, out_height, out_width, stride, above, before)
    return dict(zip(_PARAMS, (*values, int(flip)), strict=True))


def _twin(image: NDArray[Any], kernel: NDArray[Any], params: Mapping[str, Any]) -> NDArray[Any]:
    """Add up a shifted image for each weight, in float32, in the order of the shader."""
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    values = {name: int(params[name]) for name in _PARAMS}
    channels, stride = values["channels"], values["stride"]
    area = values["kernel_height"], values["kernel_width"]
    image = image.reshape(channels, values["height"], values["width"])
    weights = kernel.reshape(-1, channels, *area)
    if values["flip"]:
        weights = weights[..., ::-1, ::-1]
    span = [(values[size] - 1) * stride + 1 for size in ("out_height", "out_width")]
    shape = (channels, *(max(size + k - 1, 0) for size, k in zip(span, area, strict=True)))
    padded = np.zeros(shape, np.float32)
    rows = slice(values["above"], values["above"] + values["height"])
    columns = slice(values["before"], values["before"] + values["width"])
    target = padded[:, rows, columns]
    target[...] = image[:, : target.shape[1], : target.shape[2]]
    out = np.zeros((weights.shape[0], values["out_height"], values["out_width"]), np.float32)
    if out.size == 0:
        return out
    for channel, i, j in np.ndindex(channels, *area):
        part = padded[channel, i : i + span[0] : stride, j : j + span[1] : stride]
        out += weights[:, channel, i, j, None, None] * part
    return out


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    params, out = values["params"], values["out"]
    each = int(params["channels"]) * int(params["kernel_height"]) * int(params["kernel_width"])
    whole = flat(_twin(values["image"], values["kernel"][: values["kernel"].size // each * each], params))
    count = min(out.size, whole.size, reach)
    out[:count] = whole[:count]


def _fits(values: Mapping[str, Any]) -> bool:
    params = {name: int(values["params"][name]) for name in _PARAMS}
    image = params["channels"] * params["height"] * params["width"]
    each = params["channels"] * params["kernel_height"] * params["kernel_width"]
    return values["image"].size == image and 0 < each <= values["kernel"].size and params["stride"] > 0


SHADERS = (
    ReadyShader(
        CONV2D,
        {"image": "f32", "kernel": "f32", "out": "f32"},
        _run,
        dict.fromkeys(_PARAMS, "u32"),
        _fits,
        elementwise=True,
    ),
)
