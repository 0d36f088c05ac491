"""Who touched which word of memory since what orders it: two that did, one of them to write, race (section 14.5).

Within a workgroup ``workgroupBarrier`` orders accesses to workgroup memory, and ``storageBarrier`` those to storage;
between workgroups nothing does. Atomics do not race, and nothing else reaches the words of an atomic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .addresses import Ramp, Spot, address
from .affine import Leaf, whole
from .buffers import Buffer
from .lanes import Lanes

_PAGE: Final = 4096
"""Words that are remembered together: what a kernel never touches takes no room."""
_NOBODY: Final = -1


class Orders:
    """For each workgroup of a chunk how many barriers it has passed, of each kind."""

    def __init__(self, rows: int) -> None:
        self.workgroup = np.zeros(rows, np.int64)
        self.storage = np.zeros(rows, np.int64)


@dataclass(frozen=True, slots=True)
class Access:
    """An access of some invocations: which words, by whom (numbers that go up), and after how many barriers."""

    words: Any
    invocations: Any
    epochs: Any
    site: int
    writes: bool


class _Records:
    """For each word the last one of some sort that touched it: who, after how many barriers, and where in the text."""

    def __init__(self) -> None:
        self.who = np.zeros(0, np.int64)
        self.epoch = np.zeros(0, np.int64)
        self.site = np.zeros(0, np.int64)

    def grow(self, size: int) -> None:
        more = size - self.who.size
        self.who = np.append(self.who, np.full(more, _NOBODY, np.int64))
        self.epoch = np.append(self.epoch, np.zeros(more, np.int64))
        self.site = np.append(self.site, np.zeros(more, np.int64))

    def set(self, at: Any, who: Any, epoch: Any, site: Any) -> None:
        self.who[at], self.epoch[at], self.site[at] = who, epoch, site

    def copy(self, at: Any, other: _Records) -> None:
        self.set(at, other.who[at], other.epoch[at], other.site[at])


class Shadow:
    """What is known of a memory's words.

    Of those that read, three are kept: the last one, another one of its workgroup since its last barrier, and one of
    another workgroup. Whoever writes races with one of these, or with nobody.
    """

    def __init__(self, size: int) -> None:
        self._pages = np.full(-(-size // _PAGE), _NOBODY, np.int64)
        self._used = 0
        self._writer, self._reader, self._second, self._stranger = (_Records() for _ in range(4))

    def meet(self, access: Access, columns: int) -> Iterator[tuple[tuple[int, bool], int, int, int]]:
        """Take an access; yield races: the other's site and whether it wrote, the two invocations, and how many.

        ``columns`` are the invocations of a workgroup.
        """
        order = np.argsort(access.words, kind="stable")
        words = access.words[order]
        first = np.append(True, words[1:] != words[:-1])
        starts = np.flatnonzero(first)
        ends = np.append(starts[1:], words.size) - 1
        at = self._cells(words[starts])
        who, epochs = access.invocations[order], access.epochs[order]
        lone = starts == ends
        if access.writes and not lone.all():
            one = int(np.argmin(lone))
            count = int(np.count_nonzero(~lone))
            yield (access.site, True), int(who[starts[one]]), int(who[ends[one]]), count
        others = [(self._writer, True)]
        if access.writes:
            others += [(records, False) for records in (self._reader, self._second, self._stranger)]
        for records, wrote in others:
            for lanes, cells in ((starts, at), (ends[~lone], at[~lone])):
                yield from _conflicts(records, cells, who[lanes], epochs=epochs[lanes], columns=columns, wrote=wrote)
        if access.writes:
            self._writer.set(at, who[ends], epochs[ends], access.site)
            return
        # The last but one matters where it is of the last one's workgroup; the first where it is not.
        for lanes in (starts, np.maximum(ends - 1, starts), ends):
            self._read(at, who[lanes], epochs[lanes], site=access.site, columns=columns)

    def _read(self, at: Any, who: Any, epochs: Any, *, site: int, columns: int) -> None:
        reader, second, stranger = self._reader, self._second, self._stranger
        known, same = reader.who[at], reader.who[at] // columns == who // columns
        moved = at[(known != _NOBODY) & ~same]
        stranger.copy(moved, reader)
        second.set(moved, _NOBODY, 0, 0)
        stale = same & (reader.epoch[at] != epochs)
        second.set(at[stale], _NOBODY, 0, 0)
        joins = at[same & ~stale & (known != who)]
        second.copy(joins, reader)
        reader.set(at, who, epochs, site)

    def _cells(self, words: Any) -> Any:
        """Return where words are remembered."""
        pages = words // _PAGE
        new = np.unique(pages[self._pages[pages] == _NOBODY])
        if new.size:
            self._pages[new] = np.arange(self._used, self._used + new.size)
            self._used += new.size
            if self._used * _PAGE > self._writer.who.size:
                for records in (self._writer, self._reader, self._second, self._stranger):
                    records.grow(max(self._used * _PAGE, 2 * records.who.size))
        return self._pages[pages] * _PAGE + words % _PAGE


def _conflicts(
    records: _Records, at: Any, who: Any, *, epochs: Any, columns: int, wrote: bool
) -> Iterator[tuple[tuple[int, bool], int, int, int]]:
    others = records.who[at]
    apart = (others // columns != who // columns) | (records.epoch[at] == epochs)
    racing = np.flatnonzero((others != _NOBODY) & (others != who) & apart)
    if not racing.size:
        return
    sites = records.site[at[racing]]
    for site in np.unique(sites).tolist():
        chosen = racing[sites == site]
        yield (site, wrote), int(others[chosen[0]]), int(who[chosen[0]]), int(chosen.size)


def touched(lanes: Lanes, mask: Any, *, memory: Any, spot: Spot, indices: Sequence[Leaf]) -> tuple[Any, Any, Any]:
    """Return the words that active lanes touch, the number of each one's invocation, and its row."""
    shared = not isinstance(memory, Buffer)
    dims = spot.dims if shared else memory.dims(spot)
    at = address(spot.offset, dims, indices)
    places = at.positions() if isinstance(at, Ramp) else at
    chosen = np.arange(lanes.rows * lanes.columns, dtype=np.intp)
    if mask is not True:
        chosen = np.flatnonzero(np.broadcast_to(mask, lanes.shape))
    rows = chosen // lanes.columns
    found = []
    for part in spot.parts:
        words = places + (part.offset if part.inner is None else part.inner.reshape(-1, 1, 1))
        words = np.broadcast_to(words, (*np.shape(words)[:-2], *lanes.shape)).reshape(-1, lanes.rows * lanes.columns)
        found.append(words[:, chosen])
    every = np.concatenate(found)
    if shared:
        every = every * memory.shape[1] + rows
    first = int(np.asarray(whole(lanes.workgroup_index)).ravel()[0])
    numbers = chosen.astype(np.int64) + first * lanes.columns
    times = every.shape[0]
    return every.ravel(), np.tile(numbers, times), np.tile(rows, times)
