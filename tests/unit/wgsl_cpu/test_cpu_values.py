"""Constructors, conversions, matrices, choices and constants on the CPU."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from number_values import vector
from numpy.typing import NDArray
from wgsl_expansions import SPAN, run_binary, run_builtin, run_construct, written

from aikernel_web.compute.wgsl.executor.affine import affine
from aikernel_web.compute.wgsl.executor.builtins import EXPANDERS
from aikernel_web.compute.wgsl.executor.emitter import Emitter
from aikernel_web.compute.wgsl.executor.literals import literal, zero
from aikernel_web.compute.wgsl.executor.operators import binary
from aikernel_web.compute.wgsl.source import Source
from aikernel_web.compute.wgsl.typed.signatures_numeric import NUMERIC
from aikernel_web.compute.wgsl.typed.tree import Binary, Local, LocalValue
from aikernel_web.compute.wgsl.types import BOOL, F16, F32, I32, U32, Array, Matrix, Scalar, Vector


@pytest.mark.parametrize(("source", "found"), [
    (np.nan, (-(1 << 31), 0)), (1e20, (2147483520, 4294967040)), (-1e20, (-(1 << 31), 0)), (-3.9, (-3, 0)),
    (2.9, (2, 2)), (np.inf, (2147483520, 4294967040)), (4e9, (2147483520, 4000000000)), (-0.5, (0, 0)),
])  # fmt: skip
def test_floats_become_integers_toward_zero_within_what_both_types_have(source: float, found: tuple[int, int]) -> None:
    for leaf in (np.float32(source), np.array([[source]], np.float32)):
        signed, unsigned = run_construct(I32, (F32, leaf)), run_construct(U32, (F32, leaf))
        assert (signed.dtype, unsigned.dtype) == (np.int32, np.uint32)
        assert (int(signed.item()), int(unsigned.item())) == found


CONVERSIONS = [pair for pair in product((BOOL, I32, U32, F32, F16), repeat=2) if pair[0] != pair[1]]
KINDS = {BOOL: np.bool_, I32: np.int32, U32: np.uint32, F32: np.float32, F16: np.float16}


@pytest.mark.parametrize(("source", "target"), CONVERSIONS, ids=str)
def test_conversions_keep_exact_types_of_scalars_and_arrays(source: Scalar, target: Scalar) -> None:
    one = KINDS[source](1)
    assert type(run_construct(target, (source, one))) is KINDS[target]
    array = run_construct(target, (source, np.array([[0, 1]], KINDS[source])))
    assert array.dtype == KINDS[target]
    assert array.tolist() == [[0, 1]]
    (first, second) = run_construct(Vector(2, target), (Vector(2, source), (one, one)))
    assert first == second == KINDS[target](1)


def test_an_affine_is_converted_without_an_array_between_integers() -> None:
    index = affine(5, 0, 1, shape=(1, 8), kind=np.uint32)
    assert run_construct(I32, (U32, index)).kind is np.int32
    assert run_builtin("bitcast", [(U32, index)], I32).kind is np.int32
    assert run_construct(F32, (U32, index)).tolist() == [[5, 6, 7, 8, 9, 10, 11, 12]]
    assert run_construct(BOOL, (U32, index)) == np.True_


def test_vectors_and_matrices_are_made_of_parts() -> None:
    assert run_construct(Vector(3, F32), (F32, np.float32(2))) == (2, 2, 2)
    pair = Vector(2, F32), vector(2, 3)
    assert run_construct(Vector(4, F32), (F32, np.float32(1)), pair, (F32, np.float32(4))) == (1, 2, 3, 4)
    square = Matrix(2, 2, F32)
    assert run_construct(square, *((F32, np.float32(n)) for n in range(4))) == ((0, 1), (2, 3))
    assert run_construct(square, (Vector(2, F32), vector(0, 1)), (Vector(2, F32), vector(2, 3))) == ((0, 1), (2, 3))
    halves = run_construct(Matrix(2, 2, F16), (square, (vector(0, 1), vector(2, 3))))
    assert halves == ((0, 1), (2, 3))
    assert type(halves[0][0]) is np.float16
    assert run_construct(square) == ((0, 0), (0, 0))


def test_an_array_is_made_of_elements_side_by_side() -> None:
    kind = Array(F32, 2)
    made = run_construct(kind, (F32, np.float32(1)), (F32, np.ones((3, 4), np.float32)))
    assert made.shape == (2, 3, 4)
    nested = run_construct(Array(kind, 2), (kind, made), (kind, np.zeros((2, 1, 1), np.float32)))
    assert nested.shape == (2, 2, 3, 4)
    pairs = run_construct(Array(Vector(2, F32), 1), (Vector(2, F32), vector(1, 2)))
    assert [part.shape for part in pairs] == [(1, 1, 1)] * 2


def test_matrices_multiply_as_linear_algebra_does() -> None:
    random = np.random.default_rng(2)
    a, b = random.normal(size=(3, 2)).astype(np.float32), random.normal(size=(4, 3)).astype(np.float32)
    v, w = random.normal(size=3).astype(np.float32), random.normal(size=2).astype(np.float32)
    # By columns: a has three of two rows, b four of three.
    left, right = (Matrix(3, 2, F32), _matrix(a)), (Matrix(4, 3, F32), _matrix(b))
    assert np.allclose(run_binary("*", left, right), b @ a)
    assert np.allclose(run_binary("*", left, (Vector(3, F32), tuple(v))), v @ a)
    assert np.allclose(run_binary("*", (Vector(2, F32), tuple(w)), left), a @ w)
    assert np.allclose(run_binary("*", left, (F32, np.float32(2))), a * 2)
    assert np.allclose(run_binary("*", (F32, np.float32(2)), left), a * 2)
    assert np.allclose(run_binary("-", left, left), a * 0)
    assert np.allclose(run_builtin("transpose", [left]), a.T)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_determinant_is_that_of_numpy(size: int) -> None:
    matrix = np.random.default_rng(size).normal(size=(size, size)).astype(np.float32)
    found = run_builtin("determinant", [(Matrix(size, size, F32), _matrix(matrix))], F32)
    assert found == pytest.approx(np.linalg.det(matrix.astype(np.float64)), rel=1e-4)


def test_select_chooses_by_lanes_and_by_components() -> None:
    condition = np.array([[True, False, True]])
    one, two = np.float32(1), np.array([[5, np.nan, -0.0]], np.float32)
    assert run_builtin("select", [(F32, one), (F32, two), (BOOL, condition)]).tolist()[0][:2] == [5, 1]
    for kind in (np.int32, np.uint32, np.float16, np.bool_):
        chosen = run_builtin("select", [(F32, kind(0)), (F32, kind(1)), (BOOL, condition)])
        assert chosen.dtype == kind
        assert chosen.tolist() == [[1, 0, 1]]
    pairs = ((F32, vector(1, 2)), (F32, vector(3, 4)), (BOOL, (np.True_, np.False_)))
    vectors = [(Vector(2, scalar), parts) for scalar, parts in pairs]
    assert run_builtin("select", vectors) == (3, 2)
    index = affine(0, 0, 1, shape=(1, 3), kind=np.uint32)
    assert run_builtin("select", [(U32, np.uint32(9)), (U32, index), (BOOL, condition)]).tolist() == [[0, 9, 2]]
    assert run_builtin("all", [(Vector(2, BOOL), (np.True_, np.False_))], BOOL) == np.False_
    assert run_builtin("any", [(Vector(2, BOOL), (np.True_, np.False_))], BOOL) == np.True_


@pytest.mark.parametrize(("operator", "scalar"), [*product("+-*<", (F32, U32)), ("/", F32)])
def test_what_numpy_does_as_wgsl_says_is_written_as_an_operator(operator: str, scalar: Scalar) -> None:
    local = LocalValue(SPAN, scalar, Local("x", SPAN, scalar, "let"))
    node = Binary(SPAN, scalar, operator, local, local)
    lines = written(lambda emitter, atoms: binary(emitter, node, *atoms), [(scalar, 1), (scalar, 2)])
    assert lines == [f"t1 = a0 {operator} a1"]


def test_constants_are_numpy_scalars_and_arrays_of_leading_dimensions() -> None:
    emitter = Emitter(Source(""))
    objects = emitter.objects
    one, other = literal(emitter, F32, -0.0), literal(emitter, F32, 0.0)
    assert one != other
    assert np.signbit(objects[str(one)])
    assert literal(emitter, Vector(2, F32), (1.0, 1.0)) == (literal(emitter, F32, 1.0),) * 2
    table = literal(emitter, Array(Vector(2, I32), 3), ((1, 2), (3, 4), (5, 6)))
    first, second = (objects[str(part)] for part in table)
    assert (first[:, 0, 0].tolist(), second[:, 0, 0].tolist()) == ([1, 3, 5], [2, 4, 6])
    assert first.shape == (3, 1, 1)
    nested = objects[str(zero(emitter, Array(Array(U32, 3), 2)))]
    assert (nested.shape, nested.dtype) == ((2, 3, 1, 1), np.uint32)


def test_every_function_of_values_has_code_but_those_of_fragments() -> None:
    wanted = {name for name in NUMERIC if not name.startswith(("dpd", "fwidth"))} | {"bitcast"}
    assert set(EXPANDERS) == wanted


def _matrix(columns: NDArray[Any]) -> tuple[tuple[np.generic, ...], ...]:
    return tuple(tuple(column) for column in columns)
