"""Variables of functions and private ones while a kernel is compiled: their scalars are names of the generated code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from ..record import record
from ..types import Array, Matrix, Struct, Type, Vector
from .arrays import array_copy, array_get, array_put, array_zero, is_at, pick, put
from .emitter import Atoms, Emitter
from .masks import both
from .slots import DTYPES, element_of, flat, length_of, shaped

Step: TypeAlias = int | str
"""A member or a constant index, or the name of the leaf that is the index."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable: names shaped as its type, and the mask under which it was declared."""

    type: Type
    atoms: Atoms
    mask: str


@record
class _Part:
    """A part of a variable on the way to it: names, and the indices of the arrays that were passed."""

    type: Type
    atoms: Atoms
    indices: tuple[Step, ...] = ()


def declare(emitter: Emitter, kind: Type, value: Atoms | None) -> Variable:
    """Write a new variable under the current mask."""
    mask = emitter.mask
    if mask not in ("True", "False"):
        # The name of the mask may come to stand for another one; the variable keeps this one.
        kept = emitter.name("d")
        emitter.line(f"{kept} = {mask}")
        mask = kept
    given = None if value is None else flat(value)

    def made(scalar: str, counts: tuple[int, ...]) -> str:
        name = emitter.name("v")
        _count(emitter, name, counts)
        dtype = DTYPES[scalar]
        if given is not None:
            first = given.pop(0)
            emitter.line(f"{name} = {f'{emitter.use(array_copy)}({first})' if counts else first}")
        elif counts:
            emitter.line(f"{name} = {emitter.use(array_zero)}({counts!r}, {emitter.constant(dtype)})")
        else:
            emitter.line(f"{name} = {emitter.constant(dtype(0))}")
        return name

    return Variable(kind, shaped(kind, made), mask)


def load(emitter: Emitter, variable: Variable, steps: tuple[Step, ...]) -> Atoms:
    """Write a load of a part."""
    return _load(emitter, _Part(variable.type, variable.atoms), steps)


def store(emitter: Emitter, variable: Variable, steps: tuple[Step, ...], value: Atoms) -> None:
    """Write a store to a part by the lanes of the current mask."""
    _store(emitter, variable, steps=steps, part=_Part(variable.type, variable.atoms), value=value, mask=emitter.mask)


def element(emitter: Emitter, value: Atoms, kind: Type, index: Step) -> Atoms:
    """Write what takes an element of a value."""
    return _load(emitter, _Part(kind, value), (index,))


def _load(emitter: Emitter, part: _Part, steps: tuple[Step, ...]) -> Atoms:
    for at, step in enumerate(steps):
        if isinstance(step, str) and isinstance(part.type, Vector | Matrix):
            each = [_load(emitter, _child(part, place), steps[at + 1 :]) for place in range(length_of(part.type) or 0)]
            return _picked(emitter, each, step)
        part = _child(part, step)
    names = iter(flat(part.atoms))

    def taken(_: str, counts: tuple[int, ...]) -> str:
        name = next(names)
        if part.indices:
            made = emitter.temp(f"{emitter.use(array_get)}({name}, {_listed(part.indices)})")
        else:
            made = emitter.temp(f"{emitter.use(array_copy)}({name})" if counts else name)
        _count(emitter, made, counts)
        return made

    return shaped(part.type, taken)


def _store(
    emitter: Emitter, variable: Variable, *, part: _Part, steps: tuple[Step, ...], value: Atoms, mask: str
) -> None:
    for at, step in enumerate(steps):
        if isinstance(step, str) and isinstance(part.type, Vector | Matrix):
            length = length_of(part.type) or 0
            for place in range(length):
                chosen = f"{emitter.use(is_at)}({step}, {place}, {length - 1})"
                those = emitter.temp(f"{emitter.use(both)}({mask}, {chosen})")
                with emitter.block(f"if {those} is not False:"):
                    _store(emitter, variable, part=_child(part, place), steps=steps[at + 1 :], value=value, mask=those)
            return
        part = _child(part, step)
    names, values = iter(flat(part.atoms)), iter(flat(value))

    def stored(_: str, counts: tuple[int, ...]) -> str:
        name, new = next(names), next(values)
        if part.indices or counts:
            arguments = f"{name}, {_listed(part.indices)}, {new}, {mask}, {variable.mask}"
            emitter.line(f"{name} = {emitter.use(array_put)}({arguments})")
        elif mask == variable.mask == "True":
            emitter.line(f"{name} = {new}")
        else:
            emitter.line(f"{name} = {emitter.use(put)}({mask}, {variable.mask}, {new}, {name})")
        return name

    shaped(part.type, stored)


def _child(part: _Part, step: Step) -> _Part:
    if isinstance(part.type, Array):
        return _Part(part.type.element, part.atoms, (*part.indices, step))
    at = int(step)
    kind = part.type.members[at].type if isinstance(part.type, Struct) else element_of(part.type)
    return _Part(kind, part.atoms[at], part.indices)


def _picked(emitter: Emitter, each: list[Atoms], index: str) -> Atoms:
    """Write what takes of several values that which the index says, scalar by scalar."""
    if isinstance(each[0], str):
        return emitter.temp(f"{emitter.use(pick)}(({', '.join(flat(tuple(each)))}), {index})")
    return tuple(_picked(emitter, [part[at] for part in each], index) for at in range(len(each[0])))


def _count(emitter: Emitter, name: str, counts: tuple[int, ...]) -> None:
    if counts:
        emitter.sizes[name] = math.prod(counts)


def _listed(steps: tuple[Step, ...]) -> str:
    return f"({''.join(f'{step}, ' for step in steps)})"
