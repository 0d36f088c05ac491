"""Atomic functions (section 17.8 of WGSL): what lanes do to one place happens lane by lane.

Within a statement workgroups come in the order of their numbers, and the invocations of each in the order of
``local_invocation_index``; each finds what those before it left. ``atomicCompareExchangeWeak`` never fails without
reason. Where a result is wanted, the lanes stand in layout GROUPED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..types import BOOL
from .addresses import Spot
from .affine import Lanes, Leaf, affine, whole
from .buffers import Buffer, buffer_cells
from .segments import Segments, compare_exchange
from .shared import shared_cells
from .slots import DTYPES

_OPERATIONS: Mapping[str, Any] = MappingProxyType(
    {
        "atomicAdd": np.add,
        "atomicSub": np.add,
        "atomicMax": np.maximum,
        "atomicMin": np.minimum,
        "atomicStoreMax": np.maximum,
        "atomicStoreMin": np.minimum,
        "atomicAnd": np.bitwise_and,
        "atomicOr": np.bitwise_or,
        "atomicXor": np.bitwise_xor,
    }
)
_FEW = 4
"""Places for each lane: with no more of them, counting over all places is the faster way to add."""


def atomic_apply(
    memory: Any, spot: Spot, name: str, *, mask: Any, indices: Sequence[Leaf], value: Any, shape: tuple[int, int]
) -> None:
    """Do an atomic function whose result nobody wants; ``shape`` is that of the lanes."""
    cells, at = _cells(memory, spot, indices)
    operation, value = _OPERATIONS[name], _operand(name, value)
    if isinstance(at, int):
        cells[at] = operation(cells[at], _total(operation, mask, value, shape=shape))
        return
    if operation is np.add and mask is True and isinstance(value, np.generic):
        _count(cells, at.ravel(), _times(value, shape[0] * shape[1] // at.size))
        return
    _, (where, what) = _spread(mask, shape, at, value)
    if operation is np.add and isinstance(value, np.generic):
        _count(cells, where, value)
    else:
        operation.at(cells, where, what)


def atomic_fetch(
    memory: Any, spot: Spot, name: str, *, mask: Any, indices: Sequence[Leaf], value: Any, shape: tuple[int, int]
) -> Leaf:
    """Do an atomic function, also ``atomicExchange``; return what each lane found."""
    cells, at = _cells(memory, spot, indices)
    value = _operand(name, value)
    if isinstance(at, int) and isinstance(value, np.generic) and _OPERATIONS.get(name) is np.add:
        # Lanes that count up one number: the commonest of all.
        first = cells[at]
        cells[at] += _total(np.add, mask, value, shape=shape)
        if mask is True:
            step = int(value)
            return affine(int(first), step * shape[1], step, shape=shape, kind=DTYPES[spot.kind])
        counts = np.cumsum(np.broadcast_to(mask, shape), dtype=cells.dtype).view(DTYPES[spot.kind])
        ranked: Leaf = ((counts - counts.dtype.type(1)) * value + first).reshape(shape)
        return ranked
    chosen, (where, what) = _spread(mask, shape, at, value)
    lanes = Segments(where)
    what = what[lanes.order]
    starts, ends = lanes.starts, lanes.ends
    there = cells[lanes.where[starts]]
    if name == "atomicExchange":
        found, left = lanes.before(what, there), what[ends]
    else:
        operation = _OPERATIONS[name]
        along = operation(lanes.scan(operation, what), there[lanes.number])
        found, left = lanes.before(along, there), along[ends]
    cells[lanes.where[starts]] = left
    return _filled(lanes.unsorted(found), chosen, shape=shape, kind=spot.kind)


def atomic_compare(
    memory: Any,
    spot: Spot,
    compared: Any,
    value: Any,
    *,
    mask: Any,
    indices: Sequence[Leaf],
    shape: tuple[int, int],
) -> tuple[Leaf, Leaf]:
    """``atomicCompareExchangeWeak``: return what each lane found, and whether it exchanged."""
    cells, at = _cells(memory, spot, indices)
    chosen, (where, old, new) = _spread(mask, shape, at, whole(compared), whole(value))
    found, exchanged = compare_exchange(cells, where, old, new)
    return (
        _filled(found, chosen, shape=shape, kind=spot.kind),
        _filled(exchanged, chosen, shape=shape, kind=BOOL.name),
    )


def _cells(memory: Any, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, Any]:
    return (buffer_cells if isinstance(memory, Buffer) else shared_cells)(memory, spot, indices)


def _operand(name: str, value: Any) -> Any:
    value = whole(value)
    if name != "atomicSub":
        return value
    return np.subtract(value.dtype.type(0), value)


def _times(value: Any, count: int) -> Any:
    return affine(int(value) * count, 0, 0, shape=(1, 1), kind=type(value))


def _count(cells: Any, where: Any, value: Any) -> None:
    """Add one number at many places."""
    if cells.size <= _FEW * where.size:
        cells += np.bincount(where, minlength=cells.size).astype(cells.dtype) * value
    else:
        np.add.at(cells, where, value)


def _total(operation: Any, mask: Any, value: Any, *, shape: tuple[int, int]) -> Any:
    """Return what all active lanes do together to one place."""
    if isinstance(value, np.generic):
        if operation is not np.add and operation is not np.bitwise_xor:
            return value
        lanes = shape[0] * shape[1]
        count = lanes if mask is True else np.count_nonzero(mask) * (lanes // mask.size)
        return _times(value, int(count) if operation is np.add else int(count) % 2)
    _, (what,) = _spread(mask, shape, value)
    return operation.reduce(what, dtype=what.dtype)


def _spread(mask: Any, shape: tuple[int, int], *leaves: Any) -> tuple[Any, list[Any]]:
    """Return which lanes are active, None for all, and for each of them what it has of each leaf."""
    chosen = None if mask is True else np.flatnonzero(np.broadcast_to(mask, shape))
    found = [np.broadcast_to(leaf, shape).ravel() for leaf in leaves]
    return chosen, found if chosen is None else [leaf[chosen] for leaf in found]


def _filled(found: Any, chosen: Any, *, shape: tuple[int, int], kind: str) -> Lanes:
    """Return what lanes found, shaped as the lanes; the others have zero."""
    if chosen is None:
        every: Lanes = found.view(DTYPES[kind]).reshape(shape)
        return every
    made = np.zeros(shape[0] * shape[1], DTYPES[kind])
    made[chosen] = found
    return made.reshape(shape)
