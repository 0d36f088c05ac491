"""Operations component by component, while a kernel is compiled."""

from __future__ import annotations

from collections.abc import Callable

from .emitter import Atoms


def each(work: Callable[..., Atoms], *values: Atoms) -> Atoms:
    """Return ``work`` of the components of values that are shaped alike; scalars go with each component."""
    widths = {len(value) for value in values if isinstance(value, tuple)}
    if not widths:
        return work(*values)
    (width,) = widths
    rows = zip(*(value if isinstance(value, tuple) else (value,) * width for value in values), strict=True)
    return tuple(each(work, *row) for row in rows)


def leaves(value: Atoms) -> tuple[str, ...]:
    """Return the scalars of a value in their order."""
    if isinstance(value, str):
        return (value,)
    return tuple(leaf for part in value for leaf in leaves(part))


def components(value: Atoms) -> tuple[str, ...]:
    """Return the components of a vector."""
    found = leaves(value)
    if isinstance(value, str) or len(found) != len(value):
        raise TypeError("a vector is wanted here")
    return found


def columns(value: Atoms) -> tuple[tuple[str, ...], ...]:
    """Return the columns of a matrix."""
    return tuple(components(column) for column in value)


def dot(left: Atoms, right: Atoms) -> str:
    """Return the expression of the dot product of two vectors, added from the first component on."""
    pairs = zip(components(left), components(right), strict=True)
    return " + ".join(f"{a} * {b}" for a, b in pairs)
