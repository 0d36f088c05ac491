"""What depends on what in a function, as a graph (WGSL, section 15.2.2): edges lead to what a node depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..fault import Fault
from ..source import Span

NOT_UNIFORM: Final = 0
"""The node of what may differ between invocations, also of one subgroup."""
START: Final = 1
"""The node of the control flow with which the function is called."""
SAME: Final = 2
"""The node of what is the same for all invocations."""
APART: Final = 3
"""The node of what may differ between subgroups, if not within one; what may differ within them does so too."""
_STEPS_MAX = 6_000_000
"""Of one shader: seconds of work."""


class Budget:
    """Counts the work on one shader."""

    def __init__(self) -> None:
        self._left = _STEPS_MAX

    def charge(self, span: Span, steps: int) -> None:
        """Count steps; raises `Fault` where there are too many."""
        self._left -= steps
        if self._left < 0:
            message = "it takes too long to find out whether this shader's barriers are reached by all invocations"
            raise Fault(span, "WGSL_LIMIT_EXCEEDED", message)


@dataclass(frozen=True, slots=True)
class Note:
    """What a node stands for, to be told."""

    span: Span
    text: str
    branches: bool = False
    """Whether it decides where the control flow goes on."""


class Graph:
    """Nodes are numbers."""

    def __init__(self, budget: Budget, span: Span) -> None:
        self._edges: list[list[int]] = [[APART], [], [], []]
        self._budget = budget
        self._span = span
        self.notes: dict[int, Note] = {}

    def node(self, *edges: int, note: Note | None = None) -> int:
        """Return a new node with edges to these."""
        self._edges.append(list(dict.fromkeys(edges)))
        at = len(self._edges) - 1
        self._budget.charge(self._span, len(edges) + 1)
        if note is not None:
            self.notes[at] = note
        return at

    def joined(self, edges: Iterable[int]) -> int:
        """Return a node with edges to these: the only one of them where there is one."""
        distinct = [edge for edge in dict.fromkeys(edges) if edge != SAME]
        if not distinct:
            return SAME
        return distinct[0] if len(distinct) == 1 else self.node(*distinct)

    def edge(self, source: int, target: int) -> None:
        """Add an edge."""
        self._budget.charge(self._span, 1)
        if target not in (source, SAME):
            self._edges[source].append(target)

    def reached(self, start: int) -> set[int]:
        """Return all that a node depends on, itself too."""
        found = {start}
        waiting = [start]
        while waiting:
            edges = self._edges[waiting.pop()]
            self._budget.charge(self._span, len(edges) + 1)
            for target in edges:
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def ways(self, end: int) -> dict[int, int]:
        """Return all that depends on a node, and for each the next node on the shortest way there."""
        backwards: list[list[int]] = [[] for _ in self._edges]
        for source, edges in enumerate(self._edges):
            self._budget.charge(self._span, len(edges) + 1)
            for target in edges:
                backwards[target].append(source)
        found = {end: end}
        waiting = [end]
        for node in waiting:
            for source in backwards[node]:
                if source not in found:
                    found[source] = node
                    waiting.append(source)
        return found

    def noted(self, start: int, ways: Mapping[int, int], *, branches: bool) -> Note | None:
        """Return the first note of this kind on the way from a node, of the others the last."""
        last: Note | None = None
        at = start
        while ways[at] != at:
            note = self.notes.get(at)
            if note is not None and note.branches is branches:
                if branches:
                    return note
                last = note
            at = ways[at]
        return last
