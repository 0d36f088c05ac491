"""What types may be used for (WGSL, sections 6.2.7 and 6.4)."""

from __future__ import annotations

from ..type_builder import any_within
from ..types import Array, Atomic, Matrix, Opaque, OverrideCount, Pointer, Scalar, Type, Vector

_ALWAYS = Scalar | Vector | Matrix
_NEVER = Atomic | Pointer | Opaque


def is_constructible(kind: Type | None) -> bool:
    """Whether there are values of a type: no atomics in it, and a count of elements that is known now."""
    if kind is None or isinstance(kind, _ALWAYS):
        return kind is not None
    return not any_within(kind, _has_no_values)


def _has_no_values(kind: Type) -> bool:
    if isinstance(kind, Array):
        return kind.count is None or isinstance(kind.count, OverrideCount)
    return isinstance(kind, _NEVER)
