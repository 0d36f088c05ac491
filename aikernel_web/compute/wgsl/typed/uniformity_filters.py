"""Where diagnostics of a rule are switched off (WGSL, sections 2.3 and 12.4)."""

from __future__ import annotations

import bisect
from typing import Any

from ..loop_zeros import parts_of
from ..source import Span
from ..syntax import Attribute, Function, Module, Name


class Filters:
    """Knows for each place of a text how one rule is told there."""

    def __init__(self, module: Module, rule: str, text: str) -> None:
        self._rule = rule
        severity = "error"
        for directive in module.directives:
            if directive.kind == "diagnostic" and directive.names[1] == rule:
                severity = directive.names[0]
        self._severities: list[str] = [severity]
        self._starts: list[int] = [-1]
        if rule in text:
            functions = [item for item in module.declarations if isinstance(item, Function)]
            self._sweep([found for function in functions for found in self._of(function)])

    def is_error(self, span: Span) -> bool:
        """Whether what breaks the rule there makes the shader invalid."""
        return self._severities[bisect.bisect(self._starts, span.start) - 1] == "error"

    def _of(self, function: Function) -> list[tuple[int, int, str]]:
        """Return the parts of a function for which a severity is set, in the order in which they begin."""
        found: list[tuple[int, int, str]] = []
        waiting: list[Any] = [function]
        # Without recursion: expressions may be as deep as a text is long.
        while waiting:
            node = waiting.pop()
            for attribute in getattr(node, "attributes", ()):
                severity = self._severity(attribute)
                if severity is not None:
                    found.append((node.span.start, -node.span.end, severity))
            waiting += parts_of(node)
        return sorted(found)

    def _severity(self, attribute: Attribute) -> str | None:
        if attribute.name != "diagnostic":
            return None
        severity, rule = (item.name if isinstance(item, Name) else "" for item in attribute.arguments)
        return severity if rule == self._rule else None

    def _sweep(self, ranges: list[tuple[int, int, str]]) -> None:
        """Note from where to where which severity holds: of ranges in each other the inner one's."""
        open_ends: list[tuple[int, str]] = []
        for start, end, severity in [*ranges, (1 << 62, 0, "")]:
            while open_ends and open_ends[-1][0] <= start:
                closed, _ = open_ends.pop()
                self._note(closed, open_ends[-1][1] if open_ends else self._severities[0])
            if severity:
                self._note(start, severity)
                open_ends.append((-end, severity))

    def _note(self, start: int, severity: str) -> None:
        self._starts.append(start)
        self._severities.append(severity)
