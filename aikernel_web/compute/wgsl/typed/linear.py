"""Products of matrices and vectors (WGSL, section 8.6): their types, and their values as constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ..types import Matrix, Scalar, Type, Vector
from ..values import Data


def product_type(left: Type | None, right: Type | None) -> Type | None:
    """Return the type of a product that has a matrix in it; None where there is no such product.

    The components are of one type already.
    """
    match left, right:
        case (Matrix(), Scalar()):
            return left
        case (Scalar(), Matrix()):
            return right
        case (Matrix(columns, rows, component), Vector(width)) if width == columns:
            return Vector(rows, component)
        case (Vector(width, component), Matrix(columns, rows)) if width == rows:
            return Vector(columns, component)
        case (Matrix(inner, rows, component), Matrix(columns, other)) if inner == other:
            return Matrix(columns, rows, component)
    return None


def multiply(left: Type | None, right: Type | None, a: Any, b: Any, operate: Callable[..., Any]) -> Data:
    """Return a product, matrices by columns; ``operate(a, b, "*")`` and ``"+"`` work on scalars."""

    def dot(one: Sequence[Any], other: Sequence[Any]) -> Any:
        products = [operate(x, y, "*") for x, y in zip(one, other, strict=True)]
        return reduce(lambda total, item: operate(total, item, "+"), products)

    match left, right:
        case (Matrix(), Scalar()):
            return tuple(tuple(operate(item, b, "*") for item in column) for column in a)
        case (Scalar(), Matrix()):
            return tuple(tuple(operate(a, item, "*") for item in column) for column in b)
        case (Vector(), Matrix()):
            return tuple(dot(a, column) for column in b)
        case (Matrix(), Vector()):
            return tuple(dot(row, b) for row in zip(*a, strict=True))
    rows = list(zip(*a, strict=True))
    return tuple(tuple(dot(row, column) for row in rows) for column in b)
