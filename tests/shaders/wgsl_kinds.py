"""Every overload of every function, operator and conversion on the CPU, asked for the exact types of its results.

Where C's int and long are alike, as in the page, NumPy has two integers of 32 bits, and an operation may return the one
that is not np.int32. The text of this module runs in the page's interpreter too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from wgsl_expansions import SPAN, run_binary, run_builtin, run_construct

from aikernel_web.compute.wgsl.executor.kinds import KINDS
from aikernel_web.compute.wgsl.executor.lanes import Geometry
from aikernel_web.compute.wgsl.fault import Fault
from aikernel_web.compute.wgsl.typed.overload import Overload
from aikernel_web.compute.wgsl.typed.signatures import resolve
from aikernel_web.compute.wgsl.typed.signatures_numeric import NUMERIC
from aikernel_web.compute.wgsl.types import BOOL, F16, F32, I32, U32, Matrix, Scalar, Struct, Type, Vector

_SHAPE = (2, 8)
_LANES = Geometry((2, 1, 1), (8, 1, 1), 4).workgroups(0, 2)
_NUMBERS = (I32, U32, F32, F16)
_TYPES: tuple[Type, ...] = (
    *(BOOL, *_NUMBERS),
    *(Vector(width, scalar) for width in (2, 3, 4) for scalar in (BOOL, *_NUMBERS)),
    *(Matrix(2, 2, F32), Matrix(3, 3, F16), Matrix(4, 4, F32), Matrix(2, 3, F32)),
)
_FEW = 2


def wrong_kinds() -> tuple[int, list[str]]:
    """Return how many results were looked at, and those that are of other types than they must be."""
    count, wrong = 0, []
    for told, kind, leaf, shared in _results():
        count += 1
        exact = leaf.dtype.type is KINDS[kind] and (leaf.ndim == len(_SHAPE) or isinstance(leaf, np.generic))
        # What needs the lanes' own places has a result for each of them.
        if not exact or (shared and not isinstance(leaf, np.generic) and "subgroup" not in told and "quad" not in told):
            wrong.append(f"{told}: {type(leaf).__name__} of {leaf.dtype}")
    return count, wrong


def _results() -> Iterator[tuple[str, Scalar, Any, bool]]:
    for shared in (True, False):
        for overload in _overloads():
            arguments = [(kind, _value(kind, shared)) for kind in overload.parameters]
            if overload.constants:
                arguments[1] = arguments[1][0], _value(arguments[1][0], True)
            assert overload.result is not None
            found = run_builtin(overload.name, arguments, overload.result, lanes=_LANES)
            told = f"{overload.name} of {', '.join(map(str, overload.parameters))}"
            for kind, leaf in _leaves(overload.result, found):
                yield told, kind, leaf, shared
        for operator, scalar in product("+ - * / % < == & | ^ << >>".split(), _NUMBERS):  # noqa: SIM905
            if scalar in (F32, F16) and operator in "& | ^ << >>":
                continue
            right = U32 if operator in ("<<", ">>") else scalar
            for constant in (True, False):
                sides = (scalar, _value(scalar, shared)), (right, _value(right, shared or constant))
                leaf = run_binary(operator, *sides, constant=constant)
                yield f"{operator} of {scalar}", BOOL if operator in ("<", "==") else scalar, leaf, shared
        for source, target in product((BOOL, *_NUMBERS), repeat=2):
            yield f"{target} of {source}", target, run_construct(target, (source, _value(source, shared))), shared


def _overloads() -> Iterator[Overload]:
    for name, ways in NUMERIC.items():
        if name.startswith(("dpd", "fwidth")):
            continue
        for count in {len(way.parameters) for way in ways}:
            for kinds in product(_TYPES, repeat=min(count, _FEW)):
                # Behind the second, arguments are of the first's type, or the second's.
                for rest in {kinds[-1:] * (count - _FEW), kinds[:1] * (count - _FEW)}:
                    try:
                        yield resolve(name, (*kinds, *rest), None, SPAN, constant=False)
                    except Fault:
                        continue


def _value(kind: Type, shared: bool) -> Any:
    match kind:
        case Vector(width, component):
            return (_value(component, shared),) * width
        case Matrix(columns):
            return (_value(kind.column, shared),) * columns
        case Scalar():
            one = KINDS[kind](1)
            return one if shared else np.full(_SHAPE, one)
    raise TypeError(str(kind))


def _leaves(kind: Type, value: Any) -> Iterator[tuple[Scalar, Any]]:
    match kind:
        case Scalar():
            yield kind, value
        case Vector(_, component):
            yield from ((component, part) for part in value)
        case Matrix():
            for column in value:
                yield from _leaves(kind.column, column)
        case Struct(members=members):
            for member, part in zip(members, value, strict=True):
                yield from _leaves(member.type, part)
