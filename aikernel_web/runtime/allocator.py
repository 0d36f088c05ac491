"""Blocks of linear memory: who is given which bytes. What is known of them is kept outside of the memory.

A program that writes beyond a block can spoil the contents of others, but not the bookkeeping.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict

from ..contracts.errors import KernelError

ALIGNMENT = 16
"""Bytes: what the C ABI of WebAssembly promises of ``malloc`` (BasicCABI: ``max_align_t`` is 16)."""
FREED_REMEMBERED = 65_536
"""How many freed blocks are remembered, to tell a block that is freed twice from what never was one."""


class BlockTable:
    """The blocks in use, by their pointers, and the last ones that were freed."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._freed: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, pointer: int, size: int) -> None:
        """Take a block into use."""
        self._sizes[pointer] = size
        self._freed.pop(pointer, None)

    def size_of(self, pointer: int) -> int:
        """Return the size of the block at ``pointer``.

        Raises `KernelError`: ``WASM_DOUBLE_FREE`` where it was freed already, ``WASM_POINTER_NOT_ALLOCATED`` where
        there never was one (or so long ago that it is forgotten).
        """
        size = self._sizes.get(pointer)
        if size is not None:
            return size
        if pointer in self._freed:
            raise KernelError(f"The block at {pointer} was freed already.", code="WASM_DOUBLE_FREE")
        raise KernelError(f"No block was allocated at {pointer}.", code="WASM_POINTER_NOT_ALLOCATED")

    def remove(self, pointer: int) -> int:
        """Take a block out of use and return its size; raises as `size_of` does."""
        size = self.size_of(pointer)
        del self._sizes[pointer]
        self._freed[pointer] = None
        if len(self._freed) > FREED_REMEMBERED:
            self._freed.popitem(last=False)
        return size


class FirstFit:
    """Gives out the lowest free bytes that are enough, each block at a multiple of `ALIGNMENT`; neighbours coalesce."""

    def __init__(self) -> None:
        # Free ranges, disjoint and not touching, in ascending order: begins[i] up to ends[i].
        self._begins: list[int] = []
        self._ends: list[int] = []

    @property
    def free_ranges(self) -> tuple[tuple[int, int], ...]:
        """The free bytes as (begin, end), in ascending order."""
        return tuple(zip(self._begins, self._ends, strict=True))

    def add(self, begin: int, end: int) -> None:
        """Make the bytes from ``begin`` up to ``end`` free, as far as they are whole units of `ALIGNMENT`."""
        self._give(-(-begin // ALIGNMENT) * ALIGNMENT, end // ALIGNMENT * ALIGNMENT)

    def allocate(self, size: int) -> int | None:
        """Return a pointer to ``size`` bytes, or None where no free range is long enough."""
        rounded = rounded_up(size)
        for i, begin in enumerate(self._begins):
            if self._ends[i] - begin >= rounded:
                if self._ends[i] - begin == rounded:
                    del self._begins[i], self._ends[i]
                else:
                    self._begins[i] = begin + rounded
                return begin
        return None

    def free(self, pointer: int, size: int) -> None:
        """Take back what `allocate` gave out for ``size``."""
        self._give(pointer, pointer + rounded_up(size))

    def _give(self, begin: int, end: int) -> None:
        if begin >= end:
            return
        i = bisect.bisect(self._begins, begin)
        if i > 0 and self._ends[i - 1] == begin:
            i -= 1
            begin = self._begins[i]
            del self._begins[i], self._ends[i]
        if i < len(self._begins) and self._begins[i] == end:
            end = self._ends[i]
            del self._begins[i], self._ends[i]
        self._begins.insert(i, begin)
        self._ends.insert(i, end)


def rounded_up(size: int) -> int:
    """Return the bytes that a block of ``size`` takes: whole units of `ALIGNMENT`, at least one."""
    return max(ALIGNMENT, -(-size // ALIGNMENT) * ALIGNMENT)
