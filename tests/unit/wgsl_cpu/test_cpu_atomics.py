"""Atomic functions of all lanes at once, held against an oracle that goes lane by lane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cpu_memory_oracle import each, lanes_of, leaves, masks, run
from hypothesis import given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor import places
from aikernel_web.compute.wgsl.executor.affine import Affine
from aikernel_web.compute.wgsl.executor.buffers import Buffer
from aikernel_web.compute.wgsl.executor.emitter import Atoms, Emitter
from aikernel_web.compute.wgsl.executor.places import BufferMemory, Target
from aikernel_web.compute.wgsl.types import I32, U32, Array, Atomic

WORD = 1 << 32
PLACES = 5
SHAPES = [(1, 7), (4, 1), (3, 4)]
FUNCTIONS = {
    "atomicAdd": lambda old, new: old + new,
    "atomicSub": lambda old, new: old - new,
    "atomicMax": max,
    "atomicMin": min,
    "atomicStoreMax": max,
    "atomicStoreMin": min,
    "atomicAnd": lambda old, new: old & new,
    "atomicOr": lambda old, new: old | new,
    "atomicXor": lambda old, new: old ^ new,
    "atomicExchange": lambda _, new: new,
    "atomicStore": lambda _, new: new,
}


class Case:
    """Lanes that do an atomic function on an array of atomics."""

    def __init__(self, draw: st.DrawFn, *, compared: bool = False) -> None:
        self.shape = draw(st.sampled_from(SHAPES))
        self.scalar = draw(st.sampled_from([I32, U32]))
        self.kind: type[np.generic] = np.int32 if self.scalar == I32 else np.uint32
        self.mask = draw(masks(self.shape))
        self.index = draw(leaves(self.shape, np.uint32, most=PLACES))
        self.value = draw(leaves(self.shape, self.kind, most=4 if compared else 1000))
        self.compared = draw(leaves(self.shape, self.kind, most=4)) if compared else None
        self.shared = draw(st.booleans())
        numbers = st.integers(0, 4 if compared else 1000)
        size = (PLACES, self.shape[0]) if self.shared else (PLACES,)
        count = int(np.prod(size))
        self.first = np.array(draw(st.lists(numbers, min_size=count, max_size=count)), self.kind).reshape(size)
        self.memory = self.first.copy()

    def run(self, name: str, *, used: bool) -> Any:
        """Do it; return the leaves of the result."""
        names = {"lanes": lanes_of(self.shape), "i": self.index, "x": self.value, "m": self.mask, "y": self.compared}

        def write(emitter: Emitter) -> Atoms | None:
            kind = Array(Atomic(self.scalar), PLACES)
            if self.shared:
                root: Any = places.declare_workgroup(emitter, kind)
                (memory,) = root.names.values()
                names["given"] = self.memory
                emitter.line(f"{memory} = given")
            else:
                names["b"] = Buffer(self.memory.view(np.uint8), written=True)
                root = BufferMemory(kind, "b")
            emitter.mask = "m"
            target = Target(root, ("i",), kind.element)
            arguments = ["x"] if self.compared is None else ["y", "x"]
            result = places.atomic(emitter, name, target, arguments, used=used)
            return result if used else None

        return run(write, names)

    def lanes(self) -> Any:
        """For each active lane its place in the memory, and what it has."""
        active = np.broadcast_to(np.asarray(self.mask), self.shape)
        index, value = each(self.index, self.shape), each(self.value, self.shape)
        for row, column in np.ndindex(self.shape):
            if active[row, column]:
                at = min(int(index[row, column]), PLACES - 1)
                yield (row, column), (at, row) if self.shared else (at,), int(value[row, column])

    def wrapped(self, number: int) -> int:
        return int(np.array(number % WORD, np.int64).astype(np.uint32).view(self.kind))


@st.composite
def cases(draw: st.DrawFn, *, compared: bool = False) -> Case:
    return Case(draw, compared=compared)


QUICK = settings(max_examples=300, deadline=None)


@QUICK
@given(cases(), st.sampled_from(sorted(FUNCTIONS)), st.booleans())
def test_each_lane_finds_what_the_lanes_before_it_left(case: Case, name: str, used: bool) -> None:
    returns = not name.startswith("atomicStore")
    result = case.run(name, used=used and returns)
    memory = case.first.copy()
    for lane, at, value in case.lanes():
        if used and returns:
            assert each(result, case.shape)[lane] == memory[at]
            assert each(result, case.shape).dtype == case.kind
        memory[at] = case.wrapped(FUNCTIONS[name](int(memory[at]), value))
    assert np.array_equal(memory, case.memory)


@QUICK
@given(cases(compared=True))
def test_compare_exchange_goes_lane_by_lane(case: Case) -> None:
    found, exchanged = case.run("atomicCompareExchangeWeak", used=True)
    memory = case.first.copy()
    compared = each(case.compared, case.shape)
    for lane, at, value in case.lanes():
        assert each(found, case.shape)[lane] == memory[at]
        assert each(exchanged, case.shape)[lane] == (memory[at] == compared[lane])
        if memory[at] == compared[lane]:
            memory[at] = value
    assert np.array_equal(memory, case.memory)


def test_many_exchanges_at_one_place_are_done_one_after_another() -> None:
    lanes = 1000
    memory = np.zeros(1, np.uint32)
    numbers = np.arange(lanes, dtype=np.uint32)[None, :]
    names = {"lanes": lanes_of((1, lanes)), "b": Buffer(memory.view(np.uint8), written=True)}
    names |= {"x": numbers, "y": numbers + np.uint32(1), "i": np.uint32(0)}
    target = Target(BufferMemory(Array(Atomic(U32), 1), "b"), ("i",), Atomic(U32))
    found, exchanged = run(
        lambda emitter: places.atomic(emitter, "atomicCompareExchangeWeak", target, ["x", "y"]), names
    )
    assert exchanged.all()
    assert np.array_equal(found, numbers)
    assert memory[0] == lanes


@pytest.mark.parametrize("first", [5, WORD - 3])
def test_counting_up_one_number_gives_numbers_in_a_row(first: int) -> None:
    memory = np.array([first], np.uint32)
    names = {"lanes": lanes_of((2, 3)), "b": Buffer(memory.view(np.uint8), written=True), "x": np.uint32(1)}
    target = Target(BufferMemory(Atomic(U32), "b"), (), Atomic(U32))
    found = run(lambda emitter: places.atomic(emitter, "atomicAdd", target, ["x"]), names)
    assert isinstance(found, Affine) == (first == 5)
    assert (each(found, (2, 3)).ravel() == (np.arange(6) + first).astype(np.uint32)).all()
    assert memory[0] == (first + 6) % WORD
