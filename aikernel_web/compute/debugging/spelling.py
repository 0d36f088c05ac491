"""Values of a kernel in words: as WGSL writes them, short."""

from __future__ import annotations

from typing import Any, Final

from ..wgsl.types import Array, Atomic, Matrix, Scalar, Struct, Type, Vector

_SHOWN: Final = 8
"""Elements of an array."""


def spelled(kind: Type, value: Any) -> str:
    """Return a value of one invocation: a tree shaped as its type, with NumPy's arrays in the leaves for arrays."""
    while isinstance(kind, Atomic):
        kind = kind.component
    match kind:
        case Scalar():
            return _scalar(value)
        case Vector(width):
            return f"vec{width}({', '.join(map(_scalar, value))})"
        case Matrix():
            columns = (f"({', '.join(map(_scalar, column))})" for column in value)
            return f"mat{kind.columns}x{kind.rows}({', '.join(columns)})"
        case Struct(name, members):
            parts = (f"{it.name}: {spelled(it.type, part)}" for it, part in zip(members, value, strict=True))
            return f"{name}({', '.join(parts)})"
        case Array(element):
            count = _count(value)
            shown = [spelled(element, _at(value, place)) for place in range(min(count, _SHOWN))]
            return f"array({', '.join([*shown, '...'] if count > _SHOWN else shown)})"
    return str(value)


def _scalar(value: Any) -> str:
    plain = value.item()
    if isinstance(plain, bool):
        return "true" if plain else "false"
    # NumPy's text is the shortest that is read back as the same number of this precision.
    return str(value) if isinstance(plain, float) else str(plain)


def _count(value: Any) -> int:
    """Return how many elements an array has: the first dimension of its leaves."""
    while isinstance(value, tuple):
        value = value[0]
    return int(value.shape[0])


def _at(value: Any, place: int) -> Any:
    """Return an element of an array."""
    return tuple(_at(part, place) for part in value) if isinstance(value, tuple) else value[place]
