"""Constants in the generated code (see `Emitter.constant`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ..types import Array, Atomic, Matrix, Scalar, Struct, Type, Vector
from ..values import Data
from .emitter import Atoms, Emitter
from .kinds import KINDS


def literal(emitter: Emitter, kind: Type, data: Data) -> Atoms:
    """Return the atoms of a constant: ``data`` is a number, or tuples shaped as the type (a matrix by columns)."""
    if isinstance(kind, Scalar):
        return emitter.constant(KINDS[kind](data))
    items = cast("Sequence[Data]", data)
    if isinstance(kind, Array):
        key = id(data), str(kind)
        if key not in emitter.tables:
            # The data is kept, so that its id stays its own.
            emitter.tables[key] = data, _stacked(emitter, kind, [items], ())
        return emitter.tables[key][1]
    return tuple(literal(emitter, part, item) for part, item in zip(parts_of(kind), items, strict=True))


def zero(emitter: Emitter, kind: Type) -> Atoms:
    """Return the atoms of the zero of a type that has a size (section 17.1.1)."""
    return _zeros(emitter, kind, ())


def parts_of(kind: Type) -> tuple[Type, ...]:
    """Return the types of the parts of a vector, a matrix (its columns) or a structure."""
    match kind:
        case Vector(width, component):
            return (component,) * width
        case Matrix(columns):
            return (kind.column,) * columns
        case Struct(members=members):
            return tuple(member.type for member in members)
    raise TypeError(f"{kind} has no parts of fixed types")


def known(emitter: Emitter, atom: Atoms) -> np.generic | None:
    """Return the number that an atom stands for where it is a constant."""
    value = emitter.objects.get(atom) if isinstance(atom, str) else None
    return value if isinstance(value, np.generic) else None


def _stacked(emitter: Emitter, kind: Type, items: Sequence[Any], extent: tuple[int, ...]) -> Atoms:
    """Return arrays of the leaves of ``items``, whose leading dimensions are ``extent`` (1, 1 for lanes behind)."""
    if isinstance(kind, Scalar):
        numbers = np.array(items, KINDS[kind]).reshape(*extent, 1, 1)
        numbers.flags.writeable = False
        return emitter.constant(numbers)
    if isinstance(kind, Array):
        elements = [element for item in items for element in item]
        return _stacked(emitter, kind.element, elements, (*extent, count_of(kind)))
    parts = enumerate(parts_of(kind))
    return tuple(_stacked(emitter, part, [item[at] for item in items], extent) for at, part in parts)


def _zeros(emitter: Emitter, kind: Type, extent: tuple[int, ...]) -> Atoms:
    match kind:
        case Atomic(component):
            return _zeros(emitter, component, extent)
        case Array(element):
            return _zeros(emitter, element, (*extent, count_of(kind)))
        case Scalar():
            number = KINDS[kind](0)
            return emitter.constant(np.broadcast_to(number, (*extent, 1, 1)) if extent else number)
    return tuple(_zeros(emitter, part, extent) for part in parts_of(kind))


def count_of(kind: Array) -> int:
    """Return the number of elements of an array that has a constant one, as those that are values have."""
    if not isinstance(kind.count, int):
        raise TypeError(f"{kind} has no constant count")
    return kind.count
