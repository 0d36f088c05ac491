"""Probes whose components have to do with each other: of vectors and matrices.

Matrices are arrays of their columns: (n, columns, rows).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from wgsl_accuracy import bound
from wgsl_intervals import Interval

from .probe import Probe

Vector = tuple[Interval, ...]
Matrix = tuple[Vector, ...]


def vector_probes() -> Iterator[Probe]:
    for width in "234":
        two = (width, width)
        for kind in "iu":
            yield Probe("dot(a, b)", kind * 2, kind, widths=two)
        yield Probe("dot(a, b)", "ff", "f", widths=two)
        yield Probe("length(a)", "f", "f", widths=(width,))
        yield Probe("distance(a, b)", "ff", "f", widths=two)
        yield Probe("normalize(a)", "f", "f", widths=(width,), wide=width)
        yield Probe("reflect(a, b)", "ff", "f", widths=two, wide=width)
        yield Probe("faceForward(a, b, c)", "fff", "f", widths=(*two, width), wide=width)
        yield Probe("refract(a / length(a), b / length(b), 0.7)", "ff", "f", _refracted, widths=two, wide=width)
    yield Probe("cross(a, b)", "ff", "f", widths=("3", "3"), wide="3")
    for operator in "+-*":
        yield Probe(f"a {operator} b", "ff", "f", widths=("1", "3"), wide="3")
        yield Probe(f"a {operator} b", "ii", "i", widths=("4", "1"), wide="4")


def _refracted(a: Vector, b: Vector) -> Any:
    return bound("refract", bound("normalize", a), bound("normalize", b), Interval.of(np.float32(0.7)))


def matrix_probes() -> Iterator[Probe]:
    for columns in (2, 3, 4):
        for rows in (2, 3, 4):
            shape, other = f"{columns}x{rows}", f"{rows}x{columns}"
            yield Probe("transpose(a)", "f", "f", _turned, (shape,), other)
            yield Probe("a + b", "ff", "f", widths=(shape, shape), wide=shape)
            yield Probe("a * b", "ff", "f", _times_vector, (shape, str(columns)), str(rows))
            yield Probe("a * b", "ff", "f", _vector_times, (str(rows), shape), str(columns))
            yield Probe("a * b", "ff", "f", _times_matrix, (shape, other), f"{rows}x{rows}")
        square = f"{columns}x{columns}"
        yield Probe("determinant(a)", "f", "f", _determinant, (square,))
    yield Probe("a * b", "ff", "f", widths=("2x3", "1"), wide="2x3")
    yield Probe("a - b", "ff", "f", widths=("4x2", "4x2"), wide="4x2")


def _turned(a: Matrix) -> Matrix:
    return tuple(zip(*a, strict=True))


def _vector_times(a: Vector, b: Matrix) -> Vector:
    return tuple(bound("dot", a, column) for column in b)


def _times_vector(a: Matrix, b: Vector) -> Vector:
    return _vector_times(b, _turned(a))


def _times_matrix(a: Matrix, b: Matrix) -> Matrix:
    return tuple(_times_vector(a, column) for column in b)


def _determinant(a: Matrix) -> Interval:
    """The standard sets no bound; a sum of products has one in practice, by the size of what is added."""
    parts = [part for column in a for part in column]
    one = parts[0]
    exact = np.logical_and.reduce([part.low == part.high for part in parts])
    size = math.factorial(len(a)) * np.maximum.reduce([np.abs(part.low) for part in parts]) ** len(a)
    matrix = np.array([[part.low for part in column] for column in a])
    finite = np.where(np.isfinite(matrix), matrix, 0)
    total = np.linalg.det(np.moveaxis(finite, -1, 0))
    error = 8 * one.format.ulp(size)
    return one.rounded(total, total, absolute=error).where(exact & (size < one.format.greatest))
