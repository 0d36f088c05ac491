"""Signatures of the functions that take pointers, and of barriers (WGSL, sections 17.4, 17.8 and 17.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..source import Span
from ..types import ABSTRACT_INT, I32, U32, Array, Atomic, Pointer, Scalar, Type
from ..words import words
from .kinds import is_constructible
from .overload import COMPUTE, NO_VERTEX, Overload, wrong_count, wrong_types
from .results import exchange_result

_BARRIERS = words("storageBarrier textureBarrier workgroupBarrier")
_ATOMICS = {
    **dict.fromkeys(words("atomicLoad"), 0),
    **dict.fromkeys(words("atomicStore atomicAdd atomicSub atomicMax atomicMin atomicAnd atomicOr atomicXor"), 1),
    "atomicExchange": 1,
    "atomicCompareExchangeWeak": 2,
}
"""With the number of values behind the pointer."""
MEMORY: Final = _BARRIERS | _ATOMICS.keys() | words("arrayLength workgroupUniformLoad")


def resolve_memory(name: str, arguments: Sequence[Type], span: Span) -> Overload:
    """Return the overload of a call of one of `MEMORY`; raises `Fault`."""
    if name in _BARRIERS:
        if arguments:
            raise wrong_count(name, [0], len(arguments), span)
        return Overload(name, (), None, must_use=False, stages=COMPUTE)
    if name in _ATOMICS:
        return _atomic(name, arguments, span)
    if len(arguments) != 1:
        raise wrong_count(name, [1], len(arguments), span)
    pointer = arguments[0]
    if name == "arrayLength":
        if (
            isinstance(pointer, Pointer)
            and pointer.space == "storage"
            and isinstance(pointer.store, Array)
            and pointer.store.count is None
        ):
            return Overload(name, (pointer,), U32)
        raise wrong_types(name, ["(ptr<storage, array<E>>), an array without a count"], arguments, span)
    result = _loaded(pointer)
    if result is None:
        accepted = "(ptr<workgroup, T>) with a T of a fixed size, which is an atomic or holds none"
        raise wrong_types(name, [accepted], arguments, span)
    return Overload(name, (pointer,), result, stages=COMPUTE)


def _loaded(pointer: Type) -> Type | None:
    """Return what ``workgroupUniformLoad`` loads; None where it cannot."""
    if not isinstance(pointer, Pointer) or pointer.space != "workgroup":
        return None
    if isinstance(pointer.store, Atomic):
        return pointer.store.component
    return pointer.store if is_constructible(pointer.store) else None


def _atomic(name: str, arguments: Sequence[Type], span: Span) -> Overload:
    values = _ATOMICS[name]
    if len(arguments) != values + 1:
        raise wrong_count(name, [values + 1], len(arguments), span)
    pointer = arguments[0]
    fits = (
        isinstance(pointer, Pointer)
        and isinstance(pointer.store, Atomic)
        and pointer.store.component in (I32, U32)
        and pointer.space in ("storage", "workgroup")
        and pointer.access == "read_write"
        and all(kind in (pointer.store.component, ABSTRACT_INT) for kind in arguments[1:])
    )
    if not fits:
        behind = ", T" * values
        accepted = (
            f"(ptr<storage, atomic<T>, read_write>{behind}); (ptr<workgroup, atomic<T>>{behind}) with T = i32 or u32"
        )
        raise wrong_types(name, [accepted], arguments, span)
    component = _component(pointer)
    result: Type | None = component
    if name == "atomicStore":
        result = None
    elif name == "atomicCompareExchangeWeak":
        result = exchange_result(component)
    return Overload(name, (pointer, *(component,) * values), result, must_use=False, stages=NO_VERTEX)


def _component(pointer: Type) -> Scalar:
    if isinstance(pointer, Pointer) and isinstance(pointer.store, Atomic):
        return pointer.store.component
    raise TypeError(f"{pointer} points to no atomic")
