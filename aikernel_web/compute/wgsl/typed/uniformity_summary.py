"""What callers have to know of a function to find out what is uniform (WGSL, section 15.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..source import Span


@dataclass(frozen=True, slots=True)
class Cause:
    """What has to be reached by all invocations, or given the same by all of them."""

    name: str
    span: Span


@dataclass(slots=True)
class Output:
    """What a function leaves in a variable that a parameter points to."""

    may_differ: bool = False
    values: set[int] = field(default_factory=set)
    """The parameters on whose values it depends."""
    contents: set[int] = field(default_factory=set)
    """The parameters on whose variables it depends."""


@dataclass(slots=True)
class Summary:
    """What a function asks for, and what its result depends on; parameters are numbers."""

    called: Cause | None = None
    """Why it has to be called by all invocations together, if it has."""
    values: dict[int, Cause] = field(default_factory=dict)
    """Which arguments have to be the same for all of them."""
    contents: dict[int, Cause] = field(default_factory=dict)
    """Which variables that arguments point to have to hold the same for all of them."""
    result: Output = field(default_factory=Output)
    outputs: dict[int, Output] = field(default_factory=dict)
    """What it leaves in variables of its callers."""
