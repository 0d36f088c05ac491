"""What a call of one of WGSL's own functions takes and returns, once its overload is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..fault import Fault
from ..source import Span
from ..types import Type
from ..values import Data

ALL_STAGES: Final = frozenset(("compute", "fragment", "vertex"))
COMPUTE: Final = frozenset(("compute",))
FRAGMENT: Final = frozenset(("fragment",))
NO_VERTEX: Final = frozenset(("compute", "fragment"))


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function."""

    name: str
    parameters: tuple[Type, ...]
    """To which the arguments are converted: abstract types where all arguments are constants."""
    result: Type | None
    constant: Callable[[Sequence[Data]], Data] | None = None
    """Of a function that constants may call: the result, from converted arguments. Raises `NumberFault`."""
    check: Callable[[Sequence[Data | None]], None] | None = None
    """Looks at those converted arguments that are constants, None for others, and raises `NumberFault`: what is wrong
    with them is wrong whatever the others are."""
    constants: tuple[int, ...] = ()
    """Numbers of the arguments that have to be constants."""
    must_use: bool = True
    stages: frozenset[str] = ALL_STAGES
    """Of the entry points that may call it."""


def wrong_count(name: str, counts: Sequence[int], given: int, span: Span) -> Fault:
    """Return the fault of a call with too few or too many arguments."""
    wanted = " or ".join(map(str, sorted(set(counts))))
    plural = "" if wanted == "1" else "s"
    return Fault(span, "WGSL_ARGUMENT_COUNT", f"{name!r} takes {wanted} argument{plural}, not {given}")


def wrong_types(name: str, accepted: Sequence[str], arguments: Sequence[Type], span: Span) -> Fault:
    """Return the fault of a call with arguments that no overload takes."""
    given = ", ".join(map(str, arguments))
    return Fault(span, "WGSL_TYPE_MISMATCH", f"{name!r} takes {'; '.join(accepted)}; not ({given})")
