"""The scalars that a type is made of, each with its place: in bytes as buffers have it, or counted one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..layout import align_of, round_up, size_of, stride_of
from ..types import F16, Array, Atomic, Matrix, Scalar, Struct, Type, Vector
from .emitter import Atoms

DTYPES: dict[str, type[np.generic]] = {
    "bool": np.bool_,
    "i32": np.int32,
    "u32": np.uint32,
    "f32": np.float32,
    "f16": np.float16,
}
"""The NumPy type of each scalar."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A scalar within a type: where the first one is, and (count, stride) of the arrays around it, outermost first."""

    kind: str
    offset: int
    around: tuple[tuple[int, int], ...]


class ByteLayout:
    """Places as a buffer has them (section 14.4 of WGSL), counted in scalars of their own size."""

    def member(self, kind: Struct, at: int, scalar: str) -> int:
        """Return where a member stands."""
        return kind.members[at].offset // _width(scalar)

    def stride(self, kind: Array | Matrix | Vector, scalar: str) -> int:
        """Return what lies from one element to the next."""
        if isinstance(kind, Array):
            return stride_of(kind) // _width(scalar)
        if isinstance(kind, Matrix):
            return round_up(align_of(kind), size_of(kind.column)) // _width(scalar)
        return 1


class CountedLayout:
    """Places in memory that has the scalars of each kind by themselves, one after another."""

    def member(self, kind: Struct, at: int, scalar: str) -> int:
        """Return where a member stands."""
        return sum(scalars_of(member.type, scalar) for member in kind.members[:at])

    def stride(self, kind: Array | Matrix | Vector, scalar: str) -> int:
        """Return what lies from one element to the next."""
        return scalars_of(element_of(kind), scalar)


Layout: TypeAlias = ByteLayout | CountedLayout
BYTES, COUNTED = ByteLayout(), CountedLayout()


def _width(scalar: str) -> int:
    return 2 if scalar == F16.name else 4


def element_of(kind: Type) -> Type:
    """Return the type of an element: of an array, a column of a matrix, a component of a vector."""
    match kind:
        case Array(element):
            return element
        case Matrix():
            return kind.column
        case Vector(_, component):
            return component
    raise TypeError(f"{kind} has no elements")


def length_of(kind: Type) -> int | None:
    """Return how many elements there are; None where the size of the buffer says it."""
    match kind:
        case Array(_, count):
            if count is None or isinstance(count, int):
                return count
        case Matrix(columns):
            return columns
        case Vector(width):
            return width
    raise TypeError(f"{kind} has no count of elements")


def scalars_of(kind: Type, scalar: str) -> int:
    """Return how many scalars of one kind a type has; an array without a count has those of one element."""
    times = 1
    while isinstance(kind, Array):
        times *= 1 if kind.count is None else length_of(kind) or 0
        kind = kind.element
    match kind:
        case Scalar(name) | Atomic(Scalar(name)):
            return times * (name == scalar)
        case Vector(width, component):
            return times * width * (component.name == scalar)
        case Matrix(columns, rows, component):
            return times * columns * rows * (component.name == scalar)
        case Struct(members=members):
            return times * sum(scalars_of(member.type, scalar) for member in members)
    raise TypeError(f"{kind} has no place in memory")


def kinds_of(kind: Type) -> tuple[str, ...]:
    """Return the scalars that a type has, each once."""
    return tuple(name for name in DTYPES if scalars_of(kind, name))


def slots_of(kind: Type, layout: Layout, scalar: str) -> list[Slot]:
    """Return the scalars of one kind in a type, in their order."""
    found: list[Slot] = []

    def visit(part: Type, offset: int, around: tuple[tuple[int, int], ...]) -> None:
        while isinstance(part, Array):
            around = (*around, (length_of(part) or 0, layout.stride(part, scalar)))
            part = part.element
        match part:
            case Scalar(name) | Atomic(Scalar(name)):
                if name == scalar:
                    found.append(Slot(name, offset, around))
            case Vector() | Matrix():
                if part.component.name == scalar:
                    step = layout.stride(part, scalar)
                    for at in range(length_of(part) or 0):
                        visit(element_of(part), offset + at * step, around)
            case Struct(members=members):
                for at, member in enumerate(members):
                    if scalars_of(member.type, scalar):
                        visit(member.type, offset + layout.member(part, at, scalar), around)

    visit(kind, 0, ())
    return found


def shaped(kind: Type, leaf: Callable[[str, tuple[int, ...]], str]) -> Atoms:
    """Return a tree shaped as a type; ``leaf`` is asked for each scalar, with the counts of the arrays around it."""

    def visit(part: Type, counts: tuple[int, ...]) -> Atoms:
        while isinstance(part, Array):
            counts = (*counts, length_of(part) or 0)
            part = part.element
        match part:
            case Scalar(name) | Atomic(Scalar(name)):
                return leaf(name, counts)
            case Vector() | Matrix():
                return tuple(visit(element_of(part), counts) for _ in range(length_of(part) or 0))
            case Struct(members=members):
                return tuple(visit(member.type, counts) for member in members)
        raise TypeError(f"{part} has no value")

    return visit(kind, ())


def flat(atoms: Atoms) -> list[str]:
    """Return the leaves of a tree in their order."""
    if isinstance(atoms, str):
        return [atoms]
    return [leaf for part in atoms for leaf in flat(part)]
