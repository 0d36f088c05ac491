"""Integers that go up evenly with the lanes: whatever is done with them, they are the arrays that they stand for."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor.affine import Affine, affine, whole

WORD = 1 << 32
KINDS = (np.int32, np.uint32)
SHAPES = [(1, 5), (4, 1), (3, 4), (1, 1)]
EDGES = [0, 1, -1, 2, 7, 100, (1 << 31) - 1, 1 << 31, -(1 << 31), WORD - 1, 1 << 16, 0x10001]
NUMBERS = st.one_of(st.integers(-50, 50), st.sampled_from(EDGES), st.integers(-WORD, WORD))


def plain(base: int, row: int, column: int, shape: tuple[int, int], kind: type[np.generic]) -> Any:
    """What an Affine stands for, worked out without one."""
    r, c = np.meshgrid(np.arange(shape[0], dtype=object), np.arange(shape[1], dtype=object), indexing="ij")
    return ((base + row * r + column * c) % WORD).astype(np.uint32).view(kind)


@st.composite
def pairs(draw: st.DrawFn, count: int = 2) -> Any:
    """Leaves of one shape and kind, each with the array it stands for."""
    shape, kind = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(KINDS))
    found = []
    for _ in range(count):
        base, row, column = draw(NUMBERS), draw(NUMBERS), draw(NUMBERS)
        if draw(st.booleans()):
            row, column = draw(st.integers(-4, 4)), draw(st.integers(-4, 4))
        array = plain(base, row, column, shape, kind)
        how = draw(st.sampled_from(["affine", "affine", "scalar", "array"]))
        if how == "scalar":
            found.append((array[0, 0], np.broadcast_to(array[0, 0], shape)))
        elif how == "array":
            found.append((array, array))
        else:
            found.append((affine(base, row, column, shape=shape, kind=kind), array))
    return found


def same(leaf: Any, array: Any, shape: tuple[int, int]) -> None:
    assert isinstance(leaf, np.generic | Affine) or (isinstance(leaf, np.ndarray) and leaf.ndim == 2)
    found = whole(leaf)
    assert found.dtype == array.dtype
    assert np.array_equal(np.broadcast_to(found, shape), array)


ARITHMETIC = [operator.add, operator.sub, operator.mul]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@settings(max_examples=400, deadline=None)
@given(pairs(), st.sampled_from([*ARITHMETIC, *COMPARISONS]))
def test_operators_give_what_arrays_give(values: Any, operation: Any) -> None:
    (left, left_array), (right, right_array) = values
    with np.errstate(all="ignore"):
        same(operation(left, right), operation(left_array, right_array), left_array.shape)


@settings(max_examples=200, deadline=None)
@given(pairs(1), st.integers(0, 70))
def test_shifts_count_modulo_32_and_keep_the_type(values: Any, places: int) -> None:
    ((leaf, array),) = values
    if isinstance(leaf, Affine):
        wanted = (array.view(np.uint32) << np.uint32(places % 32)).view(array.dtype)
        same(leaf << np.uint32(places), wanted, array.shape)
        same(-leaf, np.subtract(array.dtype.type(0), array), array.shape)


@settings(max_examples=200, deadline=None)
@given(pairs(1), st.integers(-3, 40))
def test_quotients_remainders_and_minima_are_even_or_none(values: Any, by: int) -> None:
    ((leaf, array),) = values
    if not isinstance(leaf, Affine):
        return
    quotient, remainder = leaf.quotient(by), leaf.remainder(by)
    assert (quotient is None) == (remainder is None) or by <= 0
    if quotient is not None:
        same(quotient, array // array.dtype.type(by), array.shape)
    if remainder is not None:
        same(remainder, array % array.dtype.type(by), array.shape)
    if by >= 0:
        same(leaf.at_most(by), np.minimum(array, array.dtype.type(by)), array.shape)
    for kind in KINDS:
        same(leaf.converted(kind), array.view(kind), array.shape)


def test_what_stays_in_range_stays_three_numbers() -> None:
    lanes = affine(0, 0, 1, shape=(1, 100), kind=np.uint32)
    moved = (lanes + np.uint32(5)) * np.uint32(4) - np.uint32(20)
    assert isinstance(moved, Affine)
    assert (moved.base, moved.row, moved.column) == (0, 0, 4)
    assert isinstance(np.uint32(200) - lanes, Affine)
    assert isinstance(np.uint32(3) * lanes + lanes, Affine)


def test_what_leaves_the_range_is_wrapped() -> None:
    lanes = affine(0, 0, 1, shape=(1, 3), kind=np.uint32)
    assert np.array_equal(whole(lanes - np.uint32(1)), [[WORD - 1, 0, 1]])
    assert isinstance(lanes - np.uint32(1), np.ndarray)


def test_comparisons_that_hold_for_all_lanes_are_one_bool() -> None:
    lanes = affine(0, 0, 1, shape=(1, 100), kind=np.uint32)
    assert (lanes < np.uint32(100)) is np.True_
    assert (lanes >= np.uint32(100)) is np.False_
    assert (np.uint32(100) > lanes) is np.True_
    assert (lanes == lanes + np.uint32(1)) is np.False_
    assert isinstance(lanes < np.uint32(99), np.ndarray)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1)])
def test_what_is_the_same_for_all_lanes_is_a_scalar(shape: tuple[int, int]) -> None:
    rows, columns = shape[0] > 1, shape[1] > 1
    leaf = affine(7, int(not rows), int(not columns), shape=shape, kind=np.int32)
    assert isinstance(leaf, np.int32)
    assert leaf == 7
