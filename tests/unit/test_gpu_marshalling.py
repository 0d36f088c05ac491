"""NumPy's values as WGSL has them in memory: every layout there and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.compute.arrays.layouts import Layout, element_dtype, layout_of
from aikernel_web.compute.arrays.marshalling import Misfit, array_of, bytes_of, decode, encode, fit
from aikernel_web.compute.arrays.packing import packer_of
from aikernel_web.compute.wgsl.layout import align_of, round_up, size_of
from aikernel_web.compute.wgsl.types import (
    F16,
    F32,
    I32,
    U32,
    Array,
    Atomic,
    Matrix,
    Struct,
    StructMember,
    Type,
    Vector,
)

DTYPES = {"f32": "f4", "f16": "f2", "i32": "i4", "u32": "u4"}
SCALARS = st.sampled_from([F32, F16, I32, U32])


def struct(*kinds: Type, name: str = "S") -> Struct:
    """Return a structure whose members stand as WGSL has them (section 14.4.1)."""
    members, end = [], 0
    for number, kind in enumerate(kinds):
        offset = round_up(align_of(kind), end)
        members.append(StructMember(f"m{number}", kind, offset, align_of(kind), size_of(kind)))
        end = offset + size_of(kind)
    return Struct(name, tuple(members))


def leaves() -> st.SearchStrategy[Type]:
    floats = st.sampled_from([F32, F16])
    return st.one_of(
        SCALARS,
        st.builds(Atomic, st.sampled_from([I32, U32])),
        st.builds(Vector, st.integers(2, 4), SCALARS),
        st.builds(Matrix, st.integers(2, 4), st.integers(2, 4), floats),
    )


TYPES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(Array, inner, st.integers(1, 4)),
        st.lists(inner, min_size=1, max_size=4).map(lambda kinds: struct(*kinds)),
    ),
    max_leaves=6,
)


def host_type(kind: Type) -> tuple[Any, tuple[int, ...]]:
    """Return the packed dtype and the shape that NumPy has for a type."""
    match kind:
        case Array(element, count):
            dtype, shape = host_type(element)
            return dtype, (int(str(count)), *shape)
        case Vector(width, component):
            return DTYPES[component.name], (width,)
        case Matrix(columns, rows, component):
            return DTYPES[component.name], (columns, rows)
        case Atomic(component):
            return DTYPES[component.name], ()
        case Struct(members=members):
            return np.dtype([(member.name, *host_type(member.type)) for member in members]), ()
    return DTYPES[str(kind)], ()


def filled(dtype: np.dtype[Any], shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return an array of bytes that differ from each other."""
    count = math.prod(shape) * dtype.itemsize
    return np.random.default_rng(seed).integers(0, 120, count).astype(np.uint8).view(dtype).reshape(shape)


@given(TYPES, st.integers(0, 5), st.integers(0, 1000))
def test_what_is_encoded_is_decoded_to_the_same_bytes(kind: Type, count: int, seed: int) -> None:
    dtype, inner = host_type(kind)
    array = filled(np.dtype(dtype), (count, *inner), seed)
    fitted = fit(layout_of(Array(kind, None)), array.dtype, array.shape)
    raw = encode(fitted.layout, array, fitted.nbytes)
    assert raw.size % 4 == 0
    assert 0 <= raw.size - fitted.nbytes < 4
    back = np.zeros_like(array)
    decode(fitted.layout, raw, back)
    assert back.tobytes() == array.tobytes()
    if fitted.exact:
        assert bytes_of(array).tobytes() == raw.tobytes()


@given(TYPES, st.integers(1, 4), st.integers(0, 1000))
def test_every_number_stands_where_wgsl_has_it(kind: Type, count: int, seed: int) -> None:
    whole = Array(kind, count)
    dtype, inner = host_type(whole)
    array = filled(np.dtype(dtype), inner, seed)
    fitted = fit(layout_of(whole), array.dtype, array.shape)
    raw = encode(fitted.layout, array, fitted.nbytes).tobytes()
    seen: list[tuple[int, bytes]] = []
    walk(whole, array, 0, seen)
    for offset, number in seen:
        assert raw[offset : offset + len(number)] == number
    assert fitted.nbytes == size_of(whole)
    # What is not a number is zero.
    places = {offset + i for offset, number in seen for i in range(len(number))}
    assert not any(byte for place, byte in enumerate(raw) if place not in places)


def walk(kind: Type, value: Any, offset: int, seen: list[tuple[int, bytes]]) -> None:
    """Note each number with the offset that the specification gives it, one at a time."""
    match kind:
        case Struct(members=members):
            for member in members:
                walk(member.type, value[member.name], offset + member.offset, seen)
        case Array(element, count):
            stride = round_up(align_of(element), size_of(element))
            for index in range(int(str(count))):
                walk(element, value[index], offset + index * stride, seen)
        case Matrix(columns):
            for index in range(columns):
                walk(kind.column, value[index], offset + index * align_of(kind.column), seen)
        case Vector(width, component):
            for index in range(width):
                walk(component, value[index], offset + index * size_of(component), seen)
        case _:
            seen.append((offset, np.asarray(value).tobytes()))


@given(TYPES, st.integers(0, 1000))
def test_an_array_of_the_kernels_own_dtype_is_converted_to_itself(kind: Type, seed: int) -> None:
    layout = layout_of(Array(kind, 3))
    dtype = element_dtype(layout)
    array = filled(dtype, layout.shape, seed)
    fitted = fit(layout, array.dtype, array.shape)
    back = np.zeros_like(array)
    decode(fitted.layout, encode(fitted.layout, array, fitted.nbytes), back)
    np.testing.assert_equal(back, array)


@given(TYPES, st.integers(0, 1000))
def test_plain_values_become_the_array_that_they_are(kind: Type, seed: int) -> None:
    dtype, shape = host_type(kind)
    array = filled(np.dtype(dtype), shape, seed)
    given_, layout = plain(kind, array), layout_of(kind)
    made = array_of(layout, given_)
    fitted, expected = fit(layout, made.dtype, made.shape), fit(layout, array.dtype, array.shape)
    assert (
        encode(fitted.layout, made, fitted.nbytes).tobytes()
        == encode(expected.layout, array, expected.nbytes).tobytes()
    )
    pack = packer_of(layout)
    if pack is not None:
        assert pack(given_) == encode(expected.layout, array, expected.nbytes).tobytes()


@given(TYPES, st.integers(0, 1000), st.booleans())
def test_arrays_among_plain_values_are_taken_as_such(kind: Type, seed: int, packed: bool) -> None:
    members, layout = Array(kind, 3), layout_of(struct(U32, Array(kind, 3)))
    own = layout_of(members)
    dtype, shape = host_type(members) if packed else (element_dtype(own), own.shape)
    array = filled(np.dtype(dtype), shape, seed)
    made, expected = (array_of(layout, {"m0": 7, "m1": value}) for value in (array, plain(members, array)))
    fitted = fit(layout, made.dtype, made.shape)
    assert (
        encode(fitted.layout, made, fitted.nbytes).tobytes()
        == encode(fit(layout, expected.dtype, expected.shape).layout, expected, fitted.nbytes).tobytes()
    )


def plain(kind: Type, value: Any) -> Any:
    """Return an array as Python's numbers, tuples and dicts."""
    match kind:
        case Struct(members=members):
            return {member.name: plain(member.type, value[member.name]) for member in members}
        case Array(element, count):
            return [plain(element, value[index]) for index in range(int(str(count)))]
    return np.asarray(value).tolist()


@pytest.mark.parametrize(
    ("kind", "dtype", "shape", "exact"),
    [
        (Array(F32, None), "f4", (3, 5), True),
        (Array(Vector(2, F32), None), "f4", (7, 2), True),
        (Array(Vector(2, F32), None), "c8", (7,), True),
        (Array(Vector(3, F32), None), "f4", (7, 3), False),
        (Array(Vector(4, F32), None), "f4", (28,), True),
        (Array(Vector(4, F32), None), "f4", (2, 3, 4), True),
        (Array(Matrix(3, 3, F32), None), "f4", (2, 3, 3), False),
        (Array(Matrix(3, 4, F32), None), "f4", (2, 3, 4), True),
        (Array(F16, None), "f2", (5,), True),
        (Vector(3, F32), "f4", (3,), True),
        (Atomic(U32), "u4", (), True),
        (Atomic(U32), "u4", (1,), True),
    ],
)
def test_conversion_is_for_what_needs_it(kind: Type, dtype: str, shape: tuple[int, ...], exact: bool) -> None:
    assert fit(layout_of(kind), np.dtype(dtype), shape).exact is exact


def misfit_of(layout: Layout, dtype: Any, shape: tuple[int, ...]) -> str:
    with pytest.raises(Misfit) as raised:
        fit(layout, np.dtype(dtype), shape)
    return raised.value.code


@pytest.mark.parametrize(
    ("kind", "dtype", "shape", "code"),
    [
        (Array(F32, None), "f8", (3,), "WEBGPU_BINDING_DTYPE"),
        (Array(F32, None), ">f4", (3,), "WEBGPU_BINDING_DTYPE"),
        (Array(U32, None), "i4", (3,), "WEBGPU_BINDING_DTYPE"),
        (Array(F32, None), "c8", (3,), "WEBGPU_BINDING_DTYPE"),
        (Array(Vector(4, F32), None), "f4", (4, 3), "WEBGPU_BINDING_SHAPE"),
        (Array(Vector(4, F32), None), "f4", (6,), "WEBGPU_BINDING_SHAPE"),
        (Array(F32, 8), "f4", (7,), "WEBGPU_BINDING_SIZE"),
        (F32, "f4", (2,), "WEBGPU_BINDING_SHAPE"),
        (struct(F32, U32), "f4", (2,), "WEBGPU_BINDING_DTYPE"),
        (struct(F32, U32), [("m0", "f4")], (), "WEBGPU_BINDING_DTYPE"),
        (struct(F32, U32), [("m0", "f4"), ("m1", "u4"), ("m2", "u4")], (), "WEBGPU_BINDING_DTYPE"),
        (struct(F32, Array(U32, 3)), [("m0", "f4"), ("m1", "u4", 4)], (), "WEBGPU_BINDING_SIZE"),
    ],
)
def test_what_does_not_fit_has_a_code(kind: Type, dtype: Any, shape: tuple[int, ...], code: str) -> None:
    assert misfit_of(layout_of(kind), dtype, shape) == code


def test_a_structure_ends_in_as_many_elements_as_are_given() -> None:
    layout = layout_of(struct(U32, Array(Vector(3, F32), None)))
    made = array_of(layout, {"m0": 7, "m1": np.arange(6).reshape(2, 3)})
    fitted = fit(layout, made.dtype, made.shape)
    assert fitted.nbytes == 16 + 2 * 16
    assert encode(fitted.layout, made, fitted.nbytes).view(np.float32)[4:].tolist() == [0, 1, 2, 0, 3, 4, 5, 0]
