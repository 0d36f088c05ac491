"""Subgroup and quad functions on the CPU, against loops over the lanes of each subgroup."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from wgsl_expansions import run_builtin

from aikernel_web.compute.wgsl.executor.affine import affine, whole
from aikernel_web.compute.wgsl.executor.lanes import Geometry, Lanes
from aikernel_web.compute.wgsl.types import BOOL, F32, I32, U32, Scalar, Type

SHAPES = [(3, 8, 4), (2, 6, 4), (2, 1, 4), (2, 20, 16), (1, 100, 64)]
"""Workgroups, invocations of each, and the size of a subgroup."""
KINDS: dict[Scalar, Any] = {F32: np.float32, I32: np.int32, U32: np.uint32}
Subgroup = list[int]


def lanes_of(rows: int, columns: int, size: int) -> Lanes:
    return Geometry((rows, 1, 1), (columns, 1, 1), size).workgroups(0, rows)


def masks_of(rows: int, columns: int) -> list[Any]:
    random = np.random.default_rng(rows * columns)
    return [
        True,
        random.random((rows, columns)) < 0.6,
        random.random((1, columns)) < 0.6,
        random.random((rows, 1)) < 0.6,
    ]


def values_of(rows: int, columns: int, scalar: Scalar) -> list[Any]:
    random = np.random.default_rng(columns)
    kind = KINDS[scalar]
    # Small whole numbers, of which sums of f32 are exact in any order.
    full = random.integers(0 if scalar == U32 else -9, 10, (rows, columns)).astype(kind)
    made = [full, full[:1], full[:, :1], full[0, 0]]
    return made if scalar == F32 else [*made, affine(1, columns, 1, shape=(rows, columns), kind=kind)]


def subgroups(rows: int, columns: int, size: int, mask: Any) -> list[tuple[int, Subgroup, Subgroup]]:
    """For each subgroup its row, its columns, and those that are active."""
    active = np.broadcast_to(np.asarray(mask), (rows, columns))
    runs = [list(range(first, min(first + size, columns))) for first in range(0, columns, size)]
    return [(row, run, [at for at in run if active[row, at]]) for row in range(rows) for run in runs]


def check(
    name: str, scalar: Scalar, expected: Callable[[Any, int, Subgroup, Subgroup], Any], *, rest: Any = ()
) -> None:
    """``expected(numbers of a row, lane, columns, active columns)`` is compared with what every active lane has."""
    for rows, columns, size in SHAPES:
        lanes = lanes_of(rows, columns, size)
        for mask in masks_of(rows, columns):
            for value in values_of(rows, columns, scalar):
                found = run_builtin(name, [(scalar, value), *rest], lanes=lanes, mask=mask)
                assert found.dtype == KINDS[scalar]
                full = np.broadcast_to(whole(value), (rows, columns))
                spread = np.broadcast_to(found, (rows, columns))
                for row, run, active in subgroups(rows, columns, size, mask):
                    for lane in active:
                        wanted = expected(full[row], lane, run, active)
                        assert wanted is None or spread[row, lane] == wanted, (name, rows, columns, size, row, lane)


def folded(work: Any, numbers: Any, lanes: Subgroup, start: Any = None) -> Any:
    with np.errstate(all="ignore"):
        total = start
        for lane in lanes:
            total = numbers[lane] if total is None else work(total, numbers[lane])
        return total


ARITHMETIC = {"Add": np.add, "Max": np.maximum, "Min": np.minimum, "Mul": np.multiply}
BITS = {"And": np.bitwise_and, "Or": np.bitwise_or, "Xor": np.bitwise_xor}


# Products of f32 are rounded.
REDUCTIONS = [*product(("Add", "Max", "Min"), KINDS), *product(("Mul", *BITS), (I32, U32))]


@pytest.mark.parametrize(("name", "scalar"), REDUCTIONS, ids=str)
def test_a_reduction_has_all_active_lanes(name: str, scalar: Scalar) -> None:
    work = {**ARITHMETIC, **BITS}[name]
    check(f"subgroup{name}", scalar, lambda numbers, _lane, _run, active: folded(work, numbers, active))


@pytest.mark.parametrize("scalar", KINDS, ids=str)
@pytest.mark.parametrize("way", ["Inclusive", "Exclusive"])
def test_a_running_sum_has_the_active_lanes_before(way: str, scalar: Scalar) -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del run
        before = [at for at in active if at < lane or (at == lane and way == "Inclusive")]
        return folded(np.add, numbers, before, KINDS[scalar](0))

    check(f"subgroup{way}Add", scalar, expected)


@pytest.mark.parametrize("way", ["Inclusive", "Exclusive"])
def test_a_running_product_has_the_active_lanes_before(way: str) -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del run
        before = [at for at in active if at < lane or (at == lane and way == "Inclusive")]
        return folded(np.multiply, numbers, before, np.uint32(1))

    check(f"subgroup{way}Mul", U32, expected)


def test_floats_are_added_in_pairs_of_neighbours() -> None:
    large = np.array([[1e8, 1, -1e8, 1]], np.float32)
    lanes = lanes_of(1, 4, 4)
    assert run_builtin("subgroupAdd", [(F32, large)], lanes=lanes) == (large[0, 0] + 1) + (large[0, 2] + 1)
    sums = run_builtin("subgroupInclusiveAdd", [(F32, large)], lanes=lanes)[0]
    assert sums[3] == (large[0, 0] + 1) + (large[0, 2] + 1)
    assert sums[2] == (large[0, 2] + 1) + large[0, 0]


def test_zero_keeps_its_sign_where_nothing_is_added_to_it() -> None:
    zeros = np.array([[-0.0, 5, 6, 7]], np.float32)
    alone = np.array([[True, False, False, False]])
    found = run_builtin("subgroupAdd", [(F32, zeros)], lanes=lanes_of(1, 4, 4), mask=alone)
    assert np.signbit(found[0, 0])


@pytest.mark.parametrize("name", ["subgroupBroadcast", "subgroupShuffle"])
def test_a_lane_gets_the_value_of_one_by_its_number(name: str) -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del lane, active
        return numbers[run[2]] if len(run) > 2 else None

    check(name, F32, expected, rest=[(U32, np.uint32(2))])
    check(name, I32, expected, rest=[(I32, np.int32(2))])


def test_the_first_active_lane_is_elected_and_broadcast() -> None:
    check("subgroupBroadcastFirst", U32, lambda numbers, _lane, _run, active: numbers[active[0]])
    for rows, columns, size in SHAPES:
        for mask in masks_of(rows, columns):
            found = run_builtin("subgroupElect", [], BOOL, lanes=lanes_of(rows, columns, size), mask=mask)
            spread = np.broadcast_to(found, (rows, columns))
            for row, _, active in subgroups(rows, columns, size, mask):
                assert [lane for lane in active if spread[row, lane]] == active[:1]


@pytest.mark.parametrize(("name", "sign"), [("subgroupShuffleUp", -1), ("subgroupShuffleDown", 1)])
def test_a_lane_gets_the_value_of_one_some_places_away(name: str, sign: int) -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del active
        return numbers[lane + sign * 2] if lane + sign * 2 in run else None

    check(name, I32, expected, rest=[(U32, np.uint32(2))])


def test_a_lane_gets_the_value_of_one_with_other_bits() -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del active
        other = run[0] + ((lane - run[0]) ^ 3)
        return numbers[other] if other in run else None

    check("subgroupShuffleXor", U32, expected, rest=[(U32, np.uint32(3))])
    check("quadSwapDiagonal", U32, expected)


def test_each_lane_may_name_another() -> None:
    lanes = lanes_of(2, 8, 4)
    numbers = np.arange(16, dtype=np.float32).reshape(2, 8)
    wanted = np.array([[3, 2, 1, 0, 1, 1, 2, 2]], np.uint32)
    found = run_builtin("subgroupShuffle", [(F32, numbers), (U32, wanted)], lanes=lanes)
    assert found.tolist() == [[3, 2, 1, 0, 5, 5, 6, 6], [11, 10, 9, 8, 13, 13, 14, 14]]


@pytest.mark.parametrize(("name", "bits"), [("quadSwapX", 1), ("quadSwapY", 2)])
def test_lanes_of_a_quad_swap(name: str, bits: int) -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del active
        other = run[0] + ((lane - run[0]) ^ bits)
        return numbers[other] if other in run else None

    check(name, F32, expected)


def test_a_quad_has_the_value_of_one_of_its_lanes() -> None:
    def expected(numbers: Any, lane: int, run: Subgroup, active: Subgroup) -> Any:
        del active
        other = run[0] + (lane - run[0]) // 4 * 4 + 1
        return numbers[other] if other in run else None

    check("quadBroadcast", F32, expected, rest=[(U32, np.uint32(1))])


@pytest.mark.parametrize(("name", "work"), [("subgroupAll", all), ("subgroupAny", any)])
def test_truths_of_active_lanes_are_joined(name: str, work: Callable[[Any], bool]) -> None:
    for rows, columns, size in SHAPES:
        truths = np.random.default_rng(rows).random((rows, columns)) < 0.5
        for mask in masks_of(rows, columns):
            found = run_builtin(name, [(BOOL, truths)], lanes=lanes_of(rows, columns, size), mask=mask)
            spread = np.broadcast_to(found, (rows, columns))
            assert found.dtype == np.bool_
            for row, _, active in subgroups(rows, columns, size, mask):
                for lane in active:
                    assert spread[row, lane] == work(truths[row, at] for at in active)


def test_a_ballot_has_a_bit_for_each_lane_that_holds_true() -> None:
    for rows, columns, size in SHAPES:
        truths = np.random.default_rng(rows).random((rows, columns)) < 0.5
        for mask in masks_of(rows, columns):
            kind: Type = BOOL
            found = run_builtin("subgroupBallot", [(kind, truths)], lanes=lanes_of(rows, columns, size), mask=mask)
            words: list[NDArray[Any]] = [np.broadcast_to(word, (rows, columns)) for word in found]
            assert {word.dtype.type for word in words} == {np.uint32}
            for row, run, active in subgroups(rows, columns, size, mask):
                wanted = sum(1 << (at - run[0]) for at in active if truths[row, at])
                for lane in active:
                    assert sum(int(word[row, lane]) << 32 * at for at, word in enumerate(words)) == wanted
