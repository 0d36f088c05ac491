"""Work on nested things without recursion: what waits for its parts stands on a list, not on the stack."""

from __future__ import annotations

from collections.abc import Generator
from types import GeneratorType
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = Generator[Any, Any, T]
"""Work that yields the work it waits for, and is sent what that returns; what is no work is its own answer."""


def run(work: Steps[T]) -> T:
    """Do the work, and all that it waits for."""
    waiting: list[Steps[Any]] = []
    here: Steps[Any] = work
    answer: Any = None
    while True:
        try:
            wanted = here.send(answer)
        except StopIteration as end:
            answer = end.value
            if not waiting:
                break
            here = waiting.pop()
        else:
            if isinstance(wanted, GeneratorType):
                waiting.append(here)
                here, answer = wanted, None
            else:
                answer = wanted
    result: T = answer
    return result
