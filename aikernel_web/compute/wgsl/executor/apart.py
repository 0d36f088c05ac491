"""Lanes that go on by themselves: packed into fewer, and put back among the others afterwards."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .affine import Affine, affine, whole
from .masks import Mask

_LANE_DIMENSIONS: Final = 2


class Apart:
    """Some lanes of those shaped ``before``, which are shaped ``shape`` while they are apart."""

    outer: Apart | None = None
    """What they were taken from, where that were lanes apart already."""
    before: tuple[int, int]
    shape: tuple[int, int]

    def __init__(self) -> None:
        self._read: tuple[Any, ...] = ()
        self._leaves: list[tuple[Any, Any]] = []
        self._masks: list[tuple[Mask, Mask]] = []

    def taken(self, leaf: Any) -> Any:
        """Return what these lanes have of a leaf, which may have arrays within: (..., r, c)."""
        raise NotImplementedError

    def put_back(self, made: Any, new: Any) -> None:
        """Write what these lanes have, (..., r, c), into what all have, (..., R, C)."""
        raise NotImplementedError

    def read(self, *leaves: Any) -> tuple[Any, ...]:
        """Return leaves of these lanes, which are only read."""
        self._read = leaves
        return tuple(self.taken(leaf) for leaf in leaves)

    def read_back(self, *_: Any) -> tuple[Any, ...]:
        """Return the leaves as they were."""
        return self._read

    def leaves(self, *leaves: Any) -> tuple[Any, ...]:
        """Return leaves of these lanes, as their own: arrays of variables are written in place."""
        self._leaves = [(leaf, _owned(self.taken(leaf))) for leaf in leaves]
        return tuple(packed for _, packed in self._leaves)

    def leaves_back(self, *leaves: Any) -> tuple[Any, ...]:
        """Return leaves as all lanes have them; others than these have them as they were."""
        pairs = zip(self._leaves, leaves, strict=True)
        return tuple(self._spread(old, packed, now) for (old, packed), now in pairs)

    def masks(self, *masks: Mask) -> tuple[Mask, ...]:
        """Return masks of these lanes."""
        self._masks = [(mask, self._mask(mask)) for mask in masks]
        return tuple(packed for _, packed in self._masks)

    def masks_back(self, *masks: Mask) -> tuple[Mask, ...]:
        """Return masks of all lanes."""
        found: list[Mask] = []
        for (old, packed), now in zip(self._masks, masks, strict=True):
            if now is packed:
                found.append(old)
                continue
            mask = np.broadcast_to(np.bool_(old) if isinstance(old, bool) else old, self.before).copy()
            self.put_back(mask, np.bool_(now) if isinstance(now, bool) else now)
            found.append(mask)
        return tuple(found)

    def _mask(self, mask: Mask) -> Mask:
        if isinstance(mask, bool):
            return mask
        taken = self.taken(mask)
        count = np.count_nonzero(taken)
        return taken if 0 < count < taken.size else bool(count)

    def _spread(self, old: Any, packed: Any, now: Any) -> Any:
        # The same array of a variable may hold something else.
        if now is packed and (not isinstance(now, np.ndarray) or now.ndim == _LANE_DIMENSIONS):
            return old
        base = np.asarray(whole(old))
        made = np.broadcast_to(base, (*base.shape[:-2], *self.before)).copy()
        self.put_back(made, np.asarray(whole(now)))
        return made


class Packed(Apart):
    """The lanes of a mask in one row."""

    def __init__(self, outer: Apart | None, mask: Any, shape: tuple[int, int]) -> None:
        super().__init__()
        self.outer, self.before = outer, shape
        self._places = np.flatnonzero(np.broadcast_to(mask, shape))
        self.shape = (1, self._places.size)

    def taken(self, leaf: Any) -> Any:
        """See `Apart.taken`."""
        leaf = whole(leaf)
        if not isinstance(leaf, np.ndarray):
            return leaf
        (rows, columns), wide = leaf.shape[-2:], self.before[1]
        places = self._places
        if rows == 1 and columns == 1:
            return leaf
        if rows == 1 and self.before[0] > 1:
            places = places % wide
        elif columns == 1 and wide > 1:
            places = places // wide
        return leaf.reshape(*leaf.shape[:-2], -1).take(places, axis=-1)[..., None, :]

    def put_back(self, made: Any, new: Any) -> None:
        """See `Apart.put_back`."""
        made.reshape(*made.shape[:-2], -1)[..., self._places] = new[..., 0, :] if new.ndim else new


class Columns(Apart):
    """The lanes of some columns at even distances, in all rows: rows stay what they are."""

    def __init__(self, mask: Any, columns: slice, count: int, *, shape: tuple[int, int]) -> None:
        super().__init__()
        self.mask = mask
        """That which has these lanes."""
        self.before = shape
        self.shape = (shape[0], count)
        self._columns = columns

    def taken(self, leaf: Any) -> Any:
        """See `Apart.taken`."""
        if isinstance(leaf, Affine):
            base, step = leaf.base + leaf.column * self._columns.start, leaf.column * self._columns.step
            return affine(base, leaf.row, step, shape=self.shape, kind=leaf.kind)
        if not isinstance(leaf, np.ndarray):
            return leaf
        return leaf if leaf.shape[-1] == 1 else leaf[..., self._columns]

    def put_back(self, made: Any, new: Any) -> None:
        """See `Apart.put_back`."""
        made[..., self._columns] = new


def _owned(leaf: Any) -> Any:
    """Return a leaf that may be written in place where it has arrays within."""
    return leaf.copy() if isinstance(leaf, np.ndarray) and leaf.ndim > _LANE_DIMENSIONS else leaf


def columns_of(mask: Any, shape: tuple[int, int], least: int) -> Columns | None:
    """Return the lanes of a mask that is alike in all rows, where it has few columns, at even distances.

    None where the mask is another one, or there are less than ``least`` lanes.
    """
    if shape[0] == 1 or mask.shape != (1, shape[1]) or shape[0] * shape[1] < least:
        return None
    places = np.flatnonzero(mask)
    first, count = int(places[0]), places.size
    if 4 * count > 3 * mask.size:
        return None
    step = int(places[1]) - first if count > 1 else 1
    last = first + (count - 1) * step
    if places[-1] != last or (count > 2 and (np.diff(places) != step).any()):  # noqa: PLR2004 - two are always even
        return None
    return Columns(mask, slice(first, last + 1, step), count, shape=shape)
