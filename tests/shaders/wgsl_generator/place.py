"""Where a statement stands, and what it can call."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .scope import Scope
from .types import Type


@dataclass(frozen=True)
class Procedure:
    """A function whose first parameter is a pointer to a variable of the caller's."""

    name: str
    pointee: Type
    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True)
class Place:
    """Where a statement stands."""

    scope: Scope
    depth: int = 0
    loops: int = 0
    """How many loops are around, of this function's."""
    jumps: bool = False
    """Whether ``break`` and ``continue`` are allowed."""
    result: Type | None = None
    """What ``return`` returns; None: the function cannot be left, or ``leaves`` says so."""
    leaves: bool = False
    """Whether ``return`` without a value is allowed."""
    uniform: bool = False
    """Whether all invocations of a workgroup come here together."""

    def inner(self, **changes: object) -> Place:
        scope = self.scope.inner()
        return dataclasses.replace(self, scope=scope, depth=self.depth + 1, **changes)  # type: ignore[arg-type]
