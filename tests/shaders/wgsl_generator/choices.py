"""Where the decisions come from. Of each, 0 is the simplest: there a failing kernel gets smaller."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from .kernel import GeneratedKernel


class Choices(Protocol):
    """What decides."""

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count - 1``."""
        ...


class Seeded:
    """Decisions that follow from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, count: int) -> int:
        return self._random.randrange(count)


class _Drawn:
    """Decisions of hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        from hypothesis import strategies as st  # noqa: PLC0415 - seeds need none of it

        return int(self._draw(st.integers(0, count - 1))) if count > 1 else 0


def kernels(**options: Any) -> SearchStrategy[GeneratedKernel]:
    """Return hypothesis' strategy of kernels; options are those of `build_kernel`."""
    from hypothesis import strategies as st  # noqa: PLC0415

    from .kernel import build_kernel  # noqa: PLC0415

    @st.composite
    def build(draw: Callable[[Any], Any]) -> GeneratedKernel:
        return build_kernel(_Drawn(draw), **options)

    return build()
