"""How many workgroups are run."""

from __future__ import annotations

import operator
from typing import Final

from ...contracts.errors import InvalidArgumentError

Workgroups = int | tuple[int, ...] | list[int]
Groups = tuple[int, int, int]

AXES: Final = "xyz"


def normalise(workgroups: Workgroups) -> Groups:
    """Return workgroups along x, y and z; raises `InvalidArgumentError` with ``WEBGPU_WORKGROUPS_INVALID``."""
    try:
        counts = (
            tuple(map(operator.index, workgroups))
            if isinstance(workgroups, tuple | list)
            else (operator.index(workgroups),)
        )
    except TypeError:
        counts = ()
    if not 1 <= len(counts) <= len(AXES) or any(count < 0 for count in counts):
        message = f"workgroups is {workgroups!r}: give one to three whole numbers of 0 or more."
        raise InvalidArgumentError(message, code="WEBGPU_WORKGROUPS_INVALID")
    x, y, z = (*counts, 1, 1)[:3]
    return x, y, z


def as_text(groups: Groups) -> str:
    """Return them as events tell them."""
    return ",".join(map(str, groups))
