"""Storage and uniform buffers: bytes that a host lent, read and written as scalars of their types (WGSL, 14.4)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ....contracts.errors import KernelError
from .addresses import Ramp, Spot, active, address, last_lane, number, unclamped
from .affine import Affine, Leaf, whole
from .blend import blend
from .slots import DTYPES

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul}
)
RESULTS: Mapping[str, np.ufunc] = MappingProxyType({"+": np.add, "-": np.subtract, "*": np.multiply})
"""The same, with a place for what they make."""
_ROW_BYTES = 64
"""Elements up to here are gathered as a whole: one copy of a few words costs as much as that of one."""


class Buffer:
    """The memory of a binding.

    ``memory`` is anything of bytes that NumPy can view, writable where the kernel writes. ``needed`` bytes are what the
    type takes, with one element of an array without a count; a smaller buffer raises `KernelError` WEBGPU_BINDING_SIZE.
    """

    def __init__(self, memory: Any, *, written: bool, needed: int = 0) -> None:
        data = np.frombuffer(memory, np.uint8) if not isinstance(memory, np.ndarray) else memory
        self.bytes = data
        self.size = data.size
        if self.size < needed:
            message = f"a buffer has {self.size} bytes, and the shader's type needs {needed}: bind a larger one"
            raise KernelError(message, code="WEBGPU_BINDING_SIZE")
        self.written = written
        self.words: dict[str, Any] = {
            name: data[: self.size // kind().itemsize * kind().itemsize].view(kind)
            for name, kind in DTYPES.items()
            if name != "bool"
        }

    def length(self, tail: tuple[int, int]) -> int:
        """Return the elements of an array without a count that begins at ``tail[0]``, each ``tail[1]`` bytes."""
        return max(0, self.size - tail[0]) // tail[1]

    def dims(self, spot: Spot) -> Sequence[tuple[int, int]]:
        """Return of each index of an access the stride and the count."""
        if spot.tail is None:
            return spot.dims
        return ((spot.dims[0][0], self.length(spot.tail)), *spot.dims[1:])


def buffer_length(memory: Buffer, offset: int, stride: int) -> np.uint32:
    """``arrayLength``; offset and stride are in bytes."""
    return np.uint32(memory.length((offset, stride)))


def buffer_read(memory: Buffer, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, ...]:
    """Return what the lanes load, a leaf for each part."""
    words = memory.words[spot.kind]
    if len(spot.parts) == 1 and spot.parts[0].inner is None:
        # Loops that one lane runs do little else.
        place = _same_place(memory, spot, indices)
        if place is not None:
            return (words[place + spot.parts[0].offset],)
    dims = memory.dims(spot)
    if len(dims) == 1 and isinstance(indices[0], np.ndarray):
        stride, count = dims[0]
        if stride * words.itemsize <= _ROW_BYTES and spot.reach <= stride and _whole(spot, stride):
            return _gather(words[spot.offset :], spot, (stride, count), indices[0])
    at = address(spot.offset, dims, indices)
    if isinstance(at, int):
        return tuple(
            words[at + part.offset] if part.inner is None else words.take(part.inner + at) for part in spot.parts
        )
    if isinstance(at, Ramp) and all(part.inner is None for part in spot.parts):
        slices = (_slice(words, at, part.offset) for part in spot.parts)
        return tuple(part.copy() for part in slices) if memory.written else tuple(slices)
    places = at.positions() if isinstance(at, Ramp) else at
    return tuple(
        words[part.offset :].take(places) if part.inner is None else words.take(part.inner + places)
        for part in spot.parts
    )


def buffer_write(memory: Buffer, spot: Spot, mask: Any, indices: Sequence[Leaf], values: Sequence[Any]) -> None:
    """Store a leaf for each part from the active lanes; where two store to one place, the later lane's value stays."""
    words = memory.words[spot.kind]
    if len(spot.parts) == 1 and isinstance(values[0], np.generic):
        place = _same_place(memory, spot, indices)
        if place is not None and spot.parts[0].inner is None:
            words[place + spot.parts[0].offset] = values[0]
            return
    at = address(spot.offset, memory.dims(spot), indices)
    pairs = [(part, whole(value)) for part, value in zip(spot.parts, values, strict=True)]
    if isinstance(at, int):
        for part, value in pairs:
            where = at + part.offset if part.inner is None else at + part.inner[..., 0, 0]
            words[where] = last_lane(mask, value)
        return
    if isinstance(at, Ramp):
        if at.apart and all(part.inner is None for part in spot.parts):
            for part, value in pairs:
                place = _slice(words, at, part.offset)
                place[...] = value if mask is True else blend(mask, value, place)
            return
        at = at.positions()
    for part, value in pairs:
        cells = words[part.offset :] if part.inner is None else words
        where, what = active(mask, at if part.inner is None else at + part.inner, value)
        cells[where] = what


def buffer_write_result(
    memory: Buffer, spot: Spot, mask: Any, indices: Sequence[Leaf], operation: tuple[str, Leaf, Leaf]
) -> None:
    """Store what an operator makes of two leaves: straight into memory where the lanes lie there evenly."""
    symbol, left, right = operation
    if mask is True and not isinstance(left, Affine) and not isinstance(right, Affine):
        at = address(spot.offset, memory.dims(spot), indices)
        if isinstance(at, Ramp) and at.apart:
            RESULTS[symbol](left, right, out=_slice(memory.words[spot.kind], at, spot.parts[0].offset))
            return
    made: Any = OPERATORS[symbol](left, right)
    buffer_write(memory, spot, mask, indices, (made,))


def buffer_cells(memory: Buffer, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, Any]:
    """Return the scalars of a buffer, and where in them the lanes' are: one number, or positions."""
    at = address(spot.offset + spot.parts[0].offset, memory.dims(spot), indices)
    return memory.words[spot.kind], at.positions() if isinstance(at, Ramp) else at


def _same_place(memory: Buffer, spot: Spot, indices: Sequence[Leaf]) -> int | None:
    """Return where one index leads, or none, that is the same for all lanes; None for others."""
    if not indices:
        return spot.offset
    index = indices[0]
    if len(indices) > 1 or not isinstance(index, np.generic):
        return None
    stride, count = spot.dims[0]
    return spot.offset + number(index, (count if spot.tail is None else memory.length(spot.tail)) - 1) * stride


def _whole(spot: Spot, stride: int) -> bool:
    """Whether most of an element is wanted."""
    return 2 * len(spot.parts) >= stride and all(part.inner is None for part in spot.parts)


def _gather(words: Any, spot: Spot, dim: tuple[int, int], index: Any) -> tuple[Any, ...]:
    stride, count = dim
    places = unclamped(index, count - 1)
    if stride == 1:
        return (words[:count].take(places, mode="clip"),)
    rows = words[: count * stride].reshape(count, stride).take(places, axis=0, mode="clip")
    return tuple(rows[..., part.offset] for part in spot.parts)


def _slice(words: Any, at: Ramp, offset: int) -> Any:
    size = words.itemsize
    shape = (at.shape[0] if at.row else 1, at.shape[1] if at.column else 1)
    strides = (at.row * size, at.column * size)
    return np.ndarray(shape, words.dtype, words, (at.base + offset) * size, strides)
