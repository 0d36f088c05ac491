"""What a probe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import accuracy as near


@dataclass(frozen=True)
class Probe:
    """An expression of ``a``, ``b``, ``c``, ``d``.

    ``takes`` has a letter for each: f, i, u or b; with ``widths``, how many numbers are in each (of matrices columns
    by rows: "3x2"). ``whole`` tells that components have nothing to do with each other, so that vectors may be tried
    as well. ``reference`` and ``bound`` are of floats: the true result in float64 from float64 arguments.
    """

    expression: str
    takes: str
    gives: str
    bound: near.Bound | None = None
    reference: Callable[..., Any] | None = None
    widths: tuple[str, ...] = ()
    wide: str = "1"
    free: Callable[..., Any] | None = None
    """Where the standard leaves the result free, beside what ``bound`` says."""

    def __str__(self) -> str:
        return f"{self.expression} of {self.takes}{'/'.join(self.widths)}"
