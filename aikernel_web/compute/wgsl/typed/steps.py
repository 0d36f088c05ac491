"""Work on nested things without recursion: what waits for its parts stands on a list, not on the stack."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = "Generator[Steps[Any], Any, T]"
"""Work that yields the work it waits for, and is sent what that returns."""


def run(work: Steps[T]) -> T:
    """Do the work, and all that it waits for."""
    waiting: list[Steps[Any]] = [work]
    answer: Any = None
    while waiting:
        try:
            wanted = waiting[-1].send(answer)
        except StopIteration as end:
            waiting.pop()
            answer = end.value
        else:
            waiting.append(wanted)
            answer = None
    result: T = answer
    return result
