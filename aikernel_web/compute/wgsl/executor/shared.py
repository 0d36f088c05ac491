"""Workgroup memory: for each kind of scalar one array shaped (scalars, workgroups of the chunk).

Workgroups lie side by side, so that what invocations of all workgroups take from the same place is one run of memory.
Leaves that come out of here are (R, C) with rows that are next to each other in memory; NumPy keeps that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .addresses import Part, Ramp, Spot, active, address
from .affine import Leaf, whole
from .slots import DTYPES

_TILE: Final = 1 << 13
"""Scalars of a strip that is turned at once."""
_NARROW: Final = 4


def shared_memory(rows: int, kind: str, count: int) -> Any:
    """Return the memory of a chunk of ``rows`` workgroups, for ``count`` scalars: zero, as section 7.3 has it."""
    return np.zeros((count, rows), DTYPES[kind])


def shared_read(memory: Any, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, ...]:
    """Return what the lanes load, a leaf for each part."""
    at = address(spot.offset, spot.dims, indices)
    if isinstance(at, int):
        return tuple(_same(memory, at, part) for part in spot.parts)
    if isinstance(at, Ramp):
        if not at.row and all(part.inner is None for part in spot.parts):
            return tuple(memory[_run(at, part.offset)].copy().T for part in spot.parts)
        at = at.positions()
    if at.shape[0] == 1:
        return tuple(_columns(memory, at[0], part) for part in spot.parts)
    groups = memory.shape[1]
    numbers = np.arange(groups)[:, None]
    return tuple(
        memory.ravel().take((at + (part.offset if part.inner is None else part.inner)) * groups + numbers)
        for part in spot.parts
    )


def shared_write(memory: Any, spot: Spot, mask: Any, indices: Sequence[Leaf], values: Sequence[Any]) -> None:
    """Store a leaf for each part from the active lanes; where two store to one place, the later lane's value stays."""
    at = address(spot.offset, spot.dims, indices)
    pairs = [(part, whole(value)) for part, value in zip(spot.parts, values, strict=True)]
    plain = all(part.inner is None for part in spot.parts)
    across = mask is True or mask.shape[0] == 1
    if plain and isinstance(at, int) and across:
        last = -1 if mask is True else mask.size - 1 - int(np.argmax(mask[0, ::-1]))
        for part, value in pairs:
            memory[at + part.offset] = _column(value, last)
        return
    if plain and isinstance(at, Ramp) and not at.row and mask is True:
        for part, value in pairs:
            _fill(memory[_run(at, part.offset)], value)
        return
    places = at.positions() if isinstance(at, Ramp) else at
    if plain and not isinstance(places, int) and places.shape[0] == 1 < places.shape[1] and across:
        chosen = None if mask is True or mask.shape[1] == 1 else np.flatnonzero(mask)
        for part, value in pairs:
            where = places[0] + part.offset
            memory[where if chosen is None else where[chosen]] = _rows(value, chosen)
        return
    groups = memory.shape[1]
    numbers = np.arange(groups)[:, None]
    cells = memory.reshape(-1)
    for part, value in pairs:
        lanes = (places + (part.offset if part.inner is None else part.inner)) * groups + numbers
        where, what = active(mask, lanes, value)
        cells[where] = what


def shared_cells(memory: Any, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, Any]:
    """Return all scalars of all workgroups in a row, and where in them the lanes' are: (R, 1) or (R, C)."""
    at = address(spot.offset + spot.parts[0].offset, spot.dims, indices)
    groups = memory.shape[1]
    places = at.positions() if isinstance(at, Ramp) else at
    return memory.reshape(-1), places * groups + np.arange(groups)[:, None]


def _same(memory: Any, at: int, part: Part) -> Any:
    if part.inner is None:
        return memory[at + part.offset].copy()[:, None]
    return memory.take(part.inner[..., 0, 0] + at, axis=0)[..., None]


def _columns(memory: Any, at: Any, part: Part) -> Any:
    if part.inner is None:
        return memory[part.offset :].take(at, axis=0).T
    return memory.take(part.inner[..., 0] + at, axis=0).swapaxes(-1, -2)


def _run(at: Ramp, offset: int) -> slice:
    start = at.base + offset
    stop = start + at.column * at.shape[1]
    return slice(start, None if stop < 0 else stop, at.column)


def _column(value: Any, at: int) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return value[:, at if value.shape[1] > 1 else 0]


def _rows(value: Any, chosen: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if chosen is not None and value.shape[1] > 1:
        return value.T[chosen]
    turned = value.T
    if value.size > _TILE and value.strides[0] > value.strides[1]:
        turned = np.empty(turned.shape, value.dtype)
        _fill(turned, value)
    return turned


def _fill(rows: Any, value: Any) -> None:
    """Fill rows of memory, (C, R), with a value of the lanes, (R, C)."""
    if not isinstance(value, np.ndarray):
        rows[...] = value
        return
    turned = value.T
    step = _TILE // value.shape[1]
    if value.size <= _TILE or value.strides[0] <= value.strides[1] or step < _NARROW or value.shape[0] == 1:
        rows[...] = turned
        return
    # In strips that the processor's nearest cache holds: about three times as fast.
    for first in range(0, value.shape[0], step):
        rows[:, first : first + step] = turned[:, first : first + step]
