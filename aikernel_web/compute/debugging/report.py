"""What a kernel was seen to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from ...contracts.shader_errors import Diagnostic
    from ..dispatch_result import DispatchResult
    from ..execution.workgroups import Groups

FindingKind: TypeAlias = Literal["race", "bounds", "barrier"]

_NAMES: Final[dict[FindingKind, tuple[str, str]]] = {
    "race": ("race", "races"),
    "bounds": ("access outside of an array", "accesses outside of arrays"),
    "barrier": ("barrier that a workgroup comes to in parts", "barriers that workgroups come to in parts"),
}
_HEADS: Final[dict[FindingKind, str]] = {"race": "race", "bounds": "outside of an array", "barrier": "barrier"}
_CODE_WIDTH: Final = 48
"""Columns that the source takes beside the values; longer lines push them to the right."""
_TEXT_WIDTH: Final = 96
TRACE_SHOWN: Final = 400
"""Steps that ``str`` shows; ``report.trace`` has all that were recorded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with what a kernel did, the first time that its places did it."""

    kind: FindingKind
    message: str
    places: tuple[Diagnostic, ...]
    """Of a race the two accesses, of a barrier itself and where its workgroup parted; each says who did what."""
    count: int = 1
    """How often these places did it; of accesses, by how many invocations."""

    @property
    def code(self) -> str:
        """The code of its places: ``WGSL_DATA_RACE``, ``WGSL_OUT_OF_BOUNDS`` or ``WGSL_BARRIER_NOT_UNIFORM``."""
        return self.places[0].code

    def __str__(self) -> str:
        head = _HEADS[self.kind]
        if all(place.message != self.message for place in self.places):
            head = f"{head}: {self.message}"
        if self.count > 1:
            head = f"{head} ({self.count} times)"
        return "\n".join([head, *(_indented(str(place)) for place in self.places)])


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A statement that was carried out, and what it made of a variable."""

    line: int
    """In the source, from 1."""
    source_line: str
    name: str
    """What the value is of: a variable, or a part of one as the source has it, a condition, a result."""
    values: tuple[str, ...]
    """As WGSL writes them: of each invocation that took part, in their order."""
    invocations: tuple[int, ...]
    """Which those are, by ``local_invocation_index``."""

    @property
    def text(self) -> str:
        """Name and value; one value where all have the same."""
        values = set(self.values)
        shown = self.values[0] if len(values) == 1 else f"[{', '.join(self.values)}]"
        told = f"{self.name} = {shown}" if self.name else shown
        return told if len(told) <= _TEXT_WIDTH else f"{told[: _TEXT_WIDTH - 3]}..."


@dataclass(frozen=True, slots=True)
class DebugReport:
    """What one run of a kernel did. ``print`` shows it: what is wrong first, with its places, and then the trace."""

    entry: str
    workgroups: Groups
    workgroup_size: Groups
    outputs: DispatchResult = field(repr=False)
    """What the kernel may write, by name, as `dispatch` returns it; as it was at the barrier that ended the run, where
    one did."""
    findings: tuple[Finding, ...] = ()
    """In the order in which they were met."""
    watched: tuple[FindingKind, ...] = ()
    """What was looked for, besides barriers."""
    trace: tuple[TraceStep, ...] = field(default=(), repr=False)
    traced: str = ""
    """Whose trace it is, in words."""
    cut: int = 0
    """Steps of the trace that were not kept, because there are too many."""

    def __str__(self) -> str:
        size = " x ".join(map(str, self.workgroup_size))
        head = (
            f"{self.entry}, {' x '.join(map(str, self.workgroups))} workgroups of {size} invocations: {self._summary()}"
        )
        parts = [head, *map(str, self.findings)]
        if self.traced:
            parts.append("\n".join([f"trace of {self.traced}:", *self._steps()]))
        return "\n\n".join(parts)

    def _summary(self) -> str:
        counts = Counter(finding.kind for finding in self.findings)
        found = [f"{count} {_NAMES[kind][count > 1]}" for kind, count in counts.items()]
        if found:
            return ", ".join(found)
        looked = [_NAMES[kind][1] for kind in self.watched]
        return f"no {' and no '.join(looked)}" if looked else "it has run"

    def _steps(self) -> Sequence[str]:
        if not self.trace:
            return ["  nothing: it carries out no statement"]
        shown = self.trace[:TRACE_SHOWN]
        digits = len(str(max(step.line for step in shown)))
        lines = []
        for step in shown:
            code = step.source_line.expandtabs(4)[:_TEXT_WIDTH]
            lines.append(f"{step.line:>{digits + 2}} | {code:<{_CODE_WIDTH}}  {step.text}".rstrip())
        left = len(self.trace) - len(shown) + self.cut
        return [*lines, f"  and {left} steps more"] if left else lines


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
