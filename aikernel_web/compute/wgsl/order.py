"""In which order declarations can be worked out, and what one reaches (WGSL, sections 4 and 11.1: no cycles)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .resolver import Resolution
from .scope import Named
from .source import Report, Span
from .syntax import Function

_REACHED_MAX = 4_000_000
"""Steps from declaration to declaration in all; real shaders take thousands."""


def in_order(found: Resolution, report: Report) -> list[str]:
    """Return the names of a module's declarations, each behind those that it uses; cycles are reported."""
    order: list[str] = []
    state: dict[str, bool] = {}  # True while what it uses is being worked through
    for name in found.declarations:
        if name in state:
            continue
        path = [name]
        pending: list[Iterator[tuple[str, Span]]] = [_uses(found, name)]
        state[name] = True
        while pending:
            used, span = next(pending[-1], (None, None))
            if used is None or span is None:
                pending.pop()
                order.append(path.pop())
                state[order[-1]] = False
            elif used not in state:
                state[used] = True
                path.append(used)
                pending.append(_uses(found, used))
            elif state[used]:
                _report_cycle(found.declarations[used], path[path.index(used) :], report)
    return order


class Reach:
    """What declarations use, also through others."""

    def __init__(self, found: Resolution, report: Report) -> None:
        self._uses: Mapping[str, tuple[str, ...]] = {
            name: tuple(found.uses[declared.span.start]) for name, declared in found.declarations.items()
        }
        self._report = report
        self._steps = 0

    def from_names(self, names: Iterable[str], span: Span) -> set[str]:
        """Return all that ``names`` reach, themselves too; a text in which that takes too long is reported."""
        reached = set(names)
        pending = list(reached)
        while pending:
            uses = self._uses[pending.pop()]
            self._steps += len(uses) + 1
            if self._steps > _REACHED_MAX:
                message = "entry points use too many declarations through each other to find out which"
                self._report.add(span, "WGSL_LIMIT_EXCEEDED", message)
                return reached
            for used in uses:
                if used not in reached:
                    reached.add(used)
                    pending.append(used)
        return reached


def _uses(found: Resolution, name: str) -> Iterator[tuple[str, Span]]:
    return iter(found.uses[found.declarations[name].span.start].items())


def _report_cycle(declared: Named, path: list[str], report: Report) -> None:
    shown = " -> ".join([*path[:8], *(["..."] if len(path) > 8 else []), path[0]])  # noqa: PLR2004 - enough to see it
    if isinstance(declared, Function):
        report.add(
            declared.name_span, "WGSL_RECURSION", f"a function cannot call itself, not through others either: {shown}"
        )
    else:
        report.add(declared.name_span, "WGSL_CYCLE", f"a declaration cannot need itself: {shown}")
