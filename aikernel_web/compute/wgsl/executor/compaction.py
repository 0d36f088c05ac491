"""Code that few lanes are left in: those go on by themselves, and are put back behind it.

In lockstep everything costs the same however few take part. Once a quarter of the lanes left a loop, all that it reads
is packed into one row, of the lanes that are in it. They are all active then, so that variables are not mixed with what
they were; the lanes that left are not told, since nothing in the loop is for them. What only some invocations of each
workgroup do, as the rounds of a tree of sums, is done with their columns alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from .apart import Columns, Packed, columns_of
from .emitter import Emitter
from .release import Lines

SHAPE: Final = "shape"
"""The name of the shape of the lanes that are there now."""
_EVERY: Final = 8
"""Rounds from one look at the mask of a loop to the next."""
_LEAST: Final = 2048
"""Lanes below which NumPy's calls cost more than what they compute."""
_LINES_LEAST: Final = 3
_LINES_MOST: Final = 4000
"""Lines are looked at once for each level that they are nested."""
_NAME = re.compile(r"\b([a-z]+)(\d+)\b")
_MASKS = ("m", "d")
_MEMORY = ("b", "w")
_PLACED = re.compile(r"\blanes\b|\brecorder\b|\bparted_\d+\b")
"""What has to know where its lanes are among the others, or that there are others."""
_ARRAYS = re.compile(r"\barray_put_\d+\b")
"""What writes to arrays of variables, which would be copied back and forth."""
_ROWS = re.compile(r"\bw\d+\b")
"""What has to know of which workgroup its lanes are."""


def of_loop(emitter: Emitter, lines: Lines, live: str, known: Mapping[str, int]) -> tuple[Lines, Lines, Lines]:
    """Return what comes before a loop, at the beginning of each of its rounds, and after it.

    ``lines`` are the loop's, ``live`` is its mask, and ``known`` are the names from before it: of each prefix the last
    number.
    """
    if _is_placed(emitter, lines) or any(_ROWS.search(text) for _, text in lines):
        return [], [], []
    apart, depth = emitter.name("p"), emitter.depth
    look = f"if {live} is not True and not ticks % {_EVERY} and {emitter.use(is_sparse)}({live}, {SHAPE}):"
    begin: Lines = [(depth + 1, look), (depth + 2, f"{apart} = {emitter.use(Packed)}({apart}, {live}, {SHAPE})")]
    end: Lines = [(depth, f"while {apart} is not None:")]
    into, back = _moves(emitter, lines, live, known, apart)
    begin += ((depth + 2, text) for text in into)
    end += ((depth + 1, text) for text in [*back, f"{apart} = {apart}.outer"])
    return [(depth, f"{apart} = None")], begin, end


def of_branch(emitter: Emitter, lines: Lines, mask: str, known: Mapping[str, int]) -> tuple[Lines, Lines]:
    """Return what comes before and behind a part that the lanes of ``mask`` do, and all of them to its end."""
    if len(lines) < _LINES_LEAST or _is_placed(emitter, lines) or any(_ARRAYS.search(text) for _, text in lines):
        return [], []
    apart, depth = emitter.name("p"), emitter.depth
    made = f"{emitter.use(columns_apart)}({mask}, {SHAPE})"
    begin: Lines = [
        (depth, f"{apart} = None if {mask} is True or {mask} is False else {made}"),
        (depth, f"if {apart} is not None:"),
    ]
    into, back = _moves(emitter, lines, mask, known, apart)
    begin += ((depth + 1, text) for text in into)
    end: Lines = [
        (depth, f"if {apart} is not None:"),
        *((depth + 1, text) for text in [*back, f"{mask} = {apart}.mask"]),
    ]
    return begin, end


def is_sparse(mask: Any, shape: tuple[int, int]) -> bool:
    """Whether a quarter of the lanes are not active."""
    if shape[0] * shape[1] < _LEAST:
        return False
    count, size = int(np.count_nonzero(mask)), int(mask.size)
    return 4 * count <= 3 * size


def columns_apart(mask: Any, shape: tuple[int, int]) -> Columns | None:
    """Return `columns_of` where there are lanes enough."""
    return columns_of(mask, shape, _LEAST)


def _is_placed(emitter: Emitter, lines: Lines) -> bool:
    return emitter.checks.races or len(lines) > _LINES_MOST or any(_PLACED.search(text) for _, text in lines)


def _moves(
    emitter: Emitter, lines: Lines, mask: str, known: Mapping[str, int], apart: str
) -> tuple[list[str], list[str]]:
    """Return what packs all that lines take from before them, and what puts it back."""
    found = {match for _, text in lines for match in _NAME.findall(text)}
    carried = sorted((prefix, int(digits)) for prefix, digits in found if int(digits) <= known.get(prefix, 0))
    names = [f"{prefix}{number}" for prefix, number in carried if prefix not in _MEMORY]
    names = [name for name in names if name not in emitter.objects and name != mask]
    # What stands before the last "=" of a line is assigned, or looks like it.
    assigned = {prefix + number for _, text in lines for prefix, number in _NAME.findall(text.rpartition(" = ")[0])}
    leaves = [name for name in names if not name.startswith(_MASKS)]
    groups = {
        "masks": [name for name in names if name.startswith(_MASKS)],
        "read": [name for name in leaves if name not in assigned],
        "leaves": [name for name in leaves if name in assigned],
    }
    into, back = [f"{SHAPE} = {apart}.shape"], [f"{SHAPE} = {apart}.before"]
    for kind, group in groups.items():
        if group:
            listed = f"{', '.join(group)},"
            into.append(f"{listed} = {apart}.{kind}({listed})")
            back.append(f"{listed} = {apart}.{kind}_back({listed})")
    return [*into, f"{mask} = True"], back
