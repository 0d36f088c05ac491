"""How imports are named by whoever gives them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from .errors import InvalidArgumentError

_NANOSECONDS_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True)
class ClockImport:
    """An import that tells the program's own clock, for modules that have a function for that instead of WASI's.

    It is answered beside the program, without a trip to Python, follows pause, scale and steps of that clock, and is
    part of its saved state. The function may take arguments, which are ignored, and answers one number: whole units
    where its type is an integer, which wraps as integers do.

    Args:
        unit: Nanoseconds of one of what is told: 1 000 000 for milliseconds.
        since: Whether ``start`` of the program is 0, or the Unix ``epoch``.
        passes: Nanoseconds by which a clock that stands (virtual or manual, and not paused) moves on with each look,
            before it is told, so that a program which waits by looking comes to an end of it.

    Raises `InvalidArgumentError` with ``WASM_CLOCK_IMPORT_INVALID``.
    """

    unit: int = 1
    since: Literal["start", "epoch"] = "start"
    passes: int = 0

    def __post_init__(self) -> None:
        whole = all(isinstance(number, int) for number in (self.unit, self.passes))
        fits = whole and 1 <= self.unit <= _NANOSECONDS_MAX and 0 <= self.passes <= _NANOSECONDS_MAX
        if not fits or self.since not in ("start", "epoch"):
            message = f"{self} is no clock: give whole nanoseconds, 1 or more to the unit, and 'start' or 'epoch'."
            raise InvalidArgumentError(message, code="WASM_CLOCK_IMPORT_INVALID")

    def fields(self) -> dict[str, int | str]:
        """Return it as static/process/clock-import.mjs takes it."""
        return asdict(self)


def import_name(key: str | tuple[str, str]) -> tuple[str, str]:
    """Return (module, name) of ``"module.name"``, split at the first dot, or of such a pair.

    Raises `InvalidArgumentError` with ``WASM_IMPORT_NAME_INVALID`` for anything else: a module whose own name has a dot
    is given as a pair.
    """
    if isinstance(key, str):
        module, dot, name = key.partition(".")
        if module and dot:
            return module, name
    else:
        match key:
            case (str(), str()):
                return key
    message = f"{key!r} names no import: give 'module.name', or the pair ('module', 'name')."
    raise InvalidArgumentError(message, code="WASM_IMPORT_NAME_INVALID")
