"""Bit functions, packing and bitcasts on the CPU, against the standard's words done number by number."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from wgsl_expansions import run_builtin

from aikernel_web.compute.wgsl.executor.affine import affine
from aikernel_web.compute.wgsl.types import F16, F32, I32, U32, Scalar, Type, Vector

WORD = (1 << 32) - 1
EDGES = [0, 1, 2, 3, 0x80000000, 0x7FFFFFFF, WORD, WORD - 1, 0x00010000, 0x12345678, 0xAAAAAAAA, 0x55555555, 0xFFFF0000]
NUMBERS = np.concatenate(
    [np.array(EDGES, np.uint32), np.random.default_rng(1).integers(0, 1 << 32, 100, dtype=np.uint64).astype(np.uint32)]
)
KINDS: dict[Scalar, Any] = {I32: np.int32, U32: np.uint32}
words = st.integers(0, WORD)
singles = st.floats(width=32, allow_nan=False)


def _first_leading(bits: int, *, signed: bool) -> int:
    if signed and bits >> 31:
        bits ^= WORD
    return (bits.bit_length() - 1) & WORD


COUNTS: dict[str, Callable[[int, bool], int]] = {
    "countLeadingZeros": lambda bits, _: 32 - bits.bit_length(),
    "countOneBits": lambda bits, _: bits.bit_count(),
    "countTrailingZeros": lambda bits, _: (bits & -bits).bit_length() - 1 if bits else 32,
    "firstLeadingBit": lambda bits, signed: _first_leading(bits, signed=signed),
    "firstTrailingBit": lambda bits, _: ((bits & -bits).bit_length() - 1) & WORD,
    "reverseBits": lambda bits, _: int(f"{bits:032b}"[::-1], 2),
}


@pytest.mark.parametrize("scalar", [I32, U32], ids=str)
@pytest.mark.parametrize("name", COUNTS)
def test_a_function_of_bits_is_that_of_each_number(name: str, scalar: Scalar) -> None:
    kind = KINDS[scalar]
    found = run_builtin(name, [(scalar, NUMBERS.view(kind)[None, :])])
    assert found.dtype == kind
    expected = [COUNTS[name](int(bits), scalar == I32) for bits in NUMBERS]
    assert found.view(np.uint32)[0].tolist() == expected
    alone = run_builtin(name, [(scalar, NUMBERS.view(kind)[9])])
    assert type(alone) is kind
    assert int(alone) & WORD == expected[9]


def test_bits_of_an_affine_are_those_of_its_array() -> None:
    index = affine(0, 0, 1, shape=(1, 6), kind=np.uint32)
    assert run_builtin("countOneBits", [(U32, index)]).tolist() == [[0, 1, 1, 2, 1, 2]]
    assert run_builtin("extractBits", [(U32, index), (U32, np.uint32(1)), (U32, index)]).tolist() == [
        [0, 0, 1, 1, 2, 2]
    ]


@pytest.mark.parametrize("scalar", [I32, U32], ids=str)
def test_extract_and_insert_have_a_result_for_every_field(scalar: Scalar) -> None:
    kind = KINDS[scalar]
    fields = np.array([0, 1, 7, 16, 31, 32, 33, WORD], np.uint32)
    value, offset, count = (mesh.reshape(1, -1) for mesh in np.meshgrid(NUMBERS[:30], fields, fields, indexing="ij"))
    taken = run_builtin("extractBits", [(scalar, value.view(kind)), (U32, offset), (U32, count)])
    inserted = -3 & 0x7FFFFFFF
    put = run_builtin("insertBits", [(scalar, value.view(kind)), (scalar, kind(inserted)), (U32, offset), (U32, count)])
    assert taken.dtype == put.dtype == kind
    rows = zip(value[0].tolist(), offset[0].tolist(), count[0].tolist(), strict=True)
    for at, (bits, asked, wide) in enumerate(rows):
        first = min(asked, 32)
        width = min(wide, 32 - first)
        mask = ((1 << width) - 1) << first
        part = (bits & mask) >> first
        if scalar == I32 and width and part >> (width - 1):
            part -= 1 << width
        assert int(taken[0, at]) & WORD == part & WORD, (bits, asked, wide)
        assert int(put[0, at]) & WORD == (bits & ~mask) | ((inserted << first) & mask), (bits, asked, wide)


def test_a_field_that_all_lanes_share_stays_a_scalar() -> None:
    one = np.uint32(1)
    assert type(run_builtin("extractBits", [(I32, np.int32(6)), (U32, one), (U32, one)])) is np.int32
    assert type(run_builtin("insertBits", [(U32, one), (U32, one), (U32, one), (U32, one)])) is np.uint32


@given(words, words)
def test_bytes_are_packed_unpacked_and_multiplied(left: int, right: int) -> None:
    a, b = np.uint32(left), np.uint32(right)
    unsigned = [list(struct.pack("<I", word)) for word in (left, right)]
    signed = [struct.unpack("<4b", struct.pack("<I", word)) for word in (left, right)]
    assert [int(part) for part in run_builtin("unpack4xU8", [(U32, a)])] == unsigned[0]
    parts = run_builtin("unpack4xI8", [(U32, a)])
    assert [int(part) for part in parts] == list(signed[0])
    assert {type(part) for part in parts} == {np.int32}
    assert run_builtin("pack4xI8", [(Vector(4, I32), parts)]) == left
    assert run_builtin("dot4U8Packed", [(U32, a), (U32, b)]) == sum(x * y for x, y in zip(*unsigned, strict=True))
    product = run_builtin("dot4I8Packed", [(U32, a), (U32, b)])
    assert product == sum(x * y for x, y in zip(*signed, strict=True))
    assert type(product) is np.int32


def test_bytes_are_clamped_where_the_name_says_so() -> None:
    signed = tuple(map(np.int32, (-300, 300, -5, 5)))
    assert run_builtin("pack4xI8Clamp", [(Vector(4, I32), signed)]) == _word("<4b", -128, 127, -5, 5)
    unsigned = tuple(map(np.uint32, (0, 300, 255, WORD)))
    assert run_builtin("pack4xU8Clamp", [(Vector(4, U32), unsigned)]) == _word("<4B", 0, 255, 255, 255)
    assert run_builtin("pack4xU8", [(Vector(4, U32), unsigned)]) == _word("<4B", 0, 44, 255, 255)


@pytest.mark.parametrize(
    ("name", "form", "least", "scale"),
    [
        ("pack4x8snorm", "<4b", -1, 127),
        ("pack4x8unorm", "<4B", 0, 255),
        ("pack2x16snorm", "<2h", -1, 32767),
        ("pack2x16unorm", "<2H", 0, 65535),
    ],
)
def test_normed_numbers_are_packed_as_the_standard_says(name: str, form: str, least: int, scale: int) -> None:
    values = np.array([0, 1, -1, 0.5, -0.5, 0.25, 0.003, -0.003, 2, -2, 1e20, -np.inf, 0.99999], np.float32)
    width = int(form[1])
    found = run_builtin(name, [(Vector(width, F32), tuple(np.roll(values, at)[None, :] for at in range(width)))], U32)
    steps = [floor(np.float32(0.5) + np.float32(scale) * min(1, max(least, value))) for value in values]
    expected = [_word(form, *(steps[at - turn] for turn in range(width))) for at in range(len(values))]
    assert found.dtype == np.uint32
    assert found[0].tolist() == expected
    back = run_builtin(name.replace("pack", "unpack"), [(U32, found)])
    assert back[0].dtype == np.float32
    assert np.allclose(back[0], np.clip(values, least, 1), atol=0.51 / scale)


def test_the_lowest_signed_step_is_minus_one_too() -> None:
    assert [float(part) for part in run_builtin("unpack4x8snorm", [(U32, np.uint32(0x80818180))])][::3] == [-1, -1]


@given(singles, singles)
def test_halves_are_packed_to_the_nearest_and_unpacked(low: float, high: float) -> None:
    word = run_builtin("pack2x16float", [(Vector(2, F32), (np.float32(low), np.float32(high)))], U32)
    with np.errstate(all="ignore"):
        expected = np.array([low, high], np.float32).astype(np.float16)
    assert word == expected.view(np.uint32)[0]
    assert type(word) is np.uint32
    back = run_builtin("unpack2x16float", [(U32, word)])
    assert [type(part) for part in back] == [np.float32] * 2
    assert list(back) == expected.astype(np.float32).tolist()


@pytest.mark.parametrize("source", [I32, U32, F32], ids=str)
@pytest.mark.parametrize("target", [I32, U32, F32], ids=str)
def test_bitcast_keeps_bits_between_words(source: Scalar, target: Scalar) -> None:
    kinds = {**KINDS, F32: np.float32}
    bits = NUMBERS.view(kinds[source])
    array = run_builtin("bitcast", [(source, bits[None, :])], target)
    alone = run_builtin("bitcast", [(source, bits[9])], target)
    assert array.dtype == kinds[target]
    assert array.view(np.uint32)[0].tolist() == NUMBERS.tolist()
    assert type(alone) is kinds[target]


@pytest.mark.parametrize("word", [I32, U32, F32], ids=str)
def test_bitcast_joins_halves_and_parts_words(word: Scalar) -> None:
    kinds = {**KINDS, F32: np.float32}
    halves = tuple(np.array([[1.5, -2]], np.float16) * np.float16(at) for at in (1, 2, 3, 4))
    joined: Any = run_builtin("bitcast", [(Vector(4, F16), halves)], Vector(2, word))
    assert [part.dtype for part in joined] == [kinds[word]] * 2
    assert joined[0].view(np.uint32)[0, 0] == struct.unpack("<I", struct.pack("<2e", 1.5, 3))[0]
    back = run_builtin("bitcast", [(Vector(2, word), joined)], Vector(4, F16))
    assert all(_same(part, half) for part, half in zip(back, halves, strict=True))
    single: Type = Vector(2, F16)
    one = run_builtin("bitcast", [(single, (np.float16(1), np.float16(-1)))], word)
    assert type(one) is kinds[word]
    assert run_builtin("bitcast", [(word, one)], single) == (1, -1)


def _word(form: str, *parts: int) -> int:
    return int(struct.unpack("<I", struct.pack(form, *parts))[0])


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and bool((a == b).all())
