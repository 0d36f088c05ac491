"""Functions of constant expressions that look at whole vectors and matrices (WGSL, sections 8.7 and 17.5).

Each step is rounded to the type, as a shader's are: what overflows on the way has no result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeAlias

from .types import Scalar
from .values import NumberFault, fit

Row: TypeAlias = "tuple[Any, ...]"


def dot(kind: Scalar, a: Row, b: Row) -> Any:
    """Return the sum of the products of components."""
    products = [fit(kind, left * right) for left, right in zip(a, b, strict=True)]
    return reduce(lambda total, part: fit(kind, total + part), products)


def _length(kind: Scalar, value: Any) -> Any:
    if not isinstance(value, tuple):
        return abs(value)
    return fit(kind, math.sqrt(dot(kind, value, value)))


def _distance(kind: Scalar, a: Any, b: Any) -> Any:
    if not isinstance(a, tuple):
        return abs(fit(kind, a - b))
    return _length(kind, _minus(kind, a, b))


def _minus(kind: Scalar, a: Row, b: Row) -> Row:
    return tuple(fit(kind, left - right) for left, right in zip(a, b, strict=True))


def _scaled(kind: Scalar, value: Row, factor: float) -> Row:
    return tuple(fit(kind, part * factor) for part in value)


def _normalize(kind: Scalar, value: Row) -> Row:
    length = _length(kind, value)
    if length == 0:
        raise NumberFault("a vector of length 0 has no direction")
    return tuple(fit(kind, part / length) for part in value)


def _cross(kind: Scalar, a: Row, b: Row) -> Row:
    return tuple(_det2(kind, a[i], a[j], b[i], b[j]) for i, j in ((1, 2), (2, 0), (0, 1)))


def _det2(kind: Scalar, a: float, b: float, c: float, d: float) -> Any:
    return fit(kind, fit(kind, a * d) - fit(kind, b * c))


def _face_forward(kind: Scalar, normal: Row, incident: Row, reference: Row) -> Row:
    return normal if dot(kind, incident, reference) < 0 else tuple(-part for part in normal)


def _reflect(kind: Scalar, incident: Row, normal: Row) -> Row:
    factor = fit(kind, 2.0 * dot(kind, normal, incident))
    return _minus(kind, incident, _scaled(kind, normal, factor))


def _refract(kind: Scalar, incident: Row, normal: Row, ratio: float) -> Row:
    along = dot(kind, normal, incident)
    rest = fit(kind, 1.0 - fit(kind, along * along))
    k = fit(kind, 1.0 - fit(kind, fit(kind, ratio * ratio) * rest))
    if k < 0:
        return (0.0,) * len(incident)
    factor = fit(kind, fit(kind, ratio * along) + fit(kind, math.sqrt(k)))
    return _minus(kind, _scaled(kind, incident, ratio), _scaled(kind, normal, factor))


def _determinant(kind: Scalar, matrix: Sequence[Row]) -> Any:
    if len(matrix) == 2:  # noqa: PLR2004 - the smallest
        return _det2(kind, *matrix[0], *matrix[1])
    total: Any = 0.0
    for at, column in enumerate(matrix):
        rest = [other[1:] for place, other in enumerate(matrix) if place != at]
        product = fit(kind, column[0] * _determinant(kind, rest))
        total = fit(kind, total - product if at % 2 else total + product)
    return total


def _frexp(_: Scalar, value: Any) -> Any:
    return _pair(value, math.frexp)


def _modf(_: Scalar, value: Any) -> Any:
    return _pair(value, math.modf)


def _pair(value: Any, function: Callable[[float], tuple[float, float]]) -> Any:
    """Return the members of a result that has two: of a vector, vectors."""
    if not isinstance(value, tuple):
        return function(value)
    return tuple(zip(*map(function, value), strict=True))


def _transpose(_: Scalar, matrix: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(zip(*matrix, strict=True))


WHOLES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "cross": _cross,
        "determinant": _determinant,
        "distance": _distance,
        "dot": dot,
        "faceForward": _face_forward,
        "frexp": _frexp,
        "length": _length,
        "modf": _modf,
        "normalize": _normalize,
        "reflect": _reflect,
        "refract": _refract,
        "transpose": _transpose,
    }
)
"""By name: of the type of the components, and whole arguments."""
