"""What a run is watched for: accesses outside of arrays, and invocations that race for memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

import numpy as np

from ....contracts.shader_errors import Diagnostic
from ..source import Report, Source, Span
from .addresses import Spot
from .affine import Affine, Leaf, whole
from .buffers import Buffer
from .lanes import Lanes
from .races import Access, Orders, Shadow, touched

_WORDS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class AccessSite:
    """A load or a store in the text."""

    source: Source
    span: Span
    text: str
    """The place as the shader names it."""


@dataclass(slots=True)
class Sighting:
    """Something that was seen: the first time, and how often."""

    kind: OneOf["race", "bounds"]
    message: str
    places: tuple[Diagnostic, ...]
    """Of a race the two accesses, the earlier first; codes ``WGSL_OUT_OF_BOUNDS`` and ``WGSL_DATA_RACE``."""
    count: int = 1


class Watch:
    """Collects what is seen in one run of a kernel that was compiled with `Checks`; ``lanes.watch`` leads here."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], Sighting] = {}
        self._sites: list[AccessSite] = []
        self._numbers: dict[AccessSite, int] = {}
        self._clamped: set[int] = set()
        """Places from which something outside of an array was accessed."""
        self._buffers: dict[tuple[int, str], tuple[Any, Shadow]] = {}
        self._shared: dict[int, tuple[Any, Shadow]] = {}
        self._lanes: Lanes | None = None
        self._orders = Orders(0)

    @property
    def sightings(self) -> list[Sighting]:
        """What was seen, in the order in which it was first met."""
        return list(self._seen.values())

    def index(self, site: AccessSite, lanes: Lanes, mask: Any, *, index: Leaf, count: int) -> None:
        """Look at an index of an array, a matrix or a vector of ``count`` elements, before it is clamped."""
        outside = _outside(lanes, mask, index, count)
        found = int(np.count_nonzero(outside))
        if not found:
            return
        key = ("bounds", site.span, count)
        if key in self._seen:
            self._seen[key].count += found
            return
        row, column = np.unravel_index(int(np.argmax(outside)), lanes.shape)
        number = int(np.broadcast_to(whole(index), lanes.shape)[row, column])
        x, y, z = (int(np.broadcast_to(whole(leaf), lanes.shape)[row, column]) for leaf in lanes.global_id)
        elements = f"{count} element{'' if count == 1 else 's'}"
        told = f"invocation ({x}, {y}, {z}) has {number} as an index into {elements}"
        place = _place(site, "WGSL_OUT_OF_BOUNDS", told)
        self._seen[key] = Sighting("bounds", f"{site.text!r} goes to element {number} of {count}", (place,), found)

    def buffer_index(
        self, site: AccessSite, lanes: Lanes, mask: Any, *, index: Leaf, memory: Buffer, tail: tuple[int, int]
    ) -> None:
        """Look at an index of the array whose count is the buffer's."""
        self.index(site, lanes, mask, index=index, count=memory.length(tail))

    def access(
        self,
        site: AccessSite,
        lanes: Lanes,
        mask: Any,
        *,
        memory: Any,
        spot: Spot,
        indices: Sequence[Leaf],
        writes: bool,
    ) -> None:
        """Look at an access to memory that is not atomic."""
        self._chunk(lanes)
        if isinstance(memory, Buffer):
            if not memory.written:
                return
            words, invocations, groups = touched(lanes, mask, memory=memory, spot=spot, indices=indices)
            key = (id(memory), spot.kind)
            if key not in self._buffers:
                self._buffers[key] = memory, Shadow(memory.words[spot.kind].size)
            shadow, epochs = self._buffers[key][1], self._orders.storage
        else:
            words, invocations, groups = touched(lanes, mask, memory=memory, spot=spot, indices=indices)
            if id(memory) not in self._shared:
                self._shared[id(memory)] = memory, Shadow(memory.size)
            shadow, epochs = self._shared[id(memory)][1], self._orders.workgroup
        dims = memory.dims(spot) if isinstance(memory, Buffer) else spot.dims
        if any(_outside(lanes, mask, index, count).any() for index, (_, count) in zip(indices, dims, strict=True)):
            self._clamped.add(self._number(site))
        access = Access(words, invocations, epochs[groups], site=self._number(site), writes=writes)
        for other, first, second, count in shadow.meet(access, lanes.columns):
            self._race(other, access, lanes, pair=(first, second), count=count)

    def barrier(self, lanes: Lanes, mask: Any, name: str) -> None:
        """Note that workgroups came to a barrier, which orders what is before and after it."""
        self._chunk(lanes)
        epochs = self._orders.storage if name == "storageBarrier" else self._orders.workgroup
        epochs += 1 if mask is True else np.broadcast_to(mask, lanes.shape).any(axis=1)

    def _chunk(self, lanes: Lanes) -> None:
        if lanes is not self._lanes:
            self._lanes = lanes
            self._shared.clear()
            self._orders = Orders(lanes.rows)

    def _number(self, site: AccessSite) -> int:
        if site not in self._numbers:
            self._numbers[site] = len(self._sites)
            self._sites.append(site)
        return self._numbers[site]

    def _clamps(self, *sites: int) -> str:
        """Return what to tell of places that two invocations come to by an index that was clamped."""
        texts = dict.fromkeys(self._sites[site].text for site in sites if site in self._clamped)
        return "".join(f"; an index of {text!r} was outside of the array, and was clamped" for text in texts)

    def _race(
        self, other: tuple[int, bool], access: Access, lanes: Lanes, *, pair: tuple[int, int], count: int
    ) -> None:
        earlier, later = self._sites[other[0]], self._sites[access.site]
        key = ("race", earlier.span, other[1], later.span, access.writes)
        if key in self._seen:
            self._seen[key].count += count
            return
        who = [_invocation(lanes, number) for number in pair]
        deeds = ["writes" if writes else "reads" for writes in (other[1], access.writes)]
        message = (
            f"invocation {who[0]} {deeds[0]} {earlier.text!r} and invocation {who[1]} {deeds[1]} {later.text!r}, "
            f"the same memory, and nothing orders them{self._clamps(other[0], access.site)}"
        )
        places = (
            _place(earlier, "WGSL_DATA_RACE", f"invocation {who[0]} {deeds[0]} it here"),
            _place(later, "WGSL_DATA_RACE", f"invocation {who[1]} {deeds[1]} it here"),
        )
        self._seen[key] = Sighting("race", message, places, count)


def _outside(lanes: Lanes, mask: Any, index: Leaf, count: int) -> Any:
    """Return which active lanes have an index of none of ``count`` elements."""
    if isinstance(index, Affine) and index.low >= 0 and index.high < count:
        return np.zeros((1, 1), np.bool_)
    words = np.asarray(whole(index)).astype(np.int64) & _WORDS
    outside = np.broadcast_to(words >= count, lanes.shape)
    return outside if mask is True else outside & mask


def _place(site: AccessSite, code: str, message: str) -> Diagnostic:
    report = Report(site.source)
    report.add(site.span, code, message)
    return report.diagnostics[0]


def _invocation(lanes: Lanes, number: int) -> str:
    """Return the ``global_invocation_id`` of an invocation by its number, workgroup by workgroup."""
    size = lanes.geometry.size
    group, local = divmod(number, lanes.columns)
    found = []
    for groups, wide in zip(lanes.geometry.groups, size, strict=True):
        found.append(str(group % groups * wide + local % wide))
        group, local = group // groups, local // wide
    return f"({', '.join(found)})"
