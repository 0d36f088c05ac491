"""Places of memory while a kernel is compiled: what loads and stores of them become.

A `Target` is a variable and the steps to a part of it. Its root says where that is: `Variable` of a function or a
private one (its scalars are Python names that are assigned anew), `WorkgroupMemory`, or `BufferMemory`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..layout import size_of, stride_of
from ..record import record
from ..source import Span
from ..types import Array, Atomic, Matrix, Struct, Type, Vector
from . import variables
from .addresses import Part, Spot
from .atomics import atomic_apply, atomic_compare, atomic_fetch
from .buffers import buffer_length, buffer_read, buffer_write, buffer_write_result
from .checks import NO_CHECKS
from .emitter import Atoms, Emitter
from .shared import shared_memory, shared_read, shared_write
from .slots import BYTES, COUNTED, Layout, element_of, flat, kinds_of, length_of, scalars_of, shaped, slots_of
from .variables import Step, Variable
from .watch import AccessSite

_NOWHERE = Span(0, 0)
_OPERATION = re.compile(r"(\w+) ([-+*]) (\w+)")

__all__ = [
    "BufferMemory",
    "Target",
    "Variable",
    "WorkgroupMemory",
    "array_length",
    "atomic",
    "declare",
    "load",
    "store",
    "store_result",
]


@dataclass(frozen=True, slots=True, eq=False)
class WorkgroupMemory:
    """A workgroup variable: for each kind of scalar the name of its array."""

    type: Type
    names: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class BufferMemory:
    """A storage or uniform variable, and the name of its `Buffer`."""

    type: Type
    name: str


Root: TypeAlias = Variable | WorkgroupMemory | BufferMemory


@record
class Target:
    """A part of a variable: members and constant indices are numbers, other indices names of leaves.

    ``span`` is where the shader names it, for what the checks report.
    """

    root: Root
    steps: tuple[Step, ...]
    type: Type
    span: Span = _NOWHERE


def declare(emitter: Emitter, kind: Type, value: Atoms | None) -> Variable:
    """Write a new variable of a function, or a private one, under the current mask; without a value it is zero."""
    return variables.declare(emitter, kind, value)


def declare_workgroup(emitter: Emitter, kind: Type) -> WorkgroupMemory:
    """Write what makes a workgroup variable for the workgroups of a chunk; counts in its type are numbers."""
    make = emitter.use(shared_memory)
    names: dict[str, str] = {}
    for scalar in kinds_of(kind):
        names[scalar] = emitter.name("w")
        emitter.line(f"{names[scalar]} = {make}(lanes.rows, {scalar!r}, {scalars_of(kind, scalar)})")
    return WorkgroupMemory(kind, names)


def bytes_needed(kind: Type) -> int:
    """Return the least size of a buffer for a type: an array without a count has one element at least."""
    return size_of(kind)


def load(emitter: Emitter, target: Target) -> Atoms:
    """Write a load, and return the value."""
    _watch(emitter, target, writes=False)
    root = target.root
    if isinstance(root, Variable):
        return variables.load(emitter, root, target.steps)
    read = emitter.use(buffer_read if isinstance(root, BufferMemory) else shared_read)
    found: dict[str, list[str]] = {}
    for scalar in kinds_of(target.type):
        spot, indices = spot_of(emitter, target, scalar)
        call = f"{read}({_memory(root, scalar)}, {emitter.constant(spot)}, {_tuple(indices)})"
        found[scalar] = list(emitter.temps(len(spot.parts), call))
        for name, part in zip(found[scalar], spot.parts, strict=True):
            if part.inner is not None:
                emitter.sizes[name] = part.inner.size
    return shaped(target.type, lambda scalar, _: found[scalar].pop(0))


def store(emitter: Emitter, target: Target, value: Atoms) -> None:
    """Write a store of ``value`` by the lanes of the current mask."""
    _watch(emitter, target, writes=True)
    root = target.root
    if isinstance(root, Variable):
        variables.store(emitter, root, target.steps, value)
        return
    leaves: dict[str, list[str]] = {}
    names = flat(value)

    def given(scalar: str, _: tuple[int, ...]) -> str:
        leaves.setdefault(scalar, []).append(names[0])
        return names.pop(0)

    shaped(target.type, given)
    write = emitter.use(buffer_write if isinstance(root, BufferMemory) else shared_write)
    for scalar, atoms in leaves.items():
        spot, indices = spot_of(emitter, target, scalar)
        where = f"{_memory(root, scalar)}, {emitter.constant(spot)}"
        emitter.line(f"{write}({where}, {emitter.mask}, {_tuple(indices)}, {_tuple(atoms)})")


def store_result(emitter: Emitter, target: Target, value: Atoms) -> None:
    """Write a store of what the last line has made, and nothing else asks for: without a copy where that can be."""
    made = emitter.take_back(value) if isinstance(value, str) and isinstance(target.root, BufferMemory) else None
    found = None if made is None or emitter.checks != NO_CHECKS else _OPERATION.fullmatch(made)
    if found is None or not isinstance(target.root, BufferMemory):
        if made is not None:
            emitter.line(f"{value} = {made}")
        store(emitter, target, value)
        return
    left, symbol, right = found.groups()
    (scalar,) = kinds_of(target.type)
    spot, indices = spot_of(emitter, target, scalar)
    where = f"{_memory(target.root, scalar)}, {emitter.constant(spot)}, {emitter.mask}, {_tuple(indices)}"
    emitter.line(f"{emitter.use(buffer_write_result)}({where}, ({symbol!r}, {left}, {right}))")


def atomic(emitter: Emitter, name: str, target: Target, arguments: Sequence[Atoms], *, used: bool = True) -> Atoms:
    """Write an atomic function on the place of an atomic; return what it returns, where that is ``used``."""
    root = target.root
    if isinstance(root, Variable):
        raise TypeError("an atomic stands in storage or workgroup memory")
    if name == "atomicLoad":
        return load(emitter, target)
    if name == "atomicStore":
        store(emitter, target, arguments[0])
        return ()
    _watch(emitter, target, writes=True)
    (scalar,) = kinds_of(target.type)
    spot, indices = spot_of(emitter, target, scalar)
    where = f"{_memory(root, scalar)}, {emitter.constant(spot)}"
    how = f"mask={emitter.mask}, indices={_tuple(indices)}, shape=lanes.shape"
    if name == "atomicCompareExchangeWeak":
        return emitter.temps(2, f"{emitter.use(atomic_compare)}({where}, {arguments[0]}, {arguments[1]}, {how})")
    if used or name == "atomicExchange":
        return emitter.temp(f"{emitter.use(atomic_fetch)}({where}, {name!r}, value={arguments[0]}, {how})")
    emitter.line(f"{emitter.use(atomic_apply)}({where}, {name!r}, value={arguments[0]}, {how})")
    return ()


def array_length(emitter: Emitter, target: Target) -> Atoms:
    """Write ``arrayLength`` of the array at ``target``."""
    if not isinstance(target.root, BufferMemory) or not isinstance(target.type, Array):
        raise TypeError(f"{target.type} has its length in its type")
    offset = _tail(target.root.type)[0]
    return emitter.temp(f"{emitter.use(buffer_length)}({target.root.name}, {offset}, {stride_of(target.type)})")


def element(emitter: Emitter, value: Atoms, kind: Type, index: Step, *, span: Span | None = None) -> Atoms:
    """Write what takes an element of a value of type ``kind`` at an index."""
    if isinstance(index, str) and emitter.checks.bounds:
        site = _site(emitter, emitter.span if span is None else span)
        emitter.line(f"lanes.watch.index({site}, lanes, {emitter.mask}, index={index}, count={length_of(kind)})")
    return variables.element(emitter, value, kind, index)


def barrier(emitter: Emitter, name: str) -> None:
    """Write that workgroups come to a barrier, for those who watch for races."""
    if emitter.checks.races:
        emitter.line(f"lanes.watch.barrier(lanes, {emitter.mask}, {name!r})")


def spot_of(emitter: Emitter, target: Target, scalar: str) -> tuple[Spot, list[str]]:
    """Return the scalars of one kind at a target that is no `Variable`, and the indices that lead there."""
    root = target.root
    layout: Layout = BYTES if isinstance(root, BufferMemory) else COUNTED
    kind = root.type
    offset = inside = 0
    dims: list[tuple[int, int]] = []
    indices: list[str] = []
    tail: tuple[int, int] | None = None
    for step in target.steps:
        if isinstance(kind, Struct):
            inside += layout.member(kind, int(step), scalar)
            kind = kind.members[int(step)].type
            continue
        if not isinstance(kind, Array | Matrix | Vector):
            raise TypeError(f"{kind} has no elements")
        stride, count = layout.stride(kind, scalar), length_of(kind)
        kind = element_of(kind)
        if isinstance(step, int) and count is not None:
            inside += step * stride
            continue
        offset, inside = offset + inside, 0
        if count is None:
            tail = _tail(root.type)
        dims.append((stride, count or 0))
        # The buffer may be shorter than a constant index says.
        indices.append(_index(emitter, step))
    parts = [_part(inside + slot.offset, slot.around) for slot in slots_of(kind, layout, scalar)]
    return Spot(scalar, offset, tuple(dims), tuple(parts), tail), indices


def _memory(root: WorkgroupMemory | BufferMemory, scalar: str) -> str:
    return root.name if isinstance(root, BufferMemory) else root.names[scalar]


def _watch(emitter: Emitter, target: Target, *, writes: bool) -> None:
    """Write what looks at an access, where that is asked for."""
    root, checks = target.root, emitter.checks
    if checks.bounds:
        kind = root.type
        for step in target.steps:
            if isinstance(kind, Struct):
                kind = kind.members[int(step)].type
                continue
            count = length_of(kind)
            how = f"{_site(emitter, target.span)}, lanes, {emitter.mask}, index={_index(emitter, step)}"
            if count is None and isinstance(root, BufferMemory):
                emitter.line(f"lanes.watch.buffer_index({how}, memory={root.name}, tail={_tail(root.type)})")
            elif isinstance(step, str):
                emitter.line(f"lanes.watch.index({how}, count={count})")
            kind = element_of(kind)
    if checks.races and not isinstance(root, Variable) and not isinstance(target.type, Atomic):
        for scalar in kinds_of(target.type):
            spot, indices = spot_of(emitter, target, scalar)
            how = f"memory={_memory(root, scalar)}, spot={emitter.constant(spot)}, indices={_tuple(indices)}"
            site = _site(emitter, target.span)
            emitter.line(f"lanes.watch.access({site}, lanes, {emitter.mask}, {how}, writes={writes})")


def _site(emitter: Emitter, span: Span) -> str:
    return emitter.constant(AccessSite(emitter.source, span, emitter.source.text[span.start : span.end]))


def _index(emitter: Emitter, step: Step) -> str:
    return step if isinstance(step, str) else emitter.constant(np.uint32(step))


def _part(offset: int, around: tuple[tuple[int, int], ...]) -> Part:
    if not around:
        return Part(offset, None)
    inner = np.zeros((), np.intp)
    for count, stride in around:
        inner = inner[..., None] + np.arange(count, dtype=np.intp) * stride
    return Part(offset, inner[..., None, None] + offset)


def _tail(kind: Type) -> tuple[int, int]:
    """Return where the array without a count begins in a variable, and its stride, in bytes."""
    offset = 0
    if isinstance(kind, Struct):
        offset, kind = kind.members[-1].offset, kind.members[-1].type
    if not isinstance(kind, Array):
        raise TypeError(f"{kind} has its length in its type")
    return offset, stride_of(kind)


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
