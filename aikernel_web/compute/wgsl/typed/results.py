"""Structures of WGSL's own, which some of its functions return (WGSL, sections 17.5.24, 17.5.42 and 17.8.7)."""

from __future__ import annotations

from ..layout import align_of, round_up, size_of
from ..types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F32, I32, Scalar, Struct, StructMember, Type, Vector
from ..values import component_of, with_component


def frexp_result(kind: Type) -> Struct:
    """Return what ``frexp`` of a float or a vector of them returns: ``fract`` and ``exp``."""
    whole = ABSTRACT_INT if component_of(kind) == ABSTRACT_FLOAT else I32
    return _struct(f"__frexp_result_{_suffix(kind)}", fract=kind, exp=with_component(kind, whole))


def modf_result(kind: Type) -> Struct:
    """Return what ``modf`` of a float or a vector of them returns: ``fract`` and ``whole``."""
    return _struct(f"__modf_result_{_suffix(kind)}", fract=kind, whole=kind)


def exchange_result(kind: Scalar) -> Struct:
    """Return what ``atomicCompareExchangeWeak`` returns: ``old_value`` and ``exchanged``."""
    return _struct(f"__atomic_compare_exchange_result_{kind}", old_value=kind, exchanged=BOOL)


def concrete_result(kind: Struct, wanted: Scalar = F32) -> Struct:
    """Return the structure of f32, or of f16, that one of abstract numbers becomes; others as they are."""
    first = kind.members[0].type
    if component_of(first) != ABSTRACT_FLOAT:
        return kind
    made = frexp_result if kind.name.startswith("__frexp") else modf_result
    return made(with_component(first, wanted))


def _suffix(kind: Type) -> str:
    component = component_of(kind)
    name = "abstract" if component == ABSTRACT_FLOAT else str(component)
    return f"vec{kind.width}_{name}" if isinstance(kind, Vector) else name


def _struct(name: str, **members: Type) -> Struct:
    made: list[StructMember] = []
    offset = 0
    for member, kind in members.items():
        offset = round_up(align_of(kind), offset)
        made.append(StructMember(member, kind, offset, align_of(kind), size_of(kind)))
        offset += size_of(kind)
    return Struct(name, tuple(made), 2)
