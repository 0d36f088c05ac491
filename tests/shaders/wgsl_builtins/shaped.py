"""Probes whose components have to do with each other: of vectors and matrices.

Matrices are arrays of their columns: (n, columns, rows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from . import accuracy as near
from .probe import Probe


def _rows(a: Any) -> Any:
    return np.sqrt((a * a).sum(-1, keepdims=True))


def vector_probes() -> Iterator[Probe]:
    for width in "234":
        two = (width, width)
        for kind in "iu":
            yield Probe("dot(a, b)", kind * 2, kind, widths=two)
        yield Probe("dot(a, b)", "ff", "f", _dot_bound(int(width)), lambda a, b: (a * b).sum(-1), widths=two)
        relative = near.of_sums(lambda a: np.sqrt((a * a).sum(-1) * _moderate(a)), terms=8)
        yield Probe("length(a)", "f", "f", relative, lambda a: np.sqrt((a * a).sum(-1)), widths=(width,))
        apart = near.of_sums(lambda a, b: (np.abs(a) + np.abs(b)).sum(-1) * _moderate(a, b), terms=12)
        yield Probe("distance(a, b)", "ff", "f", apart, lambda a, b: np.sqrt(((a - b) ** 2).sum(-1)), widths=two)
        unit = near.of_sums(lambda a: np.broadcast_to(_moderate(a)[..., None], a.shape) * 1.0, terms=12)
        yield Probe("normalize(a)", "f", "f", unit, lambda a: a / _rows(a), widths=(width,), wide=width)
        yield Probe("reflect(a, b)", "ff", "f", _reflect_bound, _reflect, widths=two, wide=width)
        yield Probe(
            "faceForward(a, b, c)", "fff", "f", near.exact, _face, widths=(*two, width), wide=width, free=_unclear
        )
        yield Probe(
            "refract(a / length(a), b / length(b), 0.7)", "ff", "f", _refract_bound, _refract, widths=two, wide=width
        )
    yield Probe("cross(a, b)", "ff", "f", _cross_bound, np.cross, widths=("3", "3"), wide="3")
    for operator in "+-*":
        yield Probe(f"a {operator} b", "ff", "f", near.rounded, _scalar_first(operator), widths=("1", "3"), wide="3")
        yield Probe(f"a {operator} b", "ii", "i", widths=("4", "1"), wide="4")


_APPLY: Final[dict[str, Callable[..., Any]]] = {"+": np.add, "-": np.subtract, "*": np.multiply}


def _scalar_first(operator: str) -> Callable[..., Any]:
    return lambda a, b: _APPLY[operator](a[:, None], b)


def _moderate(*arrays: Any) -> Any:
    """Return 1 where no square under- or overflows, else infinity: then all is free."""
    fine = [((np.abs(array) < 1e18) & ((np.abs(array) > 1e-18) | (array == 0))).all(-1) for array in arrays]
    some = [(array != 0).any(-1) for array in arrays[:1]]
    return np.where(np.logical_and.reduce([*fine, *some]), 1.0, np.inf)


def _dot_bound(width: int) -> near.Bound:
    return near.of_sums(lambda a, b: np.abs(a * b).sum(-1), terms=2 * width)


def _cross_bound(a: Any, b: Any, result: Any) -> Any:
    size = np.abs(a).sum(-1, keepdims=True) * np.abs(b).sum(-1, keepdims=True)
    return np.broadcast_to(np.where(size < near.GREATEST, 3 * near.ulp(size), np.inf), result.shape)


def _reflect(a: Any, b: Any) -> Any:
    return a - 2 * (a * b).sum(-1, keepdims=True) * b


def _reflect_bound(a: Any, b: Any, result: Any) -> Any:
    size = np.abs(a) + 2 * np.abs(a * b).sum(-1, keepdims=True) * np.abs(b)
    whole = np.broadcast_to(size.max(-1, keepdims=True), result.shape)
    return np.where(whole < near.GREATEST, 12 * near.ulp(whole), np.inf)


def _face(a: Any, b: Any, c: Any) -> Any:
    return np.where((b * c).sum(-1, keepdims=True) < 0, a, -a)


def _unclear(_: Any, b: Any, c: Any) -> Any:
    sizes = np.abs(b * c).sum(-1)
    return ~(np.abs((b * c).sum(-1)) > 1e-5 * sizes) | ~(sizes < near.GREATEST)


def _refract(a: Any, b: Any) -> Any:
    a, b = a / _rows(a), b / _rows(b)
    cosine = (a * b).sum(-1, keepdims=True)
    k = 1 - 0.49 * (1 - cosine * cosine)
    return np.where(k < 0, 0, 0.7 * a - (0.7 * cosine + np.sqrt(np.maximum(k, 0))) * b)


def _refract_bound(a: Any, b: Any, result: Any) -> Any:
    return np.broadcast_to((_moderate(a) * _moderate(b))[..., None] * 40 * near.EPS, result.shape)


def matrix_probes() -> Iterator[Probe]:
    for columns in (2, 3, 4):
        for rows in (2, 3, 4):
            shape = f"{columns}x{rows}"
            yield Probe("transpose(a)", "f", "f", near.exact, lambda a: a.swapaxes(1, 2), (shape,), f"{rows}x{columns}")
            yield Probe("a + b", "ff", "f", near.rounded, np.add, (shape, shape), shape)
            yield Probe("a * b", "ff", "f", _product_bound, _times_vector, (shape, str(columns)), str(rows))
            yield Probe("a * b", "ff", "f", _product_bound, _vector_times, (str(rows), shape), str(columns))
            other = f"{rows}x{columns}"
            yield Probe("a * b", "ff", "f", _product_bound, lambda a, b: b @ a, (shape, other), f"{rows}x{rows}")
        square = f"{columns}x{columns}"
        yield Probe("determinant(a)", "f", "f", _determinant_bound, lambda a: np.linalg.det(_finite(a)), (square,))
    yield Probe("a * b", "ff", "f", near.rounded, lambda a, b: a * b[:, None, None], ("2x3", "1"), "2x3")
    yield Probe("a - b", "ff", "f", near.rounded, np.subtract, ("4x2", "4x2"), "4x2")


def _finite(a: Any) -> Any:
    return np.where(np.isfinite(a), a, 0)


def _times_vector(a: Any, b: Any) -> Any:
    return np.einsum("ncr,nc->nr", a, b)


def _vector_times(a: Any, b: Any) -> Any:
    return np.einsum("nr,ncr->nc", a, b)


def _product_bound(a: Any, b: Any, result: Any) -> Any:
    axes = tuple(range(1, a.ndim)), tuple(range(1, b.ndim))
    size = np.abs(a).max(axes[0]) * np.abs(b).max(axes[1]) * 4
    size = size.reshape(-1, *[1] * (result.ndim - 1))
    return np.broadcast_to(np.where(size < near.GREATEST, 4 * near.ulp(size), np.inf), result.shape)


def _determinant_bound(a: Any, result: Any) -> Any:
    # The standard sets no bound; a sum of products of bounded terms has one in practice.
    size = np.abs(a).max((1, 2)) ** a.shape[1] * 24
    return np.where(size < near.GREATEST, 16 * near.ulp(size), np.inf) + 0 * result
