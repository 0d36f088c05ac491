"""Telling what statements do: lines that hand values to the recorder of a run, where a kernel is compiled for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from typing import Literal as OneOf

from ..source import Span
from ..types import BOOL, Pointer, Type
from . import places
from .context import Bound, Context
from .emitter import Atoms
from .lanes import Lanes
from .masks import Mask
from .places import Target


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A statement that is told about."""

    kind: OneOf["value", "branch"]
    """``value``: a variable or a ``let`` has a new value; ``branch``: some lanes go where a condition sends them."""
    span: Span
    name: str
    """The name, or the text of the place that was assigned to; of a branch the text of its condition."""
    type: Type


class Recorder(Protocol):
    """Takes what a kernel tells."""

    def note(self, site: Site, lanes: Lanes, mask: Mask, value: Any) -> None:
        """Take a value that the lanes of ``mask`` have: its leaves, in tuples shaped as its type."""
        ...


def note(context: Context, span: Span, name: str | Span, kind: Type, bound: Bound) -> None:
    """Write that a name, or the place that stands at ``name``, has a new value; pointers have none of their own."""
    emitter = context.emitter
    if not emitter.checks.trace or isinstance(kind, Pointer):
        return
    label = name if isinstance(name, str) else _text(context, name)
    atoms = places.load(emitter, bound) if isinstance(bound, Target) else bound
    _tell(context, Site("value", span, label, kind), _tuple(atoms))


def note_branch(context: Context, span: Span, taken: str) -> None:
    """Write what a condition came to: ``taken`` is a mask, or a leaf, of those for whom it holds."""
    if context.emitter.checks.trace:
        _tell(context, Site("branch", span, _text(context, span), BOOL), taken)


def _tell(context: Context, site: Site, value: str) -> None:
    emitter = context.emitter
    emitter.line(f"recorder.note({emitter.constant(site)}, lanes, {emitter.mask}, {value})")


def _text(context: Context, span: Span) -> str:
    return context.program.source.text[span.start : span.end]


def _tuple(atoms: Atoms) -> str:
    if isinstance(atoms, str):
        return atoms
    return f"({' '.join(_tuple(part) + ',' for part in atoms)})"
