"""Freeing what a kernel is done with: temporaries are large, and memory that was just freed is used again at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Lines: TypeAlias = "list[tuple[int, str]]"

_NAME = re.compile(r"\bt\d+\b")
_ASSIGNMENT = re.compile(r"((?:t\d+, )*t\d+,?) = ")
_CONTINUED = ("else", "elif ")
_INPUT = re.compile(r"t\d+(, t\d+)* = lanes\.\w+$")


@dataclass(slots=True)
class _Life:
    """A temporary: the line and the depth of its assignment, and the last line that has its name."""

    begin: int
    depth: int
    end: int
    assignments: int = 1


@dataclass(slots=True)
class _Found:
    lives: dict[str, _Life] = field(default_factory=dict)

    def scan(self, lines: Lines) -> None:
        for at, (depth, text) in enumerate(lines):
            made = _ASSIGNMENT.match(text)
            names = _NAME.findall(text)
            for name in _NAME.findall(made[1]) if made else ():
                if name in self.lives:
                    self.lives[name].assignments += 1
                else:
                    self.lives[name] = _Life(at, depth, at)
            for name in names:
                if name in self.lives:
                    self.lives[name].end = at


def release(lines: Lines) -> tuple[Lines, int]:
    """Return lines that delete each temporary after its last use, and how many there are at once at most.

    Where a name is used outside of the block that it is assigned in, it stays.
    """
    lines = _without_unused_inputs(lines)
    found = _Found()
    found.scan(lines)
    ends = _block_ends(lines)
    freed: dict[int, list[str]] = {}
    kept = 0
    for name, life in found.lives.items():
        if life.assignments > 1 or life.end >= ends[life.begin]:
            kept += 1
            continue
        after = life.end + 1
        while after < len(lines) and (
            lines[after][0] > life.depth or (lines[after][0] == life.depth and lines[after][1].startswith(_CONTINUED))
        ):
            after += 1
        freed.setdefault(after - 1, []).append(name)
    return _with_deletions(lines, found.lives, freed, kept)


def _with_deletions(lines: Lines, lives: dict[str, _Life], freed: dict[int, list[str]], kept: int) -> tuple[Lines, int]:
    begun: dict[int, int] = {}
    for life in lives.values():
        begun[life.begin] = begun.get(life.begin, 0) + 1
    result: Lines = []
    now = most = kept
    for at, line in enumerate(lines):
        result.append(line)
        now += begun.get(at, 0)
        most = max(most, now)
        names = freed.get(at, ())
        now -= len(names)
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


def _without_unused_inputs(lines: Lines) -> Lines:
    """Leave out built-in values that nothing uses: making one takes a while."""
    counts: dict[str, int] = {}
    for _, text in lines:
        for name in _NAME.findall(text):
            counts[name] = counts.get(name, 0) + 1
    return [
        (depth, text)
        for depth, text in lines
        if not (_INPUT.match(text) and all(counts[name] == 1 for name in _NAME.findall(text)))
    ]
