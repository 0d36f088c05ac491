"""The names that can be used at a place of the text, and what can be reached from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .types import Array, Matrix, Struct, Type, Vector

INDEX = "\0"
"""Stands in a path where an index goes; behind it the number of elements, as a character."""


@dataclass(frozen=True)
class Name:
    """``text`` reads it; ``variable``: it is memory, which can be written and pointed to."""

    text: str
    type: Type
    variable: bool = False
    uniform: bool = False
    """The same in all invocations of a workgroup, as WGSL's uniformity analysis sees it."""
    pointable: bool = False
    """A variable of the function, by its name."""


@dataclass
class Scope:
    """Names, inner scopes hiding nothing: each name is new."""

    names: list[Name] = field(default_factory=list)
    wild: bool = False
    """Whether elements of values are indexed at run time too."""

    def inner(self) -> Scope:
        return Scope(list(self.names), self.wild)

    def add(self, name: Name) -> None:
        self.names.append(name)

    def reads(self, wanted: Type, *, uniform: bool = False) -> list[str]:
        """Return the paths to values of a type, the newest names first."""
        return [
            path
            for name in reversed(self.names)
            if name.uniform or not uniform
            for path in _paths(name.text, name.type, wanted, dynamic=not uniform and (name.variable or self.wild))
        ]

    def writes(self, wanted: Type) -> list[str]:
        """Return the paths to memory of a type."""
        return [
            path
            for name in reversed(self.names)
            if name.variable
            for path in _paths(name.text, name.type, wanted, dynamic=True)
        ]

    def written_types(self) -> list[Type]:
        """Return the types of what can be written, each once, in the order of the newest names."""
        found: dict[Type, None] = {}
        for name in reversed(self.names):
            if name.variable:
                found |= dict.fromkeys(_within(name.type))
        return list(found)


def _within(kind: Type) -> Iterator[Type]:
    yield kind
    if isinstance(kind, Vector):
        yield kind.scalar
    elif isinstance(kind, Array):
        yield from _within(kind.element)
    elif isinstance(kind, Struct):
        for _, member in kind.members:
            yield from _within(member)


def _paths(text: str, have: Type, wanted: Type, *, dynamic: bool) -> Iterator[str]:
    """``dynamic``: within values only vectors that have a name are indexed at run time.

    An index into ``let a = array(vec2(1, 2))`` is what naga refuses where it folds overrides.
    """
    if have == wanted:
        yield text
    elif isinstance(have, Vector):
        if have.scalar == wanted:
            yield f"{text}.{'xyzw'[have.size - 1]}"
            if dynamic or text.isidentifier():
                yield f"{text}[{INDEX}{chr(have.size)}]"
    elif isinstance(have, Struct):
        for name, member in have.members:
            yield from _paths(f"{text}.{name}", member, wanted, dynamic=dynamic)
    elif isinstance(have, Array):
        if dynamic:
            yield from _paths(f"{text}[{INDEX}{chr(have.count)}]", have.element, wanted, dynamic=dynamic)
        else:
            yield from _paths(f"{text}[{have.count - 1}]", have.element, wanted, dynamic=dynamic)
    elif isinstance(have, Matrix) and have.column == wanted:
        yield f"{text}[{have.columns - 1}]"
        if dynamic:
            yield f"{text}[{INDEX}{chr(have.columns)}]"
