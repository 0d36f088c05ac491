"""Arrays whose elements are all named by constants: they are as good as so many variables, which are not copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..typed.tree import (
    AddressOf,
    Assign,
    DeclareVar,
    ElementPlace,
    Literal,
    Load,
    Local,
    LocalPlace,
    MemberPlace,
    ModulePlace,
    Place,
    Update,
)
from ..types import Array, Struct, StructMember, Type
from .context import Context
from .emitter import Atoms, Emitter
from .slots import kinds_of, length_of, scalars_of
from .variables import Variable, declare, element

_SCALARS_MAX: Final = 64
"""More names than these make the code of loops slow."""


def constant_owners(nodes: Iterable[Any]) -> frozenset[Local | str]:
    """Return the variables among statements and expressions whose arrays are only accessed at constant indices."""
    found: set[Local | str] = set()
    varying: set[Local | str] = set()
    for node in nodes:
        if isinstance(node, DeclareVar) and _has_array(node.local.type) and _is_small(node.local.type):
            found.add(node.local)
        if isinstance(node, ModulePlace) and node.space == "private" and _has_array(node.type) and _is_small(node.type):
            found.add(node.variable.name)
        if isinstance(node, Load | Assign | Update | AddressOf) and node.place is not None:
            owner, constant = _access(node.place)
            if owner is not None and not (constant and not isinstance(node, AddressOf)):
                varying.add(owner)
    return frozenset(found - varying)


def declared(context: Context, owner: Local | str, kind: Type, value: Atoms | None) -> Variable:
    """Write a new variable of a function, or a private one, under the current mask; without a value it is zero."""
    if owner not in context.constant:
        return declare(context.emitter, kind, value)
    return declare(
        context.emitter, _separated(kind), None if value is None else _separate(context.emitter, kind, value)
    )


def _separated(kind: Type) -> Type:
    """Return a type that has members in place of the elements of arrays; they are counted alike."""
    if isinstance(kind, Array):
        return _structure([_separated(kind.element)] * (length_of(kind) or 0))
    if isinstance(kind, Struct):
        return _structure([_separated(member.type) for member in kind.members])
    return kind


def _separate(emitter: Emitter, kind: Type, value: Atoms) -> Atoms:
    """Write what takes a value apart: its atoms shaped as `_separated` has them."""
    if isinstance(kind, Array):
        every = range(length_of(kind) or 0)
        return tuple(_separate(emitter, kind.element, element(emitter, value, kind, at)) for at in every)
    if isinstance(kind, Struct):
        pairs = zip(kind.members, value, strict=True)
        return tuple(_separate(emitter, member.type, atoms) for member, atoms in pairs)
    return value


def _structure(kinds: list[Type]) -> Struct:
    return Struct("", tuple(StructMember("", kind, 0, 0, 0) for kind in kinds))


def _access(place: Place) -> tuple[Local | str | None, bool]:
    """Return whose a place is, and whether it is a part without arrays that constants lead to."""
    constant = not _has_array(place.type)
    while isinstance(place, ElementPlace | MemberPlace):
        if isinstance(place, ElementPlace) and isinstance(place.base.type, Array):
            constant = constant and isinstance(place.index, Literal)
        place = place.base
    if isinstance(place, LocalPlace):
        return place.local, constant
    return (place.variable.name if isinstance(place, ModulePlace) else None), constant


def _has_array(kind: Type) -> bool:
    if isinstance(kind, Struct):
        return any(_has_array(member.type) for member in kind.members)
    return isinstance(kind, Array)


def _is_small(kind: Type) -> bool:
    return sum(scalars_of(kind, scalar) for scalar in kinds_of(kind)) <= _SCALARS_MAX
