"""What a name means where it stands (WGSL, sections 5 and 6.9)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from .names import ELSEWHERE, ENUMERANTS, FUNCTIONS, TYPES
from .syntax import Alias, Field, Function, Struct, Value, Variable

_SUGGESTED_AMONG = 2000


class Sort(Enum):
    """What a name of WGSL's own stands for."""

    TYPE = "a type"
    FUNCTION = "a function"
    ENUMERANT = "an address space, an access mode or a texel format"


@dataclass(frozen=True, slots=True)
class Predeclared:
    """A name of WGSL's own."""

    name: str
    sort: Sort


_PREDECLARED = {
    name: Predeclared(name, sort)
    for names, sort in ((ENUMERANTS, Sort.ENUMERANT), (FUNCTIONS, Sort.FUNCTION), (TYPES, Sort.TYPE))
    for name in names
}

Named: TypeAlias = Variable | Value | Alias | Struct | Function
"""A declaration of the module that has a name."""
Meaning: TypeAlias = Named | Field | Predeclared
"""What a name means: a declaration of the module or of a function, a parameter, or what WGSL itself declares."""


def predeclared(name: str) -> Predeclared | None:
    """Return what WGSL itself declares by a name."""
    return _PREDECLARED.get(name)


class Scopes:
    """The scopes around a place, innermost last; those of the module and of WGSL are always around."""

    def __init__(self, module: Mapping[str, Named]) -> None:
        self._module = module
        self._inner: list[dict[str, Value | Variable | Field]] = []

    def open(self) -> None:
        """Enter a scope."""
        self._inner.append({})

    def close(self) -> None:
        """Leave the innermost scope."""
        self._inner.pop()

    def declare(self, declared: Value | Variable | Field) -> bool:
        """Take a declaration into the innermost scope; False where that has one of this name."""
        scope = self._inner[-1]
        if declared.name in scope:
            return False
        scope[declared.name] = declared
        return True

    def find(self, name: str) -> Meaning | None:
        """Return what a name means here."""
        for scope in reversed(self._inner):
            if name in scope:
                return scope[name]
        return self._module.get(name) or predeclared(name)

    def similar(self, name: str) -> str | None:
        """Return a name that is known here and looks like this one, or is called so in other languages."""
        if name in ELSEWHERE:
            return ELSEWHERE[name]
        known = [*(key for scope in self._inner for key in scope), *self._module]
        if len(known) > _SUGGESTED_AMONG:
            return None
        return next(iter(difflib.get_close_matches(name, [*known, *FUNCTIONS, *TYPES], 1, 0.75)), None)


def described(meaning: Meaning) -> str:
    """Return what kind of thing this is."""
    match meaning:
        case Variable():
            return "a variable"
        case Value(kind=kind):
            return {"let": "a value", "const": "a constant", "override": "an override"}[kind]
        case Field():
            return "a parameter"
        case Alias() | Struct():
            return "a type"
        case Function():
            return "a function"
        case Predeclared(sort=sort):
            return sort.value
