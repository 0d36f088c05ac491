"""Freeing what a kernel is done with: temporaries are large, and memory that was just freed is used again at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

Lines: TypeAlias = "list[tuple[int, str]]"

_NAME = re.compile(r"\b[tv]\d+\b")
"""Temporaries, and variables of functions."""
_ASSIGNMENT = re.compile(r"((?:[tv]\d+, )*[tv]\d+,?) = ")
_CONTINUED = ("else", "elif ")
_INPUT = re.compile(r"t\d+(, t\d+)* = lanes\.\w+$")


@dataclass(slots=True)
class _Life:
    """A name: the line and the depth of its first assignment, and the last line that has it."""

    begin: int
    depth: int
    end: int


@dataclass(slots=True)
class _Found:
    lives: dict[str, _Life] = field(default_factory=dict)

    def scan(self, lines: Lines, named: Sequence[list[str]]) -> None:
        for at, ((depth, text), names) in enumerate(zip(lines, named, strict=True)):
            made = _ASSIGNMENT.match(text)
            for name in names[: made[1].count(",") + 1] if made else ():
                self.lives.setdefault(name, _Life(at, depth, at))
            for name in names:
                if name in self.lives:
                    self.lives[name].end = at


def release(lines: Lines, sizes: Mapping[str, int]) -> tuple[Lines, int]:
    """Return lines that delete each name after its last use, and how many scalars a lane has at most at once.

    Where a name is used outside of the block that it is first assigned in, it stays. ``sizes`` are of names that have
    more than one scalar.
    """
    lines, named = _without_unused_inputs(lines)
    found = _Found()
    found.scan(lines, named)
    ends = _block_ends(lines)
    freed: dict[int, list[str]] = {}
    for name, life in found.lives.items():
        if life.end >= ends[life.begin]:
            continue
        after = life.end + 1
        while after < len(lines) and (
            lines[after][0] > life.depth or (lines[after][0] == life.depth and lines[after][1].startswith(_CONTINUED))
        ):
            after = ends[after] if lines[after][0] > life.depth else after + 1
        freed.setdefault(after - 1, []).append(name)
    return _with_deletions(lines, found.lives, freed, sizes)


def _with_deletions(
    lines: Lines, lives: dict[str, _Life], freed: dict[int, list[str]], sizes: Mapping[str, int]
) -> tuple[Lines, int]:
    begun: dict[int, int] = {}
    for name, life in lives.items():
        begun[life.begin] = begun.get(life.begin, 0) + sizes.get(name, 1)
    result: Lines = []
    now = most = 0
    for at, line in enumerate(lines):
        result.append(line)
        now += begun.get(at, 0)
        most = max(most, now)
        names = freed.get(at)
        if names is None:
            continue
        now -= sum(sizes.get(name, 1) for name in names)
        for depth in sorted({lives[name].depth for name in names}, reverse=True):
            result.append((depth, f"del {', '.join(name for name in names if lives[name].depth == depth)}"))
    return result, most


def _block_ends(lines: Lines) -> Sequence[int]:
    """Return for each line the first line behind its block."""
    ends = [len(lines)] * len(lines)
    open_: list[int] = []
    for at, (depth, _) in enumerate(lines):
        while open_ and lines[open_[-1]][0] > depth:
            ends[open_.pop()] = at
        open_.append(at)
    return ends


def _without_unused_inputs(lines: Lines) -> tuple[Lines, list[list[str]]]:
    """Leave out built-in values that nothing uses: making one takes a while. Return the names in each line too."""
    named = [_NAME.findall(text) for _, text in lines]
    counts = Counter(chain.from_iterable(named))
    unused = {at for at, (_, text) in enumerate(lines) if _INPUT.match(text) and all(counts[t] == 1 for t in named[at])}
    kept = [at for at in range(len(lines)) if at not in unused]
    return [lines[at] for at in kept], [named[at] for at in kept]
