"""What a probe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Probe:
    """An expression of ``a``, ``b``, ``c``, ``d``.

    ``takes`` has a letter for each: f, i, u or b; with ``widths``, how many numbers are in each (of matrices columns
    by rows: "3x2"), and in the result.
    """

    expression: str
    takes: str
    gives: str
    accepted: Callable[..., Any] | None = None
    """Of floats, the `Interval` of results that the standard accepts, where that is not the entry of the table which
    the expression names. It takes `Interval`s, in tuples for vectors and in tuples of columns for matrices; of what is
    no float the numbers."""
    widths: tuple[str, ...] = ()
    wide: str = "1"
    free: Callable[..., Any] | None = None
    """Of what is no float, where the standard leaves the result free."""

    def __str__(self) -> str:
        return f"{self.expression} of {self.takes}{'/'.join(self.widths)}"
