"""Conversions between scalars, and the same bits read as another type (WGSL, sections 15.7.6 and 17.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .affine import Affine, whole
from .extremes import limited

# Bits of f32, which are in the order of the numbers, and behind them infinity and NaN.
_TWO_TO_31, _TWO_TO_32 = np.float32(1 << 31).view(np.uint32), np.float32(1 << 32).view(np.uint32)
_ALL_BUT_SIGN = np.uint32(0x7FFFFFFF)
_HALF_BITS = np.uint32(16)
_HALF_MASK = np.uint32(0xFFFF)


def to_f32(value: Any) -> Any:
    """Return a number or a truth as f32, rounded to the nearest."""
    return np.float32(value) if isinstance(value, np.generic) else whole(value).astype(np.float32)


def to_f16(value: Any) -> Any:
    """Return a number or a truth as f16, rounded to the nearest, one that is too large as infinite."""
    return whole(value).astype(np.float16)


def to_i32(value: Any) -> Any:
    """Return a number or a truth as i32: bits of a u32, floats toward zero and within what both types have."""
    if isinstance(value, Affine):
        return value.converted(np.int32)
    if value.dtype.kind == "f":
        value = value.astype(np.float32, copy=False)
        # Where all have bits below those of 2 ** 31, as nearly always, nothing is to be limited. NaN becomes the least.
        if not _all_below(value.view(np.uint32) & _ALL_BUT_SIGN, _TWO_TO_31):
            value = limited(value, np.float32(-2147483648.0), np.float32(2147483520.0))
    return value.astype(np.int32)


def to_u32(value: Any) -> Any:
    """Return a number or a truth as u32: bits of an i32, floats toward zero and within what both types have."""
    if isinstance(value, Affine):
        return value.converted(np.uint32)
    if value.dtype.kind == "f":
        value = value.astype(np.float32, copy=False)
        if not _all_below(value.view(np.uint32), _TWO_TO_32):
            value = limited(value, np.float32(0), np.float32(4294967040.0))
    return value.astype(np.uint32)


def truth(value: Any) -> Any:
    """Return whether a number is not zero; what is no number is not."""
    return value != 0


def _all_below(bits: Any, limit: np.uint32) -> bool:
    below = bits < limit
    return bool(below) if isinstance(below, np.bool_) else np.count_nonzero(below) == below.size


def bits_as_f32(value: Any) -> Any:
    """Return the f32 that has the same 32 bits."""
    return whole(value).view(np.float32)


def bits_as_i32(value: Any) -> Any:
    """Return the i32 that has the same 32 bits."""
    return value.converted(np.int32) if isinstance(value, Affine) else value.view(np.int32)


def bits_as_u32(value: Any) -> Any:
    """Return the u32 that has the same 32 bits."""
    return value.converted(np.uint32) if isinstance(value, Affine) else value.view(np.uint32)


def joined_halves(low: Any, high: Any) -> Any:
    """Return the u32 whose low 16 bits are the first f16, and the high ones the second."""
    bits = low.view(np.uint16).astype(np.uint32)
    return bits | (high.view(np.uint16).astype(np.uint32) << _HALF_BITS)


def parted_halves(value: Any) -> tuple[Any, Any]:
    """Return the two f16 of which a u32 was joined."""
    return _half(value & _HALF_MASK), _half(value >> _HALF_BITS)


def _half(bits: Any) -> Any:
    return whole(bits).astype(np.uint16).view(np.float16)
