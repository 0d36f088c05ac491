"""What callers have to know of a function to find out what is uniform (WGSL, section 15.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..source import Span
from .uniformity_builtins import is_collective
from .uniformity_graph import SAME


@dataclass(frozen=True, slots=True)
class Cause:
    """What has to be reached by all invocations, or given the same by all of them."""

    name: str
    span: Span

    @property
    def within_subgroups(self) -> bool:
        """Whether that is asked of the invocations of a subgroup only, rather than of a workgroup."""
        return is_collective(self.name)


@dataclass(slots=True)
class Output:
    """What a function leaves in a variable that a parameter points to."""

    differs: int = SAME
    """The node of what may differ in any case."""
    values: set[int] = field(default_factory=set)
    """The parameters on whose values it depends."""
    contents: set[int] = field(default_factory=set)
    """The parameters on whose variables it depends."""


@dataclass(slots=True)
class Summary:
    """What a function asks for, and what its result depends on; parameters are numbers.

    Causes are by whether they are of subgroups only: what is asked of those may be given where the other is not.
    """

    called: dict[bool, Cause] = field(default_factory=dict)
    """Why it has to be called by all invocations together, if it has."""
    values: dict[tuple[int, bool], Cause] = field(default_factory=dict)
    """Which arguments have to be the same for all of them."""
    contents: dict[tuple[int, bool], Cause] = field(default_factory=dict)
    """Which variables that arguments point to have to hold the same for all of them."""
    result: Output = field(default_factory=Output)
    outputs: dict[int, Output] = field(default_factory=dict)
    """What it leaves in variables of its callers."""
