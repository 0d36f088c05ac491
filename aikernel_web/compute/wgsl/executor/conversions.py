"""Constructors and ``bitcast`` in the generated code (WGSL, sections 17.1 and 17.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..typed.tree import BuiltinCall, Construct
from ..types import BOOL, F16, F32, I32, U32, Array, Matrix, Scalar, Struct, Type, Vector
from .casts import (
    bits_as_f32,
    bits_as_i32,
    bits_as_u32,
    joined_halves,
    parted_halves,
    to_f16,
    to_f32,
    to_i32,
    to_u32,
    truth,
)
from .emitter import Atoms, Emitter
from .kinds import component
from .literals import zero
from .shapes import each, leaves
from .stacking import stacked

_CASTS: Mapping[Scalar, Callable[[Any], Any]] = MappingProxyType(
    {BOOL: truth, F16: to_f16, F32: to_f32, I32: to_i32, U32: to_u32}
)
_VIEWS: Mapping[Scalar, Callable[[Any], Any]] = MappingProxyType({F32: bits_as_f32, I32: bits_as_i32, U32: bits_as_u32})


def construct(emitter: Emitter, node: Construct, arguments: list[Atoms]) -> Atoms:
    """Return the value that a constructor makes of its arguments."""
    kind = node.type
    if not arguments:
        return zero(emitter, kind)
    match kind:
        case Scalar() | Vector() | Matrix():
            source = component(node.arguments[0].type)
            parts = [each(lambda atom: converted(emitter, atom, source, component(kind)), item) for item in arguments]
            return _shaped(kind, node.arguments[0].type, parts)
        case Array():
            return _elements(emitter, arguments)
        case Struct():
            return tuple(arguments)
    raise TypeError(f"{kind} has no constructor")


def converted(emitter: Emitter, atom: str, source: Scalar, target: Scalar) -> str:
    """Return a scalar as one of another type, as its constructor does."""
    if source == target:
        return atom
    return emitter.temp(f"{emitter.use(_CASTS[target])}({atom})")


def bitcast(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    """Return the bits of a value as another type; an f16 is half of what it is joined to, the first the low one."""
    source, target = component(node.arguments[0].type), component(node.type)
    if source == target:
        return arguments[0]
    found = leaves(arguments[0])
    if source == F16:
        pairs = zip(found[::2], found[1::2], strict=True)
        words = [emitter.temp(f"{emitter.use(joined_halves)}({low}, {high})") for low, high in pairs]
        return _gathered([_viewed(emitter, word, U32, target) for word in words])
    if target == F16:
        words = [_viewed(emitter, word, source, U32) for word in found]
        return tuple(half for word in words for half in emitter.temps(2, f"{emitter.use(parted_halves)}({word})"))
    return _gathered([_viewed(emitter, word, source, target) for word in found])


def _viewed(emitter: Emitter, atom: str, source: Scalar, target: Scalar) -> str:
    return atom if source == target else emitter.temp(f"{emitter.use(_VIEWS[target])}({atom})")


def _gathered(parts: Sequence[str]) -> Atoms:
    return parts[0] if len(parts) == 1 else tuple(parts)


def _shaped(kind: Scalar | Vector | Matrix, first: Type | None, parts: list[Atoms]) -> Atoms:
    """Return converted arguments as a value of ``kind``; ``first`` is the type of the first of them."""
    match kind:
        case Vector(width) if len(parts) == 1 and isinstance(first, Scalar):
            return (parts[0],) * width
        case Vector():
            return tuple(leaf for part in parts for leaf in leaves(part))
        case Matrix(_, rows) if isinstance(first, Scalar):
            return tuple(tuple(parts[at : at + rows]) for at in range(0, len(parts), rows))
        case Matrix() if isinstance(first, Vector):
            return tuple(parts)
    return parts[0]


def _elements(emitter: Emitter, elements: Sequence[Atoms]) -> Atoms:
    """Return the elements of an array side by side, in a tree shaped as the element type."""
    if isinstance(elements[0], str):
        names = [str(element) for element in elements]
        made = emitter.temp(f"{emitter.use(stacked)}({', '.join(names)})")
        emitter.sizes[made] = sum(emitter.sizes.get(name, 1) for name in names)
        return made
    return tuple(_elements(emitter, parts) for parts in zip(*elements, strict=True))
