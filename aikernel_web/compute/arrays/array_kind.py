"""What is the same for all device arrays of one dtype and shape: what checks look at."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ...contracts.errors import InvalidArgumentError
from .layouts import Layout
from .marshalling import WORD, Shape, words_of

_NAMES: dict[str, np.dtype[Any]] = {
    "f32": np.dtype("<f4"),
    "f16": np.dtype("<f2"),
    "i32": np.dtype("<i4"),
    "u32": np.dtype("<u4"),
}


class ArrayKind:
    """Dtype and shape, and how that is laid out on the device. Those in use are one object.

    Whoever has checked one needs not check it again: see `Prepared`.
    """

    __slots__ = ("copied", "dtype", "layout", "nbytes", "plain", "shape", "size", "words")

    def __init__(self, dtype: np.dtype[Any], shape: Shape, layout: Layout | None, *, copied: bool) -> None:
        self.dtype = dtype
        self.shape = shape
        self.layout = layout
        """The layout that its bytes have on the device; None where that is NumPy's own."""
        self.copied = copied
        """Whether the host has a copy of the contents, which ends when a kernel writes."""
        self.size = math.prod(shape)
        self.nbytes = self.size * dtype.itemsize
        self.words = words_of(self.nbytes if layout is None else layout.nbytes)
        """What it takes on the device."""

    @property
    def row_bytes(self) -> int:
        """The bytes, as NumPy has them, from one index of the first dimension to the next."""
        return self.nbytes // self.shape[0] if self.shape and self.size else self.nbytes

    @property
    def device_bytes(self) -> int:
        """The bytes of its buffer."""
        return self.words * WORD


@functools.lru_cache(maxsize=4096)
def kind_of(dtype: np.dtype[Any], shape: Shape, layout: Layout | None = None, *, copied: bool = False) -> ArrayKind:
    """Return the kind of arrays with this dtype, shape and layout."""
    return ArrayKind(dtype, shape, layout, copied=copied)


def dtype_of(name: object) -> np.dtype[Any]:
    """Return a dtype by NumPy's name or WGSL's; raises `InvalidArgumentError` with ``WEBGPU_BINDING_DTYPE``."""
    try:
        dtype = _NAMES[name] if isinstance(name, str) and name in _NAMES else np.dtype(cast("Any", name))
    except TypeError as error:
        message = f"{name!r} is no dtype ({error}): give f32, f16, i32, u32, or one of NumPy's."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE") from None
    if dtype.hasobject:
        message = f"Arrays of {dtype} hold references to objects: a device cannot have them."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    return dtype


def shape_of(shape: int | Sequence[int]) -> Shape:
    """Return a shape as a tuple; raises `InvalidArgumentError` with ``WEBGPU_BINDING_SHAPE``."""
    try:
        counts = tuple(map(operator.index, shape)) if isinstance(shape, Sequence) else (operator.index(shape),)
    except TypeError:
        counts = (-1,)
    if any(count < 0 for count in counts):
        message = f"The shape {shape!r} cannot be: give whole numbers of 0 or more."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    return counts
