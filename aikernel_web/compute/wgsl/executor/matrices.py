"""Matrices by linear algebra (WGSL, sections 8.7 and 17.4), which are tuples of columns while a kernel is compiled."""

from __future__ import annotations

from .emitter import Atoms, Emitter
from .shapes import columns, components, dot


def transpose(matrix: Atoms) -> Atoms:
    """Return the rows as columns: names alone change their places."""
    return tuple(zip(*columns(matrix), strict=True))


def product(emitter: Emitter, factors: tuple[Atoms, Atoms], matrices: tuple[bool, bool]) -> Atoms:
    """Return a matrix by a matrix, a matrix by a vector (a column), or a vector (a row) by a matrix."""
    left, right = factors
    if matrices == (True, True):
        rows = columns(transpose(left))
        return tuple(tuple(emitter.temp(dot(row, column)) for row in rows) for column in columns(right))
    if matrices[0]:
        return tuple(emitter.temp(dot(row, right)) for row in columns(transpose(left)))
    return tuple(emitter.temp(dot(left, column)) for column in columns(right))


def determinant(emitter: Emitter, matrix: Atoms) -> str:
    """Return the determinant of a square matrix, from products of the minors of its columns."""
    found = columns(matrix)
    if len(found) == 2:  # noqa: PLR2004
        (a, b), (c, d) = found
        return emitter.temp(f"{a} * {d} - {c} * {b}")
    if len(found) == 3:  # noqa: PLR2004
        return emitter.temp(dot(found[0], cross(emitter, found[1], found[2])))
    first, second, third, fourth = found
    pairs = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    upper = {pair: emitter.temp(_minor(first, second, pair)) for pair in pairs}
    lower = {pair: emitter.temp(_minor(third, fourth, pair)) for pair in pairs}
    # Laplace's expansion along two columns: each pair of rows goes with the pair of the others.
    signs = ("", " - ", " + ", " + ", " - ", " + ")
    terms = zip(signs, pairs, reversed(pairs), strict=True)
    return emitter.temp("".join(f"{sign}{upper[pair]} * {lower[others]}" for sign, pair, others in terms))


def cross(emitter: Emitter, left: Atoms, right: Atoms) -> tuple[str, str, str]:
    """Return the cross product of two vectors of three."""
    ax, ay, az = components(left)
    bx, by, bz = components(right)
    return (
        emitter.temp(f"{ay} * {bz} - {az} * {by}"),
        emitter.temp(f"{az} * {bx} - {ax} * {bz}"),
        emitter.temp(f"{ax} * {by} - {ay} * {bx}"),
    )


def _minor(left: tuple[str, ...], right: tuple[str, ...], rows: tuple[int, int]) -> str:
    upper, lower = rows
    return f"{left[upper]} * {right[lower]} - {right[upper]} * {left[lower]}"
