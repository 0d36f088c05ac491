"""Where values stand in memory: alignment, size and stride (WGSL, sections 14.4.1 to 14.4.4)."""

from __future__ import annotations

from typing import cast

from .types import F16, Array, Atomic, Matrix, Scalar, Struct, Type, Vector

_VECTOR_ALIGNS = {2: 2, 3: 4, 4: 4}
"""In components."""


def round_up(multiple: int, number: int) -> int:
    """Return the least multiple that is not below ``number``."""
    return -(-number // multiple) * multiple


def align_of(kind: Type) -> int:
    """Return the alignment in bytes of a type that memory can hold."""
    match kind:
        case Scalar() | Atomic():
            return 2 if kind == F16 else 4
        case Vector(width, component):
            return _VECTOR_ALIGNS[width] * align_of(component)
        case Matrix():
            return align_of(kind.column)
        case Array(element):
            while isinstance(element, Array):
                element = element.element
            return align_of(element)
        case Struct(members=members):
            return max((member.align for member in members), default=1)
    raise TypeError(f"{kind} has no place in memory")


def size_of(kind: Type) -> int:
    """Return the size in bytes; of an array without a count, or with an override's, that of one element.

    A bool takes 4 bytes, as in workgroup memory; buffers hold none.
    """
    match kind:
        case Scalar() | Atomic():
            return 2 if kind == F16 else 4
        case Vector(width, component):
            return width * size_of(component)
        case Matrix(columns):
            return columns * round_up(align_of(kind), size_of(kind.column))
        case Array():
            count, element = 1, cast("Type", kind)
            while isinstance(element, Array):  # not by recursion: arrays may be nested deep
                count *= element.count if isinstance(element.count, int) else 1
                element = element.element
            return count * round_up(align_of(element), size_of(element))
        case Struct(members=members):
            last = members[-1]
            return round_up(align_of(kind), last.offset + last.size)
    raise TypeError(f"{kind} has no place in memory")


def stride_of(kind: Array) -> int:
    """Return the bytes from one element to the next."""
    return round_up(align_of(kind.element), size_of(kind.element))
