"""The lanes of a chunk: which invocations of a dispatch they are, in two layouts.

GROUPED has a row for each workgroup and a column for each of its invocations, in the order of
``local_invocation_index``: for whatever has to do with workgroups. GLOBAL has a row for each (y, z) and a column for
each x of ``global_invocation_id``, so that neighbours in memory are neighbours here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from .affine import affine, whole

Extent: TypeAlias = tuple[int, int, int]
Number: TypeAlias = Any
"""A `Leaf` of u32, which all have operators."""
Triple: TypeAlias = tuple[Number, Number, Number]


@dataclass(frozen=True, slots=True)
class Geometry:
    """A dispatch: how many workgroups along x, y and z, and how many invocations each has along them."""

    groups: Extent
    size: Extent
    subgroup_size: int

    @property
    def count(self) -> int:
        """The workgroups."""
        return self.groups[0] * self.groups[1] * self.groups[2]

    @property
    def invocations(self) -> int:
        """The invocations of a workgroup."""
        return self.size[0] * self.size[1] * self.size[2]

    def grouped(self, count: int) -> Iterator[Lanes]:
        """Return chunks of ``count`` workgroups in layout GROUPED, in their order."""
        for first in range(0, self.count, count):
            yield self.workgroups(first, count)

    def workgroups(self, first: int, count: int) -> Lanes:
        """Return the chunk of ``count`` workgroups from number ``first``, or of those there are, in layout GROUPED."""
        return Lanes(self, first, (min(count, self.count - first), self.invocations))

    def spread(self, lanes: int) -> Iterator[Lanes]:
        """Return chunks in layout GLOBAL: rows of all x, or parts of one row where a row is longer than ``lanes``."""
        wide, high, deep = (count * size for count, size in zip(self.groups, self.size, strict=True))
        across, down = min(wide, lanes), max(1, lanes // max(1, wide))
        for row in range(0, high * deep, down):
            for column in range(0, wide, across):
                shape = min(down, high * deep - row), min(across, wide - column)
                yield Lanes(self, column, shape, row=row)


class Lanes:
    """The lanes of one chunk, shaped (R, C); what they are told about themselves is worked out where it is asked for.

    ``first`` is the number of the first workgroup, or in layout GLOBAL the x of the first column.
    """

    def __init__(self, geometry: Geometry, first: int, shape: tuple[int, int], *, row: int | None = None) -> None:
        self.geometry = geometry
        self.shape = shape
        self.rows, self.columns = shape
        self.grouped = row is None
        self.subgroup_size = geometry.subgroup_size
        self.watch: object = None
        """What looks at accesses, where a kernel was compiled with `Checks`: see `watch`."""
        self.stalled = False
        """Whether it was given up, to be run with fewer workgroups: see `patience`."""
        self._first, self._row = first, row

    @cached_property
    def workgroup_id(self) -> Triple:
        """Built-in value, as is ``num_workgroups`` and those below that are named as in section 13.3.1 of WGSL."""
        if self.grouped:
            return self._places(self._first, self.geometry.groups, along=0)
        x, y, z = self.global_id
        wide, high, deep = self.geometry.size
        return _quotient(x, wide), _quotient(y, high), _quotient(z, deep)

    @cached_property
    def local_id(self) -> Triple:
        """``local_invocation_id``."""
        if self.grouped:
            return self._places(0, self.geometry.size, along=1)
        x, y, z = self.global_id
        wide, high, deep = self.geometry.size
        return _remainder(x, wide), _remainder(y, high), _remainder(z, deep)

    @cached_property
    def global_id(self) -> Triple:
        """``global_invocation_id``."""
        if self._row is not None:
            _, high, deep = (n * size for n, size in zip(self.geometry.groups, self.geometry.size, strict=True))
            y, z, _ = self._places(self._row, (high, deep, 1), along=0)
            return self._ramp(self._first, column=1), y, z
        x, y, z = (
            group * np.uint32(size) + local
            for group, size, local in zip(self.workgroup_id, self.geometry.size, self.local_id, strict=True)
        )
        return x, y, z

    @cached_property
    def num_workgroups(self) -> Triple:
        """The workgroups of the dispatch."""
        x, y, z = map(np.uint32, self.geometry.groups)
        return x, y, z

    @cached_property
    def local_index(self) -> Number:
        """``local_invocation_index``."""
        if self.grouped:
            return self._ramp(0, column=1)
        x, y, z = self.local_id
        wide, high, _ = self.geometry.size
        return x + (y + z * np.uint32(high)) * np.uint32(wide)

    @cached_property
    def global_index(self) -> Number:
        """``global_invocation_index``: the position of ``global_invocation_id`` among those of the dispatch."""
        x, y, z = self.global_id
        wide, high, _ = (n * size for n, size in zip(self.geometry.groups, self.geometry.size, strict=True))
        return x + (y + z * _word(high)) * _word(wide)

    @cached_property
    def workgroup_index(self) -> Number:
        """The position of ``workgroup_id`` among those of the dispatch."""
        if self.grouped:
            return self._ramp(self._first, row=1)
        x, y, z = self.workgroup_id
        wide, high, _ = self.geometry.groups
        return x + (y + z * _word(high)) * _word(wide)

    @cached_property
    def subgroup_invocation_id(self) -> Number:
        """The number of an invocation within its subgroup: subgroups are runs of ``local_invocation_index``."""
        return _remainder(self.local_index, self.subgroup_size)

    @cached_property
    def subgroup_id(self) -> Number:
        """The number of the subgroup within its workgroup."""
        return _quotient(self.local_index, self.subgroup_size)

    @cached_property
    def num_subgroups(self) -> Number:
        """The subgroups of a workgroup."""
        return np.uint32(-(-self.geometry.invocations // self.subgroup_size))

    @cached_property
    def subgroup_width(self) -> Number:
        """``subgroup_size`` as a value of the shader."""
        return np.uint32(self.subgroup_size)

    def _ramp(self, first: int, row: int = 0, column: int = 0) -> Number:
        return affine(first, row, column, shape=self.shape, kind=np.uint32)

    def _places(self, first: int, extent: Extent, *, along: int) -> Triple:
        """Return x, y and z of numbers that count up from ``first`` along rows (0) or columns (1)."""
        count = self.shape[along]
        step = 1
        found: list[Number] = []
        for size in extent:
            start, end = first // step, (first + count - 1) // step
            if size == 1 or start == end:
                found.append(np.uint32(start % size))
            elif step == 1 and start // size == end // size:
                found.append(self._ramp(start % size, row=1 - along, column=along))
            else:
                numbers = ((np.arange(first, first + count, dtype=np.int64) // step) % size).astype(np.uint32)
                found.append(numbers[:, None] if along == 0 else numbers[None, :])
            step *= size
        x, y, z = found
        return x, y, z


def _word(number: int) -> np.uint32:
    return np.uint32(number % (1 << 32))


def _quotient(leaf: Number, size: int) -> Number:
    return leaf if size == 1 else whole(leaf) // np.uint32(size)


def _remainder(leaf: Number, size: int) -> Number:
    return np.uint32(0) if size == 1 else whole(leaf) % np.uint32(size)
