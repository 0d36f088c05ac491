"""Functions of the bits of integers (WGSL, section 17.5): of all lanes at once, without a loop over them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from .affine import whole

_BITS = np.uint32(32)
_SIGN = np.int32(31)
_SWAPS = tuple(
    (np.uint32(places), np.uint32(mask))
    for places, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF), (16, 0x0000FFFF))
)
_Function: TypeAlias = Callable[..., Any]


def _of_bits(function: _Function) -> _Function:
    """Give a function of u32 for both integer types: it gets the bits, and its result has the type of its argument."""

    @wraps(function)
    def of_either(value: Any) -> Any:
        value = whole(value)
        return function(value.view(np.uint32)).view(value.dtype.type)

    return of_either


def _length(bits: Any) -> Any:
    """Return the number of bits without leading zeros: the exponent of the number as an f64, which has all its bits."""
    return np.frexp(bits.astype(np.float64))[1].view(np.uint32)


def _ones(bits: Any) -> Any:
    return np.bitwise_count(bits).astype(np.uint32)


@_of_bits
def count_ones(bits: Any) -> Any:
    """``countOneBits``."""
    return _ones(bits)


@_of_bits
def count_leading_zeros(bits: Any) -> Any:
    """``countLeadingZeros``."""
    return _BITS - _length(bits)


@_of_bits
def count_trailing_zeros(bits: Any) -> Any:
    """``countTrailingZeros``: the bits below the lowest one."""
    return _ones(~bits & (bits - np.uint32(1)))


@_of_bits
def first_trailing_bit(bits: Any) -> Any:
    """``firstTrailingBit``, all ones where there is no bit."""
    return np.minimum(_ones(~bits & (bits - np.uint32(1))), np.uint32(31)) | ((bits == 0) * np.uint32(0xFFFFFFFF))


def first_leading_bit(value: Any) -> Any:
    """``firstLeadingBit``: of an i32 the highest bit that differs from the sign; all ones where there is none."""
    value = whole(value)
    bits = (value ^ (value >> _SIGN)).view(np.uint32) if value.dtype.type is np.int32 else value
    return (_length(bits) - np.uint32(1)).view(value.dtype.type)


@_of_bits
def reverse_bits(bits: Any) -> Any:
    """``reverseBits``: neighbours change places, then pairs of them, and so on."""
    for places, mask in _SWAPS:
        bits = ((bits >> places) & mask) | ((bits & mask) << places)
    return bits


def extract_bits(value: Any, offset: Any, count: Any) -> Any:
    """``extractBits``: those that an i32 gives have its sign."""
    value = whole(value)
    kind = value.dtype.type
    offset, count = _field(offset, count)
    # Up to the highest bit, and down again; by 32 places nothing is left, so that such a shift is done in two.
    above = (_BITS - count - offset).astype(kind)
    kept = value << above
    down = (_BITS - count).astype(kind)
    half = down >> kind(1)
    return (kept >> half) >> (down - half) if kind is np.uint32 else _signed(kept, down, count)


def insert_bits(value: Any, bits: Any, offset: Any, count: Any) -> Any:
    """``insertBits``: the lowest bits of ``bits`` stand in ``value``, ``count`` of them from ``offset`` on."""
    value, bits = whole(value), whole(bits)
    kind = value.dtype.type
    offset, count = _field(offset, count)
    low = offset & np.uint32(31)
    # All ones below 2 ** count, in two shifts since one by 32 places is none.
    half = count >> np.uint32(1)
    ones = ((np.uint32(1) << half) << (count - half)) - np.uint32(1)
    mask = (ones << low).view(kind)
    return (value & ~mask) | ((bits << low.astype(kind)) & mask)


def _field(offset: Any, count: Any) -> tuple[Any, Any]:
    """Return where a field begins and how many bits it has, as far as it is within the 32."""
    offset = np.minimum(whole(offset), _BITS)
    return offset, np.minimum(whole(count), _BITS - offset)


def _signed(kept: Any, down: Any, count: Any) -> Any:
    return (kept >> np.minimum(down, _SIGN)) * (count != 0)
