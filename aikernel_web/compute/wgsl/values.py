"""Values of constant expressions, and their conversions (WGSL, sections 6.1.2 and 6.2)."""

from __future__ import annotations

import math
import struct
from typing import TypeAlias

from .fault import Fault
from .record import record
from .source import Span
from .types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F16, F32, I32, U32, Array, Matrix, Scalar, Struct, Type, Vector

Data: TypeAlias = "bool | int | float | tuple[Data, ...]"
"""Scalars as themselves; vectors, matrices (by columns), arrays and structures as tuples."""

_BITS = 32
_WORD = 1 << _BITS
_F32_BITS = 24
ABSTRACT_MIN, _ABSTRACT_MAX = -(1 << 63), (1 << 63) - 1
_LARGEST = {F32: (2.0 - 2.0**-23) * 2.0**127, F16: 65504.0, ABSTRACT_FLOAT: (2.0 - 2.0**-52) * 2.0**1023}
INTEGERS = frozenset((I32, U32, ABSTRACT_INT))
FLOATS = frozenset((F32, F16, ABSTRACT_FLOAT))
ABSTRACT = frozenset((ABSTRACT_INT, ABSTRACT_FLOAT))
_COMPOSED = Vector | Matrix


@record
class Constant:
    """A value: ``data`` is None where overrides decide it, or where it is too large to be worked out."""

    type: Type
    data: Data | None = None


class NumberFault(Exception):  # noqa: N818 - becomes a `Fault` where the place is known
    """An operation has no result."""


def fit(kind: Scalar, number: float) -> int | float:
    """Return a result as a value of its type: integers wrap around, abstract ones and floats that overflow do not."""
    if kind in (I32, U32):
        whole = int(number) % _WORD
        return whole - _WORD if kind == I32 and whole >= _WORD // 2 else whole
    if kind == ABSTRACT_INT:
        if not ABSTRACT_MIN <= number <= _ABSTRACT_MAX:
            raise NumberFault("the result is too large for an abstract integer")
        return int(number)
    try:
        number = float(number)
    except OverflowError:
        number = math.inf
    if not abs(number) <= _LARGEST[kind]:
        raise NumberFault(f"the result is no finite {kind}")
    if kind == F32:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    return _half(number) if kind == F16 else number


def _half(number: float) -> float:
    """Return the f16 next to a number towards zero, the one of two that browsers take (section 15.7.1)."""
    form = struct.pack("<e", number)
    found = float(struct.unpack("<e", form)[0])
    if abs(found) > abs(number):
        found = float(struct.unpack("<e", struct.pack("<H", struct.unpack("<H", form)[0] - 1))[0])
    return found


def convert_scalar(source: Scalar, target: Scalar, number: bool | float) -> bool | int | float:
    """Return a scalar as one of another type, as its constructor does (section 17.1)."""
    if target == BOOL:
        return bool(number)
    if target in FLOATS:
        return fit(target, number)
    if source in FLOATS:
        low, high = {I32: (-(1 << 31), (1 << 31) - 1), U32: (0, _WORD - 1)}.get(target, (ABSTRACT_MIN, _ABSTRACT_MAX))
        if source != ABSTRACT_FLOAT:
            # The largest number that both types have.
            high -= high % (_WORD >> _F32_BITS if target == U32 else _WORD >> (_F32_BITS + 1))
        return min(max(int(number), low), high)
    if source == ABSTRACT_INT and fit(target, number) != number:
        raise NumberFault(f"{number} is no {target}")
    return fit(target, number)


def is_feasible(source: Scalar, target: Scalar) -> bool:
    """Whether a value becomes one of another type by itself (section 6.1.2)."""
    if source == target:
        return True
    if source == ABSTRACT_INT:
        return target != BOOL
    return source == ABSTRACT_FLOAT and target in (F32, F16)


def component_of(kind: Type | None) -> Scalar | None:
    """Return the scalar that a scalar, a vector or a matrix is made of."""
    if isinstance(kind, Scalar):
        return kind
    return kind.component if isinstance(kind, _COMPOSED) else None


def with_component(kind: Type, component: Scalar) -> Type:
    """Return the same shape, made of another scalar."""
    match kind:
        case Vector(width):
            return Vector(width, component)
        case Matrix(columns, rows):
            return Matrix(columns, rows, component)
        case Array(element, count):
            return Array(with_component(element, component), count)
    return component


def innermost(kind: Type | None) -> Scalar | None:
    """Return the scalar at the bottom of arrays, vectors and matrices."""
    while isinstance(kind, Array):
        kind = kind.element
    return component_of(kind)


def convert(value: Constant, target: Type, span: Span) -> Constant:
    """Return a value as one of ``target`` where it becomes that by itself; otherwise refuse."""
    if value.type == target:
        return Constant(target, value.data)
    source, wanted = innermost(value.type), innermost(target)
    alike = source is not None and wanted is not None and with_component(value.type, wanted) == target
    if not alike or source is None or wanted is None or not is_feasible(source, wanted):
        raise Fault(span, "WGSL_TYPE_MISMATCH", f"{target} is wanted here, and this is {value.type}")
    if value.data is None:
        return Constant(target)
    try:
        return Constant(target, _converted(value.data, source, wanted))
    except NumberFault as fault:
        raise Fault(span, "WGSL_VALUE_RANGE", f"the value does not fit: {fault}") from None


def zero(kind: Type) -> Data:
    """Return the zero value of a type (section 17.1.1)."""
    match kind:
        case Scalar():
            return False if kind == BOOL else 0 if kind in INTEGERS else 0.0
        case Vector(width, component):
            return (zero(component),) * width
        case Matrix(columns):
            return (zero(kind.column),) * columns
        case Array(element, int() as count):
            return (zero(element),) * count
        case Struct(members=members):
            return tuple(zero(member.type) for member in members)
    raise NumberFault(f"{kind} has no zero value")


def _converted(data: Data, source: Scalar, target: Scalar) -> Data:
    if isinstance(data, tuple):
        return tuple(_converted(item, source, target) for item in data)
    return convert_scalar(source, target, data)
