"""Arrays in variables of functions and in private ones: (n, ..., r, c), the elements of each lane behind each other.

r is 1 or R and c is 1 or C: an array that is the same for all lanes stays small until lanes store different things.
Only a variable's own array is written in place, and only here; what is loaded is a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .addresses import active, clamped, number
from .affine import Leaf, whole
from .blend import blend


def put(mask: Any, declared: Any, new: Any, old: Any) -> Any:
    """Return a variable's leaf once the lanes of ``mask`` stored ``new``; others than ``declared`` never see it."""
    if mask is declared or mask is True:
        return new
    return old if mask is False else blend(mask, new, old)


def array_zero(counts: tuple[int, ...], kind: type[np.generic]) -> Any:
    """Return an array of zeros."""
    return np.zeros((*counts, 1, 1), kind)


def array_copy(array: Any) -> Any:
    """Return an array of its own."""
    return array.copy()


def array_get(array: Any, indices: Sequence[Leaf | int]) -> Any:
    """Return an element, or the arrays that it has within: a copy."""
    at = _place(array.shape, indices)
    rest = array.ndim - 2 - len(indices)
    if isinstance(at, tuple):
        found = array[at]
        return found[0, 0] if found.size == 1 and not rest else found.copy()
    rows, columns = array.shape[-2:]
    listed = array.reshape(-1, *array.shape[len(indices) :])
    if rows == columns == 1 and not rest:
        return listed[:, 0, 0].take(at)
    if not rest and at.shape == (rows, columns):
        if listed.flags.c_contiguous:
            return listed.ravel().take(at * at.size + _numbers(at.shape))
        turned = listed.swapaxes(1, 2)
        if turned.flags.c_contiguous:
            return turned.ravel().take(at.T * at.size + _numbers((columns, rows))).T
    return listed[_grid(listed.shape, at)]


def array_put(array: Any, indices: Sequence[Leaf | int], value: Any, mask: Any, declared: Any) -> Any:
    """Store an element, or the arrays within it, from the lanes of ``mask``; return the array, perhaps a new one."""
    if mask is False:
        return array
    whole_mask = mask is True or mask is declared
    value = whole(value)
    at = _place(array.shape, indices)
    shapes = [array.shape[-2:]]
    if isinstance(value, np.ndarray):
        shapes.append(value.shape[-2:])
    if not whole_mask:
        shapes.append(mask.shape)
    if not isinstance(at, tuple):
        shapes.append(at.shape)
    shape = np.broadcast_shapes(*shapes)
    if shape != array.shape[-2:]:
        array = _spread(array, shape, value)
    if isinstance(at, tuple):
        array[at] = value if whole_mask else blend(mask, value, array[at])
        return array
    listed = array.reshape(-1, *array.shape[len(indices) :])
    if whole_mask:
        listed[_grid(listed.shape, np.broadcast_to(at, shape))] = value
        return array
    inner = listed.shape[1:-2]
    where, lane, what = active(mask, at, _numbers(shape), value)
    row, column = np.divmod(lane, shape[1])
    within = tuple(axis[..., 0] for axis in _axes(inner))
    listed[(where, *within, row, column)] = what
    return array


def pick(values: Sequence[Any], index: Leaf) -> Any:
    """Return for each lane that of the values which its index says."""
    last = len(values) - 1
    at: Any = whole(index)
    if isinstance(at, np.generic):
        return values[number(at, last)]
    at = at.view(np.uint32)
    found = whole(values[last])
    for place in range(last):
        found = blend(at == np.uint32(place), values[place], found)
    return found


def is_at(index: Leaf, place: int, last: int) -> Any:
    """Return where an index, clamped, is ``place``."""
    at: Any = whole(index)
    if isinstance(at, np.generic):
        return np.bool_(number(at, last) == place)
    words = at.view(np.uint32)
    return words == place if place < last else words >= np.uint32(place)


def _place(shape: tuple[int, ...], indices: Sequence[Leaf | int]) -> tuple[int, ...] | Any:
    """Return the indices themselves where they are the same for all lanes, else one of all elements in a row."""
    same: list[int] = []
    for count, index in zip(shape, indices, strict=False):
        if isinstance(index, int):
            same.append(index)
        elif isinstance(index, np.generic):
            same.append(number(index, count - 1))
        else:
            break
    else:
        return tuple(same)
    found: Any = 0
    for count, index in zip(shape, indices, strict=False):
        at: Any = whole(index)
        if isinstance(at, np.generic):
            at = number(at, count - 1)
        elif not isinstance(at, int):
            at = clamped(at, count - 1)
        found = found * count + at
    return found


def _numbers(shape: tuple[int, int]) -> Any:
    return np.arange(shape[0] * shape[1]).reshape(shape)


def _axes(counts: tuple[int, ...]) -> tuple[Any, ...]:
    """Return for each axis its numbers, shaped to broadcast with the others and two more behind."""
    return tuple(
        np.arange(count).reshape((1,) * axis + (-1,) + (1,) * (len(counts) - axis + 1))
        for axis, count in enumerate(counts)
    )


def _grid(shape: tuple[int, ...], at: Any) -> tuple[Any, ...]:
    """Return what selects the elements ``at``, one of each lane, from an array shaped (n, ..., r, c)."""
    rows, columns = shape[-2:]
    down: Any = np.arange(rows)[:, None] if rows > 1 else 0
    across: Any = np.arange(columns)[None, :] if columns > 1 else 0
    return (at, *_axes(shape[1:-2]), down, across)


def _spread(array: Any, shape: tuple[int, int], value: Any) -> Any:
    """Return the array with lanes shaped ``shape``, in memory the way round that the value has."""
    if isinstance(value, np.ndarray) and value.strides[-1] > value.strides[-2] > 0:
        made = np.empty((*array.shape[:-2], shape[1], shape[0]), array.dtype).swapaxes(-1, -2)
    else:
        made = np.empty(array.shape[:-2] + shape, array.dtype)
    made[...] = array
    return made
