"""Memory lane by lane: what loads and stores of all lanes at once are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor.affine import affine, whole
from aikernel_web.compute.wgsl.executor.emitter import Atoms, Emitter
from aikernel_web.compute.wgsl.executor.slots import DTYPES
from aikernel_web.compute.wgsl.layout import align_of, round_up, size_of
from aikernel_web.compute.wgsl.source import Source
from aikernel_web.compute.wgsl.types import (
    BOOL,
    F16,
    F32,
    I32,
    U32,
    Array,
    Matrix,
    Scalar,
    Struct,
    StructMember,
    Type,
    Vector,
)

NAMES = {"bool": BOOL, "i32": I32, "u32": U32, "f32": F32, "f16": F16}


def run(write: Callable[[Emitter], Any], names: dict[str, Any]) -> Any:
    """Run what a function writes with an emitter, and return the leaves that it returned the atoms of.

    ``names`` are what the code sees besides; the function may add to them.
    """
    emitter = Emitter(Source(""))
    result = write(emitter)
    shown = _text(result) if result is not None else "None"
    body = "\n".join("    " * depth + line for depth, line in emitter.lines)
    scope: dict[str, Any] = emitter.objects | names
    exec(f"def kernel():\n{body}\n    return {shown}\n", scope)
    with np.errstate(all="ignore"):
        return scope["kernel"]()


def _text(atoms: Atoms) -> str:
    if isinstance(atoms, str):
        return atoms
    return "(" + "".join(f"{_text(part)}, " for part in atoms) + ")"


def lanes_of(shape: tuple[int, int]) -> SimpleNamespace:
    return SimpleNamespace(rows=shape[0], columns=shape[1], shape=shape)


# Types


def structure(*types: Type) -> Struct:
    members, offset = [], 0
    for number, kind in enumerate(types):
        offset = round_up(align_of(kind), offset)
        members.append(StructMember(f"m{number}", kind, offset, align_of(kind), size_of(kind)))
        offset += size_of(kind)
    return Struct("S", tuple(members))


def types(*, bools: bool = False) -> st.SearchStrategy[Type]:
    scalars = st.sampled_from([I32, U32, F32, F16, *([BOOL] if bools else [])])
    floats = st.sampled_from([F32, F16])
    small = st.one_of(
        scalars,
        st.builds(Vector, st.integers(2, 4), scalars),
        st.builds(Matrix, st.integers(2, 4), st.integers(2, 4), floats),
    )
    return st.recursive(
        small,
        lambda inner: st.one_of(
            st.builds(Array, inner, st.integers(1, 4)),
            st.lists(inner, min_size=1, max_size=3).map(lambda found: structure(*found)),
        ),
        max_leaves=4,
    )


def parts_of(kind: Type) -> list[Type]:
    """The types of the parts of a value, in their order."""
    match kind:
        case Array(element, count):
            return [element] * int(count)  # type: ignore[arg-type]
        case Vector(width, component):
            return [component] * width
        case Matrix(columns):
            return [kind.column] * columns
        case Struct(members=members):
            return [member.type for member in members]
    return []


def paths(kind: Type, start: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Scalar]]:
    """All scalars of a type, and how to get to them."""
    if isinstance(kind, Scalar):
        yield start, kind
        return
    for at, part in enumerate(parts_of(kind)):
        yield from paths(part, (*start, at))


def zero(kind: Type) -> Any:
    if isinstance(kind, Scalar):
        return DTYPES[kind.name](0)
    return [zero(part) for part in parts_of(kind)]


def byte_of(kind: Type, path: tuple[int, ...]) -> int:
    """Where a scalar stands in a buffer."""
    offset = 0
    for step in path:
        match kind:
            case Struct(members=members):
                offset += members[step].offset
            case Matrix():
                offset += step * round_up(align_of(kind.column), size_of(kind.column))
            case Array(element):
                offset += step * round_up(align_of(element), size_of(element))
            case _:
                offset += step * size_of(parts_of(kind)[0])
        kind = parts_of(kind)[step]
    return offset


# Leaves


@st.composite
def leaves(draw: st.DrawFn, shape: tuple[int, int], kind: type[np.generic], *, most: int = 100) -> Any:
    """A leaf of lanes shaped ``shape``; integers are at most ``most``, or now and then anything."""
    how = draw(st.sampled_from(["one", "rows", "columns", "all", "affine", "affine"]))
    if kind is np.bool_:
        numbers: Any = st.booleans()
    elif np.issubdtype(kind, np.floating):
        numbers = st.integers(-1000, 1000)
    else:
        info = np.iinfo(kind)
        wild = st.sampled_from([info.min, info.max, -1 if info.min else 1 << 31, most + 1, 0])
        numbers = st.one_of(st.integers(0, most), st.integers(0, most), wild)
    if how == "one" or (how == "affine" and kind not in (np.int32, np.uint32)):
        return kind(draw(numbers))
    if how == "affine":
        numbers = st.integers(-most, most)
        return affine(draw(numbers), draw(st.integers(-3, 3)), draw(st.integers(-3, 3)), shape=shape, kind=kind)
    size = {"rows": (shape[0], 1), "columns": (1, shape[1]), "all": shape}[how]
    many = draw(st.lists(numbers, min_size=size[0] * size[1], max_size=size[0] * size[1]))
    made = np.array(many, dtype=kind).reshape(size)
    return np.asfortranarray(made) if draw(st.booleans()) else made


@st.composite
def masks(draw: st.DrawFn, shape: tuple[int, int]) -> Any:
    """A mask with at least one lane."""
    size = draw(st.sampled_from([None, None, shape, (shape[0], 1), (1, shape[1])]))
    if size is None:
        return True
    count = size[0] * size[1]
    many = draw(st.lists(st.booleans(), min_size=count, max_size=count).filter(any))
    return True if all(many) else np.array(many).reshape(size)


def each(leaf: Any, shape: tuple[int, int]) -> Any:
    """A leaf as (..., R, C), whatever it is."""
    found = np.asarray(whole(leaf))
    return np.broadcast_to(found, found.shape[:-2] + shape)
