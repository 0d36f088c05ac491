"""Values of constant expressions, and their conversions (WGSL, sections 6.1.2 and 6.2)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TypeAlias

from .fault import Fault
from .source import Span
from .types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F16, F32, I32, U32, Array, Matrix, Scalar, Struct, Type, Vector

Data: TypeAlias = "bool | int | float | tuple[Data, ...]"
"""Scalars as themselves; vectors, matrices (by columns), arrays and structures as tuples."""

_BITS = 32
_WORD = 1 << _BITS
_ABSTRACT_MIN, _ABSTRACT_MAX = -(1 << 63), (1 << 63) - 1
_FORMS = {F32: "<f", F16: "<e"}
INTEGERS = frozenset((I32, U32, ABSTRACT_INT))
FLOATS = frozenset((F32, F16, ABSTRACT_FLOAT))
ABSTRACT = frozenset((ABSTRACT_INT, ABSTRACT_FLOAT))


@dataclass(frozen=True, slots=True)
class Constant:
    """A value: ``data`` is None where overrides decide it, ``type`` where this front end cannot tell."""

    type: Type | None
    data: Data | None = None


UNKNOWN = Constant(None)
"""What this front end cannot work out."""


class NumberFault(Exception):  # noqa: N818 - becomes a `Fault` where the place is known
    """An operation has no result."""


def fit(kind: Scalar, number: float) -> int | float:
    """Return a result as a value of its type: integers wrap around, abstract ones and floats that overflow do not."""
    if kind in (I32, U32):
        whole = int(number) % _WORD
        return whole - _WORD if kind == I32 and whole >= _WORD // 2 else whole
    if kind == ABSTRACT_INT:
        if not _ABSTRACT_MIN <= number <= _ABSTRACT_MAX:
            raise NumberFault("the result is too large for an abstract integer")
        return int(number)
    try:
        number = float(number)
        number = struct.unpack(_FORMS[kind], struct.pack(_FORMS[kind], number))[0] if kind in _FORMS else number
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NumberFault(f"the result is no finite {kind}")
    return number


def convert_scalar(source: Scalar, target: Scalar, number: bool | float) -> bool | int | float:
    """Return a scalar as one of another type, as its constructor does (section 17.1)."""
    if target == BOOL:
        return bool(number)
    if target in FLOATS:
        return fit(target, number)
    if source in FLOATS:
        low, high = {I32: (-(1 << 31), (1 << 31) - 1), U32: (0, _WORD - 1)}.get(target, (_ABSTRACT_MIN, _ABSTRACT_MAX))
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
    if isinstance(kind, Vector | Matrix):
        return kind.component
    return kind if isinstance(kind, Scalar) else None


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
    if value.type is None or value.type == target:
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


def concrete(value: Constant, span: Span) -> Constant:
    """Return a value of a type that a variable can have: abstract integers become i32, abstract floats f32."""
    component = innermost(value.type)
    if value.type is None or component not in ABSTRACT:
        return value
    return convert(value, with_component(value.type, I32 if component == ABSTRACT_INT else F32), span)


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
