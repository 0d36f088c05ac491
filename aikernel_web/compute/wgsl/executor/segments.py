"""Lanes that go to the same place, side by side: scans over each place's lanes in their order."""

from __future__ import annotations

from typing import Any

import numpy as np


class Segments:
    """Lanes sorted by where they go; those of one place keep their order, and are a segment."""

    def __init__(self, where: Any) -> None:
        self.order = _sorted(where)
        """The numbers of the lanes, segment by segment; what follows is in this order."""
        self.where = where[self.order]
        first = np.empty(self.where.size, np.bool_)
        first[:1] = True
        np.not_equal(self.where[1:], self.where[:-1], out=first[1:])
        self.starts = np.flatnonzero(first)
        """The first lane of each segment."""
        self.number = np.cumsum(first) - 1
        """The segment of each lane."""
        self.ends = np.append(self.starts[1:], self.where.size) - 1
        """The last lane of each segment."""
        self.rank = np.arange(self.where.size) - self.starts[self.number]
        """How many lanes of the segment come before."""

    def before(self, values: Any, first: Any) -> Any:
        """Return the value of the lane before each one in its segment; ``first`` for the first lanes."""
        found = np.empty_like(values)
        found[1:] = values[:-1]
        found[self.starts] = first
        return found

    def scan(self, operation: Any, values: Any) -> Any:
        """Return each lane's value combined with those of all before it in its segment."""
        if operation is np.add or operation is np.bitwise_xor:
            # What can be undone is done over all lanes at once, and undone for those before the segment.
            undo = np.subtract if operation is np.add else np.bitwise_xor
            along = operation.accumulate(values, dtype=values.dtype)
            return undo(along, undo(along, values)[self.starts][self.number])
        found, step, longest = values, 1, int(self.rank.max(initial=0))
        while step <= longest:
            behind = np.flatnonzero(self.rank >= step)
            found = found.copy()
            found[behind] = operation(found[behind], found[behind - step])
            step *= 2
        return found

    def unsorted(self, values: Any) -> Any:
        """Return values in the order of the lanes."""
        found = np.empty_like(values)
        found[self.order] = values
        return found


def _sorted(where: Any) -> Any:
    """Return the order of positions, 16 bits at a time: NumPy sorts those by their digits, several times as fast."""
    low = np.argsort(where.astype(np.uint16), kind="stable")
    high = where >> _HALF
    if not high.any():
        return low
    return low[np.argsort(high.astype(np.uint16)[low], kind="stable")]


def compare_exchange(cells: Any, where: Any, compared: Any, new: Any) -> tuple[Any, Any]:
    """Compare and exchange for lanes in their order; return what each found, and whether it exchanged.

    At each place the first lane that finds what it compares with ends a round; the rest goes on with what it stored.
    """
    lanes = Segments(where)
    compared, new = compared[lanes.order], new[lanes.order]
    current = cells[lanes.where[lanes.starts]]
    found = np.empty_like(compared)
    exchanged = np.zeros(compared.size, np.bool_)
    left = np.arange(compared.size)
    rounds = 0
    while left.size and rounds < _ROUNDS:
        number = lanes.number[left]
        found[left] = current[number]
        hits = left[compared[left] == found[left]]
        hit_number = lanes.number[hits]
        winners = hits[np.append(True, hit_number[1:] != hit_number[:-1])] if hits.size else hits
        exchanged[winners] = True
        current[lanes.number[winners]] = new[winners]
        # Behind a winner the place has another value; where nobody won, all found the same and are done.
        winner_of = np.full(lanes.starts.size, found.size)
        winner_of[lanes.number[winners]] = winners
        left = left[left > winner_of[number]]
        rounds += 1
    for at in left.tolist():
        number = lanes.number[at]
        found[at] = current[number]
        if compared[at] == found[at]:
            exchanged[at] = True
            current[number] = new[at]
    cells[lanes.where[lanes.starts]] = current
    return lanes.unsorted(found), lanes.unsorted(exchanged)


_HALF = 16
_ROUNDS = 32
"""Exchanges at one place that are worked out for all places at once; what comes later goes lane by lane."""
