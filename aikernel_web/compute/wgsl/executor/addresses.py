"""Where an access goes: the indices of a place, clamped, made into positions of scalars in memory.

An index counts as u32 and is at most the last element: what Chromium's compiler makes of WGSL's choice (section 15.6)
for loads and stores, in every address space and for components of vectors and columns of matrices too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .affine import Affine, Leaf

Positions: TypeAlias = NDArray[np.intp]
_WORDS = 0xFFFFFFFF
_WIDE = np.dtype(np.intp).itemsize > np.dtype(np.uint32).itemsize


@dataclass(frozen=True, slots=True)
class Part:
    """A scalar of what is accessed: its offset, or that of the first one where arrays are around it."""

    offset: int
    inner: Positions | None
    """The offsets of all, shaped (n, ..., 1, 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """What is known of an access while compiling; offsets and strides are in scalars of ``kind``."""

    kind: str
    offset: int
    dims: tuple[tuple[int, int], ...]
    """Of each index that is worked out in the kernel the stride and the count of elements."""
    parts: tuple[Part, ...]
    tail: tuple[int, int] | None = None
    """Offset and stride in bytes of an array without a count, whose index is the first one."""

    @property
    def reach(self) -> int:
        """How many scalars lie from the first to the last that one access takes."""
        return max((part.offset for part in self.parts), default=0) + 1


@dataclass(frozen=True, slots=True)
class Ramp:
    """Positions ``base + row * r + column * c`` for lanes shaped ``shape``."""

    base: int
    row: int
    column: int
    shape: tuple[int, int]

    @property
    def apart(self) -> bool:
        """Whether no two lanes have the same position."""
        (rows, columns), row, column = self.shape, abs(self.row), abs(self.column)
        if rows == 1 or columns == 1:
            return bool(row or rows == 1) and bool(column or columns == 1)
        return (row >= column * columns and column > 0) or (column >= row * rows and row > 0)

    def positions(self) -> Positions:
        """Return them one by one."""
        down = np.arange(self.shape[0] if self.row else 1, dtype=np.intp)[:, None] * self.row
        across = np.arange(self.shape[1] if self.column else 1, dtype=np.intp)[None, :] * self.column
        return down + across + self.base


def number(index: Any, last: int) -> int:
    """Return an index that is the same for all lanes, clamped."""
    return min(int(index) & _WORDS, last)


def clamped(index: Any, last: int) -> Positions:
    """Return an index that is an array, clamped."""
    words: NDArray[np.uint32] = np.minimum(index.view(np.uint32), np.uint32(last))
    return words.astype(np.intp) if _WIDE else words.view(np.intp)


def unclamped(index: Any, last: int) -> Positions:
    """Return an index that is an array for `numpy.take` in mode "clip", which clamps it."""
    words: NDArray[np.uint32] = index.view(np.uint32)
    return words.astype(np.intp) if _WIDE else clamped(index, last)


def address(offset: int, dims: Sequence[tuple[int, int]], indices: Sequence[Leaf]) -> int | Ramp | Positions:
    """Return where the indices lead: one position for all lanes, a ramp, or positions that broadcast to the lanes."""
    base, row, column = offset, 0, 0
    shape = (1, 1)
    found: Positions | None = None
    for (stride, count), index in zip(dims, indices, strict=True):
        at: Any = index
        if isinstance(at, Affine):
            if at.low >= 0 and at.high < count:
                base += at.base * stride
                row += at.row * stride
                column += at.column * stride
                shape = at.shape
                continue
            at = at.array()
        elif isinstance(at, np.generic):
            base += number(at, count - 1) * stride
            continue
        places = clamped(at, count - 1)
        if stride != 1:
            places *= stride
        found = places if found is None else found + places
    if found is None:
        return Ramp(base, row, column, shape) if row or column else base
    if row or column:
        return found + Ramp(base, row, column, shape).positions()
    return found + base if base else found


def last_lane(mask: Any, value: Any) -> Any:
    """Return the value of the last active lane, row by row; arrays within the value stay arrays."""
    if not isinstance(value, np.ndarray):
        return value
    row, column = -1, -1
    if mask is not True:
        at = mask.size - 1 - int(np.argmax(mask.ravel()[::-1]))
        row, column = divmod(at, mask.shape[1])
        row = row if mask.shape[0] > 1 else -1
        column = column if mask.shape[1] > 1 else -1
    rows, columns = value.shape[-2:]
    return value[..., row if rows > 1 else 0, column if columns > 1 else 0]


def active(mask: Any, *leaves: Any) -> list[Any]:
    """Return of leaves that may have arrays within, (..., r, c), what active lanes have, (..., lanes), row by row."""
    shape = np.broadcast_shapes(*(leaf.shape[-2:] for leaf in leaves if isinstance(leaf, np.ndarray)))
    if mask is not True:
        if shape[1] == 1:  # the lanes of a row all have the same: any one of them will do
            mask = mask.any(axis=1, keepdims=True)
        shape = np.broadcast_shapes(shape, mask.shape)
    chosen = None if mask is True else np.flatnonzero(np.broadcast_to(mask, shape))
    found: list[Any] = []
    for leaf in leaves:
        if not isinstance(leaf, np.ndarray):
            found.append(leaf)
            continue
        spread = np.broadcast_to(leaf, leaf.shape[:-2] + shape).reshape(*leaf.shape[:-2], -1)
        found.append(spread if chosen is None else spread.take(chosen, axis=-1))
    return found
