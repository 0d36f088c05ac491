"""Work on constants, counted: what a shader asks for may be too much (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ..fault import Fault
from ..source import Span
from ..types import Type
from ..values import Data, NumberFault
from .tree import Literal

T = TypeVar("T")

_STEPS_MAX = 2_000_000
"""Numbers that are worked out for one shader: seconds of work, and far more than shaders have."""


class Folding:
    """Works out operations on constants.

    A `Literal` whose data is None is a constant that nobody works out: a too large one, or one that stands where the
    left side of ``&&`` or ``||`` decides. Its type is checked all the same. In a function's tree is none of them.
    """

    def __init__(self) -> None:
        self._steps = 0
        self.idle = 0
        """More than 0 where constants are not worked out."""

    def charge(self, span: Span, steps: int) -> None:
        """Count work, and refuse a shader that asks for too much."""
        self._steps += steps
        if self._steps > _STEPS_MAX:
            message = "the constants of this shader take too long to work out"
            raise Fault(span, "WGSL_LIMIT_EXCEEDED", message)

    def guarded(self, span: Span, work: Callable[[], T]) -> T:
        """Return what ``work`` answers; what has no result is a fault at ``span``."""
        try:
            return work()
        except NumberFault as fault:
            raise Fault(span, "WGSL_CONST_INVALID", str(fault)) from None

    def literal(self, span: Span, kind: Type, work: Callable[..., Data], *operands: Data | None) -> Literal:
        """Return the constant that ``work`` makes of the operands; of what is not worked out the type alone."""
        if self.idle or any(item is None for item in operands):
            return nothing(span, kind)
        return Literal(span, kind, self.guarded(span, lambda: work(*operands)))

    def each(self, span: Span, work: Callable[..., Any], *operands: Data) -> Data:
        """Do ``work`` component by component; scalars go with every component."""
        width = max((len(item) for item in operands if isinstance(item, tuple)), default=0)
        self.charge(span, max(1, width))
        if not width:
            return cast("Data", work(*operands))
        rows = zip(*(item if isinstance(item, tuple) else (item,) * width for item in operands), strict=True)
        return tuple(work(*row) for row in rows)


def nothing(span: Span, kind: Type) -> Literal:
    """Return a constant that is not worked out."""
    return Literal(span, kind, cast("Data", None))
