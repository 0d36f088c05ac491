"""What is wrong with the text of a shader, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import KernelError, NotSupportedError

_SHOWN_COLUMNS = 160
_REPORTED = 20


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong: ``line`` and ``column`` count from 1, ``source_line`` is the line as it stands."""

    code: str
    message: str
    line: int
    column: int
    length: int
    source_line: str

    def __str__(self) -> str:
        # Of a long line the part around the place is shown.
        first = max(0, self.column - _SHOWN_COLUMNS // 2) if self.column > _SHOWN_COLUMNS else 0
        shown = self.source_line[first : first + _SHOWN_COLUMNS].replace("\t", " ")
        before = self.column - 1 - first
        marks = "^" * max(1, min(self.length, len(shown) - before))
        return f"{self.line}:{self.column}: {self.message}\n  {shown}\n  {' ' * before}{marks}"


class WgslError(KernelError):
    """The text is no WGSL that can be run; ``diagnostics`` say where and why, in the order of their places."""

    _heading = "The shader is not valid."

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=lambda item: (item.line, item.column)))
        shown = [str(item) for item in self.diagnostics[:_REPORTED]]
        if len(self.diagnostics) > _REPORTED:
            shown.append(f"and {len(self.diagnostics) - _REPORTED} more.")
        super().__init__("\n".join([self._heading, *shown]), code=self.diagnostics[0].code)


class WgslNotSupportedError(WgslError, NotSupportedError):
    """The text is WGSL, and has something that cannot be run here; ``diagnostics`` say where and what."""

    _heading = "The shader cannot be run here."
