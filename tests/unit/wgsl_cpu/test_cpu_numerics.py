"""Operators and functions of floats on the CPU, by the standard's table of accuracy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from number_values import FORMATS, crossed, floats, vector
from wgsl_accuracy import ARITIES, bound
from wgsl_expansions import run_binary, run_builtin
from wgsl_intervals import F32 as SINGLE
from wgsl_intervals import Format, Interval

from aikernel_web.compute.wgsl.executor.affine import affine
from aikernel_web.compute.wgsl.executor.extremes import greater_by_comparison, lesser, lesser_by_comparison
from aikernel_web.compute.wgsl.types import F16, F32, I32, Scalar, Vector

UNARY = [name for name, count in ARITIES.items() if count == 1]
SEVERAL = [name for name, count in ARITIES.items() if count > 1]
VECTORS = {"cross": 2, "distance": 2, "dot": 2, "length": 1, "normalize": 1, "reflect": 2}


def judge(found: Any, accepted: Interval, arguments: list[Any]) -> None:
    wrong = np.flatnonzero(~accepted.accepts(np.ravel(found)))
    shown = [([part.ravel()[at] for part in arguments], np.ravel(found)[at]) for at in wrong[:5]]
    assert not len(wrong), (shown, accepted.low[wrong[:5]], accepted.high[wrong[:5]])


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_float_is_as_exact_as_the_standard_asks(name: str, scalar: Scalar, form: Format) -> None:
    values = floats(form)
    found = run_builtin(name, [(scalar, values[None, :])])
    assert found.dtype == form.kind
    judge(found, bound(name, Interval.of(values, form)), [values])


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
@pytest.mark.parametrize("name", SEVERAL)
def test_a_function_of_several_floats_is_as_exact_as_the_standard_asks(name: str, scalar: Scalar, form: Format) -> None:
    random = np.random.default_rng(7)
    arguments = [random.choice(floats(form), (1, 6000)) for _ in range(ARITIES[name])]
    found = run_builtin(name, [(scalar, argument) for argument in arguments])
    assert found.dtype == form.kind
    judge(found, bound(name, *(Interval.of(part.ravel(), form) for part in arguments)), arguments)


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
@pytest.mark.parametrize("operator", "+-*/%")
def test_an_operator_on_floats_is_as_exact_as_the_standard_asks(operator: str, scalar: Scalar, form: Format) -> None:
    random = np.random.default_rng(8)
    left, right = (random.choice(floats(form), (1, 6000)) for _ in range(2))
    found = run_binary(operator, (scalar, left), (scalar, right))
    assert found.dtype == form.kind
    judge(found, bound(operator, Interval.of(left.ravel(), form), Interval.of(right.ravel(), form)), [left, right])


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
@pytest.mark.parametrize(("name", "width"), [pair for pair in product(VECTORS, (2, 3, 4)) if pair != ("cross", 2)])
def test_a_function_of_vectors_is_as_exact_as_the_standard_asks(
    name: str, width: int, scalar: Scalar, form: Format
) -> None:
    width = 3 if name == "cross" else width
    random = np.random.default_rng(width)
    parts = random.normal(0, 2, (VECTORS[name], width, 1, 500)).astype(form.kind)
    vectors = [(Vector(width, scalar), tuple(vector)) for vector in parts]
    found = run_builtin(name, vectors, scalar)
    bounds = bound(name, *(tuple(Interval.of(part.ravel(), form) for part in vector) for vector in parts))
    for leaf, accepted in zip(*((x if isinstance(x, tuple) else (x,)) for x in (found, bounds)), strict=True):
        assert leaf.dtype == form.kind
        judge(leaf, accepted, list(parts.reshape(-1, 500)))


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
def test_refract_bends_or_gives_zero_where_all_is_reflected(scalar: Scalar, form: Format) -> None:
    random = np.random.default_rng(3)
    parts = random.normal(0, 1, (2, 3, 1, 800)).astype(form.kind)
    ratio = random.uniform(0, 2, (1, 800)).astype(form.kind)
    kind = Vector(3, scalar)
    found = run_builtin("refract", [(kind, tuple(parts[0])), (kind, tuple(parts[1])), (scalar, ratio)])
    vectors = [tuple(Interval.of(part.ravel(), form) for part in vector) for vector in parts]
    assert any((leaf == 0).any() for leaf in found)
    for leaf, accepted in zip(found, bound("refract", *vectors, Interval.of(ratio.ravel(), form)), strict=True):
        judge(leaf, accepted, [ratio])


def test_face_forward_turns_where_the_product_is_not_negative() -> None:
    kind = Vector(2, F32)
    turned = run_builtin("faceForward", [(kind, part) for part in (vector(1, 2), vector(1, 0), vector(1, 0))])
    kept = run_builtin("faceForward", [(kind, part) for part in (vector(1, 2), vector(1, 0), vector(-1, 0))])
    assert turned == (-1, -2)
    assert kept == (1, 2)


def test_quantize_rounds_to_a_half_and_packs_no_denormal_away() -> None:
    values = floats(SINGLE)
    found = run_builtin("quantizeToF16", [(F32, values[None, :])])
    judge(found, bound("quantizeToF16", Interval.of(values)), [values])


@pytest.mark.parametrize(("scalar", "form"), FORMATS, ids=["f32", "f16"])
@pytest.mark.parametrize(
    ("work", "exact"), [(lesser_by_comparison, np.fmin), (greater_by_comparison, np.fmax), (lesser, np.fmin)]
)
def test_the_lesser_and_the_greater_of_nan_and_a_number_is_the_number(
    work: Callable[..., Any], exact: Callable[..., Any], scalar: Scalar, form: Format
) -> None:
    del scalar
    values = floats(form, 40)
    left, right = crossed(values, values)
    assert np.array_equal(work(left, right), exact(left, right), equal_nan=True)
    for one in values:
        for pair in ((left, one), (one, left), (one, values[3])):
            found, wanted = work(*pair), exact(*pair)
            assert type(found) is type(wanted)
            assert np.array_equal(found, wanted, equal_nan=True)


def test_round_goes_to_the_even_number_from_the_middle() -> None:
    values = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, -2.5]], np.float32)
    assert run_builtin("round", [(F32, values)]).tolist() == [[0, 2, 2, 0, -2, -2]]


@pytest.mark.parametrize(("scalar", "kind"), [(F32, np.float32), (F16, np.float16)], ids=str)
def test_ldexp_takes_any_exponent(scalar: Scalar, kind: type[np.generic]) -> None:
    powers = np.array([0, 1, -1, 15, 127, 128, -24, -149, -150, 300, -300, (1 << 31) - 1, -(1 << 31)], np.int32)
    values = np.array([1, 1.5, -0.75, 0], kind)
    left, right = crossed(values, powers)
    found = run_builtin("ldexp", [(scalar, left), (I32, right)])
    assert found.dtype == kind
    with np.errstate(all="ignore"):
        exact = np.ldexp(left.astype(np.float64), np.clip(right, -1000, 1000)).astype(kind)
    assert (found == exact).all()
    index = affine(0, 0, 1, shape=(1, 4), kind=np.int32)
    assert run_builtin("ldexp", [(F32, np.float32(1)), (I32, index)]).tolist() == [[1, 2, 4, 8]]


def test_frexp_parts_a_number_and_gives_special_ones_no_exponent() -> None:
    values = np.array([[1, -8, 0.3, 0, -0.0, np.inf, np.nan, 1e-45]], np.float32)
    fraction, exponent = run_builtin("frexp", [(F32, values)])
    assert exponent.dtype == np.int32
    assert exponent.tolist() == [[1, 4, -1, 0, 0, 0, 0, -148]]
    assert fraction[0, :5].tolist() == [0.5, -0.5, float(np.float32(0.6)), 0, 0]
    assert np.signbit(fraction[0, 4])
    one = run_builtin("frexp", [(F32, np.float32(8))])
    assert [type(part) for part in one] == [np.float32, np.int32]


def test_modf_parts_a_vector_into_two_vectors_with_its_signs() -> None:
    parts = run_builtin("modf", [(Vector(2, F32), vector(-1.25, 3.5))])
    assert parts == ((-0.25, 0.5), (-1, 3))


@given(st.integers(-149, 127), st.sampled_from([1.0, -1.0, 1.5]), st.floats(width=32))
def test_a_quotient_by_a_constant_is_that_by_any_other(power: int, factor: float, value: float) -> None:
    divisor, dividend = np.float32(factor * 2.0**power), np.float32(value)
    found = run_binary("/", (F32, dividend), (F32, divisor), constant=True)
    with np.errstate(all="ignore"):
        assert np.array_equal(found, dividend / divisor, equal_nan=True)
    assert type(found) is np.float32


@pytest.mark.parametrize("name", ARITIES)
@pytest.mark.parametrize(("scalar", "kind"), [(F32, np.float32), (F16, np.float16)], ids=str)
def test_what_all_lanes_share_stays_a_numpy_scalar(name: str, scalar: Scalar, kind: Callable[..., Any]) -> None:
    arguments = [(scalar, kind(0.25 * (at + 1))) for at in range(ARITIES[name])]
    assert type(run_builtin(name, arguments)) is kind
