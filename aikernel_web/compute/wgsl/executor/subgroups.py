"""Subgroup and quad functions (WGSL, sections 17.12 and 17.13): lanes of a workgroup that see each other's values.

Rows of a chunk are workgroups; a subgroup is a run of ``lanes.subgroup_size`` columns, the last may be shorter. Values
are taken apart into members: for each place in a subgroup an array of (rows, subgroups). What is missing or inactive
holds a value that changes no result. Floats are added and multiplied in pairs of neighbours, then pairs of these and so
on, which is what SwiftShader does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .affine import whole
from .blend import blend
from .lanes import Lanes
from .masks import Mask

_Array: TypeAlias = NDArray[Any]
_Members: TypeAlias = Sequence[_Array]
_QUAD = 4
_WORD = 32
_WORDS = 4
_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "add": np.add,
        "mul": np.multiply,
        "min": np.fmin,
        "max": np.fmax,
        "and": np.bitwise_and,
        "or": np.bitwise_or,
        "xor": np.bitwise_xor,
    }
)


def reduced(lanes: Lanes, mask: Mask, value: Any, *, operation: str) -> Any:
    """Return the result for all active lanes of a subgroup, in each of them."""
    members = _filled(lanes, mask, value, operation=operation)
    work = _OPERATIONS[operation]
    while len(members) > 1:
        members = [work(members[at], members[at + 1]) for at in range(0, len(members), 2)]
    return _shared(lanes, members[0])


def scanned(lanes: Lanes, mask: Mask, value: Any, *, operation: str, inclusive: bool) -> Any:
    """Return for each lane the result of the active lanes before it, with itself where ``inclusive``."""
    members = _filled(lanes, mask, value, operation=operation)
    work = _OPERATIONS[operation]
    step = 1
    while step < len(members):
        members = [work(members[at - step], it) if at >= step else it for at, it in enumerate(members)]
        step *= 2
    if not inclusive:
        first = np.full_like(members[0], 1 if operation == "mul" else 0)
        members = [first, *members[:-1]]
    return _joined(lanes, members)


def elected(lanes: Lanes, mask: Mask) -> Any:
    """``subgroupElect``: whether a lane is the first active one."""
    found = []
    before: Any = np.False_
    for active in _active(lanes, mask):
        found.append(active & ~before)
        before = before | active
    return _joined(lanes, found)


def all_of(lanes: Lanes, mask: Mask, value: Any) -> Any:
    """``subgroupAll``."""
    held = value if mask is True else value | ~np.asarray(mask)
    return _shared(lanes, reduce(np.logical_and, _members(lanes, held, fill=True)))


def any_of(lanes: Lanes, mask: Mask, value: Any) -> Any:
    """``subgroupAny``."""
    return _shared(lanes, reduce(np.logical_or, _held(lanes, mask, value)))


def ballot(lanes: Lanes, mask: Mask, value: Any) -> tuple[Any, ...]:
    """``subgroupBallot``: a bit for each lane, of those that are active and hold true."""
    words: list[Any] = [np.uint32(0)] * _WORDS
    for at, held in enumerate(_held(lanes, mask, value)):
        word, bit = divmod(at, _WORD)
        words[word] = words[word] | (held.astype(np.uint32) << np.uint32(bit))
    return tuple(word if isinstance(word, np.generic) else _shared(lanes, word) for word in words)


def broadcast_first(lanes: Lanes, mask: Mask, value: Any) -> Any:
    """``subgroupBroadcastFirst``: the value of the first active lane."""
    members = _members(lanes, value, fill=0)
    if mask is True:
        return _shared(lanes, members[0])
    found = members[-1]
    for active, member in zip(reversed(_active(lanes, mask)), reversed(members), strict=True):
        found = blend(active, member, found)
    return _shared(lanes, found)


def shuffled(lanes: Lanes, mask: Mask, value: Any, at: Any) -> Any:
    """``subgroupBroadcast`` and ``subgroupShuffle``: the value of the lane with a number; of none there is it is 0."""
    del mask
    if isinstance(at, np.generic):
        return _shared(lanes, _member(_members(lanes, value, fill=0), int(at)))
    return _taken(lanes, value, _groups(lanes, at, 0).view(np.uint32))


def shuffled_up(lanes: Lanes, mask: Mask, value: Any, by: Any) -> Any:
    """``subgroupShuffleUp``: from ``by`` lanes before."""
    del mask
    return _moved(lanes, value, by, np.subtract)


def shuffled_down(lanes: Lanes, mask: Mask, value: Any, by: Any) -> Any:
    """``subgroupShuffleDown``: from ``by`` lanes behind."""
    del mask
    return _moved(lanes, value, by, np.add)


def shuffled_xor(lanes: Lanes, mask: Mask, value: Any, by: Any) -> Any:
    """``subgroupShuffleXor``: from the lane whose number has other bits where ``by`` has ones."""
    del mask
    return _moved(lanes, value, by, np.bitwise_xor)


def quad_broadcast(lanes: Lanes, mask: Mask, value: Any, at: Any) -> Any:
    """``quadBroadcast``: the value of one of the four lanes of a quad, by a constant."""
    del mask
    members = _members(lanes, value, fill=0)
    return _joined(lanes, [_member(members, lane // _QUAD * _QUAD + int(at)) for lane in range(len(members))])


def quad_swapped(lanes: Lanes, mask: Mask, value: Any, *, bits: int) -> Any:
    """``quadSwapX`` (1), ``quadSwapY`` (2) and ``quadSwapDiagonal`` (3): the lane whose number has other ``bits``."""
    del mask
    return _moved(lanes, value, np.uint32(bits), np.bitwise_xor)


def _groups(lanes: Lanes, leaf: Any, fill: Any) -> _Array:
    """Return a leaf as (rows, subgroups, size); one row where rows are alike."""
    array = np.atleast_2d(whole(leaf))
    count, size = lanes.columns, lanes.subgroup_size
    array = np.broadcast_to(array, (array.shape[0], count))
    missing = -count % size
    if missing:
        array = np.concatenate((array, np.full((array.shape[0], missing), fill, array.dtype)), axis=1)
    return array.reshape(array.shape[0], -1, size)


def _members(lanes: Lanes, leaf: Any, *, fill: Any) -> list[_Array]:
    groups = _groups(lanes, leaf, fill)
    return [groups[..., at] for at in range(groups.shape[2])]


def _active(lanes: Lanes, mask: Mask) -> list[_Array]:
    return _members(lanes, np.bool_(mask) if isinstance(mask, bool) else mask, fill=False)


def _held(lanes: Lanes, mask: Mask, value: Any) -> list[_Array]:
    """Return where active lanes hold true."""
    return _members(lanes, value if mask is True else value & np.asarray(mask), fill=False)


def _filled(lanes: Lanes, mask: Mask, value: Any, *, operation: str) -> _Members:
    value = whole(value)
    fill = _identity(operation, value.dtype.type)
    return _members(lanes, value if mask is True else blend(np.asarray(mask), value, fill), fill=fill)


def _identity(operation: str, kind: Any) -> Any:
    """Return what an operation leaves a value as."""
    if operation in ("min", "max"):
        if kind in (np.float32, np.float16):
            return kind(np.inf if operation == "min" else -np.inf)
        limits = np.iinfo(kind)
        return kind(limits.max if operation == "min" else limits.min)
    if operation == "and":
        return ~kind(0)
    if operation == "mul":
        return kind(1)
    # -0.0 + x is x, for 0.0 as for -0.0.
    return -kind(0) if kind in (np.float32, np.float16) else kind(0)


def _member(members: _Members, at: int) -> _Array:
    return members[at] if 0 <= at < len(members) else np.zeros_like(members[0])


def _shared(lanes: Lanes, member: _Array) -> Any:
    """Return what all lanes of a subgroup have: of a workgroup that is one subgroup a single column."""
    if member.shape[1] == 1:
        return member
    return _joined(lanes, [member] * lanes.subgroup_size)


def _joined(lanes: Lanes, members: _Members) -> Any:
    rows, subgroups = max(member.shape[0] for member in members), members[0].shape[1]
    made = np.empty((rows, subgroups, len(members)), members[0].dtype)
    for at, member in enumerate(members):
        made[..., at] = member
    return made.reshape(rows, -1)[:, : lanes.columns]


def _moved(lanes: Lanes, value: Any, by: Any, work: Callable[[Any, Any], Any]) -> Any:
    """Return the value of the lane whose number is ``work`` of each lane's own and ``by``."""
    numbers = np.arange(lanes.subgroup_size, dtype=np.uint32)
    if not isinstance(by, np.generic):
        return _taken(lanes, value, work(numbers, _groups(lanes, by, 0)))
    members = _members(lanes, value, fill=0)
    return _joined(lanes, [_member(members, int(at)) for at in work(numbers, by)])


def _taken(lanes: Lanes, value: Any, numbers: _Array) -> Any:
    """Return the value of the lane of each number, given as (rows, subgroups, size); 0 where there is none."""
    groups = _groups(lanes, value, 0)
    exists = numbers < groups.shape[2]
    firsts = np.arange(0, groups.size, groups.shape[2]).reshape(*groups.shape[:2], 1)
    found = groups.ravel().take(firsts + numbers * exists)
    found = blend(exists, found, found.dtype.type(0))
    return found.reshape(found.shape[0], -1)[:, : lanes.columns]
