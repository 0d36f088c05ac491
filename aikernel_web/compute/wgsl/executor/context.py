"""What the writers of a kernel's parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..source import Span
from ..typed.steps import Steps
from ..typed.tree import Block, Local, Program
from ..values import Constant
from .emitter import Atoms, Emitter
from .places import Root, Target

Bound: TypeAlias = "Atoms | Target"
"""What a name or an expression stands for: a value, or the place that a pointer points to."""


@dataclass(slots=True)
class Flow:
    """A loop or a switch that is being written."""

    loop: bool
    waiting: str
    """The mask of those that went to ``continuing``, of a loop."""
    continued: bool = False
    """Whether some statement within continues the loop, or of a switch the loop around it."""
    returned: bool = False


@dataclass(slots=True)
class Inlined:
    """A function that is being written where it is called."""

    gone: str
    """The mask of those that returned from within a loop or a switch."""
    result: Target | None
    """Where results are put; None where the function has none, or has it at its end only."""
    flows: list[Flow] = field(default_factory=list)
    gone_used: bool = False
    value: Atoms | None = None
    """The result that it has at its end."""


@dataclass(slots=True)
class Context:
    """The state of the work on one kernel."""

    program: Program
    emitter: Emitter
    overrides: Mapping[str, Constant]
    write_block: Callable[[Context, Block], Steps[None]]
    in_groups: bool
    """Whether rows of lanes are workgroups."""
    waiting: frozenset[int] = frozenset()
    """The ids of the loops that may wait for another workgroup."""
    constant: frozenset[Local | str] = frozenset()
    """The variables whose elements are variables of their own: see `elements`."""
    roots: dict[str, Root] = field(default_factory=dict)
    """The memory of each variable of the module, by its name."""
    names: dict[Local, Bound] = field(default_factory=dict)
    inlined: list[Inlined] = field(default_factory=list)
    causes: dict[str, tuple[str, Span]] = field(default_factory=dict)
    """For a mask that has fewer lanes than another: that one, and the place where they parted."""

    yielded: int = 0
    """How many lines were written up to the last one that yields."""
    group_bytes: int = 0
    """What workgroup variables take for each workgroup."""

    def narrowed(self, mask: str, span: Span) -> None:
        """Continue under a mask whose lanes are some of the present one's."""
        self.causes[mask] = self.emitter.mask, span
        self.emitter.mask = mask
