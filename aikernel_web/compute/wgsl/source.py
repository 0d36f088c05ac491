"""WGSL text, places in it, and what is wrong with it."""

from __future__ import annotations

import bisect
import re

from ...contracts.shader_errors import Diagnostic, WgslError
from .record import record

_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
"""Line breaks of WGSL, section 3.2."""
_DIAGNOSTICS_MAX = 50


@record
class Span:
    """A part of the text: the offset of its first character, and of the first after it."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the part from the beginning of this one to the end of ``other``."""
        return Span(self.start, other.end)


class Source:
    """A WGSL text that knows its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character, both from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return a line, numbered from 1, without its end."""
        found = _LINE_BREAK.search(self.text, self._starts[number - 1])
        return self.text[self._starts[number - 1] : found.start() if found else len(self.text)]


class Report:
    """Collects what is wrong with one text: the first diagnostics of it, since the rest of a long list helps nobody."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines: dict[int, str] = {}
        self._starts: set[int] = set()
        self.diagnostics: list[Diagnostic] = []

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return len(self.diagnostics) >= _DIAGNOSTICS_MAX

    def add(self, span: Span, code: str, message: str) -> None:
        """Note that something is wrong at ``span``; what was found before where it begins is told alone."""
        if self.full or span.start in self._starts:
            return
        self._starts.add(span.start)
        line, column = self._source.place(span.start)
        if line not in self._lines:
            self._lines[line] = self._source.line(line)
        length = max(1, span.end - span.start)
        self.diagnostics.append(Diagnostic(code, message, line, column, length, self._lines[line]))

    def ended_before(self, last: Span, following: Span) -> int | None:
        """Return the line on which ``last`` ends, where ``following`` begins on another one."""
        line, _ = self._source.place(max(last.start, last.end - 1))
        return line if line != self._source.place(following.start)[0] else None

    def finish(self) -> None:
        """Raise `WgslError` where anything is wrong."""
        if self.diagnostics:
            raise WgslError(self.diagnostics)
