"""Operators and functions of integers on the CPU: exact, with a result for every operand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from number_values import crossed, integers
from wgsl_expansions import run_binary, run_builtin, run_unary

from aikernel_web.compute.wgsl.executor.affine import affine
from aikernel_web.compute.wgsl.types import BOOL, I32, U32, Scalar


@pytest.mark.parametrize("operator", ["/", "%"])
@pytest.mark.parametrize("constant", [False, True], ids=["dynamic", "constant"])
@pytest.mark.parametrize(("scalar", "kind"), [(I32, np.int32), (U32, np.uint32)], ids=str)
def test_integer_division_has_a_result_for_every_operand(
    operator: str, constant: bool, scalar: Scalar, kind: type[np.generic]
) -> None:
    numbers = integers(kind)
    if constant:
        rows = [run_binary(operator, (scalar, numbers[None, :]), (scalar, by), constant=True) for by in numbers]
        found = np.concatenate(rows)
        left, right = np.meshgrid(numbers, numbers)
    else:
        left, right = crossed(numbers, numbers)
        found = run_binary(operator, (scalar, left), (scalar, right))
    assert found.dtype == kind
    pairs = zip(left.ravel(), right.ravel(), strict=True)
    assert found.ravel().tolist() == [_integer(operator, int(a), int(b)) for a, b in pairs]


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(-(1 << 31), (1 << 31) - 1))
def test_integer_division_of_what_all_lanes_share_is_that_of_arrays(a: int, b: int) -> None:
    left, right = np.int32(a), np.int32(b)
    for operator in "/%":
        alone = run_binary(operator, (I32, left), (I32, right))
        mixed = run_binary(operator, (I32, left), (I32, np.array([[right, 5]], np.int32)))
        assert type(alone) is np.int32
        assert alone == mixed[0, 0] == _integer(operator, a, b)


def test_an_affine_index_stays_one_where_the_result_is_even() -> None:
    index = affine(0, 64, 1, shape=(4, 64), kind=np.uint32)
    whole = np.arange(256, dtype=np.uint32).reshape(4, 64)
    for operator, number in product(("/", "%", "*", "+", "-", "&", "|", "^", ">>", "<<"), (1, 2, 3, 64, 31)):
        by = np.uint32(number)
        found = run_binary(operator, (U32, index), (U32, by), constant=True)
        shift = by & 31
        expected = {
            "/": whole // by, "%": whole % by, "*": whole * by, "+": whole + by, "&": whole & by, "|": whole | by,
            "^": whole ^ by, "-": whole - by, ">>": whole >> shift, "<<": whole << shift,
        }[operator]  # fmt: skip
        array = found.array() if hasattr(found, "array") else found
        assert array.dtype == np.uint32
        assert (np.broadcast_to(array, (4, 64)) == expected).all(), (operator, by)


@pytest.mark.parametrize(("scalar", "kind"), [(I32, np.int32), (U32, np.uint32)], ids=str)
@pytest.mark.parametrize("operator", ["<<", ">>"])
def test_shifts_count_places_modulo_32(operator: str, scalar: Scalar, kind: type[np.generic]) -> None:
    numbers, places = integers(kind), np.array([0, 1, 5, 31, 32, 33, 0xFFFFFFFF], np.uint32)
    left, right = crossed(numbers, places)
    found = run_binary(operator, (scalar, left), (U32, right))
    work = np.left_shift if operator == "<<" else np.right_shift
    assert found.dtype == kind
    assert (found == work(left, (right % 32).astype(kind))).all()
    shared = run_binary(operator, (scalar, left), (U32, np.uint32(33)), constant=True)
    assert (shared == work(left, kind(1))).all()  # type: ignore[call-arg]
    assert type(run_binary(operator, (scalar, kind(6)), (U32, np.uint32(1)))) is kind  # type: ignore[call-arg]


def test_integers_wrap_around_and_comparisons_are_truths() -> None:
    top = np.int32((1 << 31) - 1)
    with np.errstate(all="ignore"):
        assert run_binary("+", (I32, top), (I32, np.int32(1))) == -(1 << 31)
    assert run_unary("-", (I32, np.int32(-(1 << 31)))) == -(1 << 31)
    assert run_binary("-", (U32, np.uint32(0)), (U32, np.uint32(1))) == 0xFFFFFFFF
    assert type(run_binary("<", (U32, np.uint32(0)), (U32, np.uint32(1)))) is np.bool_
    assert run_unary("!", (BOOL, np.True_)) is not True
    assert type(run_unary("!", (BOOL, np.True_))) is np.bool_
    assert run_binary("&&", (BOOL, np.True_), (BOOL, np.False_)) == np.False_
    assert run_unary("~", (U32, np.uint32(0))) == 0xFFFFFFFF


@pytest.mark.parametrize(("scalar", "kind"), [(I32, np.int32), (U32, np.uint32)], ids=str)
def test_integers_are_compared_and_clamped(scalar: Scalar, kind: type[np.generic]) -> None:
    left, right = crossed(integers(kind), integers(kind))
    for name, work in (("min", np.minimum), ("max", np.maximum)):
        assert (run_builtin(name, [(scalar, left), (scalar, right)]) == work(left, right)).all()
    low, high = np.minimum(left, right), np.maximum(left, right)
    found = run_builtin("clamp", [(scalar, left), (scalar, right), (scalar, high)])
    assert (found == np.minimum(np.maximum(left, right), high)).all()
    with np.errstate(all="ignore"):
        assert (run_builtin("abs", [(scalar, low)]) == np.abs(low)).all()
    assert type(run_builtin("min", [(scalar, kind(1)), (scalar, kind(2))])) is kind  # type: ignore[call-arg]


def test_an_affine_is_compared_and_clamped_without_an_array_where_it_can() -> None:
    index = affine(3, 0, 1, shape=(1, 8), kind=np.uint32)
    assert run_builtin("min", [(U32, index), (U32, np.uint32(100))]) is index
    assert run_builtin("max", [(U32, index), (U32, np.uint32(3))]) is index
    assert run_builtin("clamp", [(U32, index), (U32, np.uint32(4)), (U32, np.uint32(6))]).tolist() == [
        [4, 4, 5, 6, 6, 6, 6, 6]
    ]
    signed = affine(-2, 0, 1, shape=(1, 4), kind=np.int32)
    assert run_builtin("abs", [(I32, signed)]).tolist() == [[2, 1, 0, 1]]
    assert run_builtin("sign", [(I32, signed)]).tolist() == [[-1, -1, 0, 1]]


def _integer(operator: str, a: int, b: int) -> int:
    if b == 0:
        return a if operator == "/" else 0
    if (a, b) == (-(1 << 31), -1):
        return a if operator == "/" else 0
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator == "/" else a - quotient * b
