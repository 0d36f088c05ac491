"""Integer division, remainders and shifts (WGSL, sections 8.6 and 8.9): every operand has a result."""

from __future__ import annotations

from typing import Any

import numpy as np

from .affine import Affine, whole

_SHARED: Any = np.generic
"""What all lanes share."""
_LOWEST = np.int32(-(1 << 31))
_PLACES = np.uint32(31)
_SIGN = np.int32(31)


def divided(left: Any, right: Any) -> Any:
    """Return the quotient, rounded toward zero: x / 0 is x, and the least i32 / -1 is itself."""
    right = whole(right)
    if isinstance(right, _SHARED):
        return divided_by(left, right)
    left = whole(left)
    safe = right + (right == 0)
    if safe.dtype.type is np.uint32:
        return left // safe
    # Two i32 have an f64 quotient whose whole part is exact: the nearest that is no whole number is 2 ** -31 away.
    quotient = (left / safe).astype(np.int32)
    wraps = (left == _LOWEST) & (right == -1)
    return np.where(wraps, _LOWEST, quotient) if wraps.any() else quotient


def divided_by(left: Any, divisor: Any) -> Any:
    """Return `divided` by a number that all lanes share."""
    number = int(divisor)
    if isinstance(left, Affine):
        even = left.quotient(number)
        if even is not None:
            return even
        left = left.array()
    if number in (0, 1):
        return left
    if number > 0:
        return _truncated(left, divisor)
    if number == -1:
        return -left
    # A quotient by the least i32, whose negative is none, is 1 of itself and else 0.
    return (left == divisor).astype(np.int32) if divisor == _LOWEST else -_truncated(left, -divisor)


def _truncated(left: Any, divisor: Any) -> Any:
    """Return the quotient by a positive number; NumPy's rounds down."""
    if _has_no_sign(left):
        return left // divisor
    return (left + ((left >> _SIGN) & (divisor - left.dtype.type(1)))) // divisor


def _has_no_sign(left: Any) -> bool:
    """Whether no lane is below zero."""
    if left.dtype.type is np.uint32:
        return True
    return bool((left if isinstance(left, _SHARED) else left.min()) >= 0)


def remainder(left: Any, right: Any) -> Any:
    """Return what is left of `divided`, with the sign of ``left``: x % 0 is 0, and the least i32 % -1 is 0."""
    right = whole(right)
    if isinstance(right, _SHARED):
        return remainder_by(left, right)
    return np.fmod(whole(left), right)


def remainder_by(left: Any, divisor: Any) -> Any:
    """Return `remainder` by a number that all lanes share."""
    number = int(divisor)
    if isinstance(left, Affine):
        even = left.remainder(number)
        if even is not None:
            return even
        left = left.array()
    if number <= 0:
        return np.fmod(left, divisor)
    if _has_no_sign(left):
        if not number & (number - 1):
            return left & (divisor - left.dtype.type(1))
        if isinstance(left, _SHARED):
            return left % divisor
    # NumPy divides by one number without dividing, which `fmod` does for each lane.
    return left - _truncated(left, divisor) * divisor


def shifted_left(left: Any, places: Any) -> Any:
    """Return ``left << places``, where places count modulo 32."""
    places = whole(places)
    if isinstance(left, Affine) and isinstance(places, _SHARED):
        return left << places
    left = whole(left)
    return left << _places(places, left)


def shifted_right(left: Any, places: Any) -> Any:
    """Return ``left >> places``, where places count modulo 32; an i32 keeps its sign."""
    left, places = whole(left), whole(places)
    return left >> _places(places, left)


def _places(places: Any, left: Any) -> Any:
    places = places & _PLACES
    return places if left.dtype.type is np.uint32 else places.view(np.int32)


def least(left: Any, right: Any) -> Any:
    """Return the lesser of two integers."""
    if isinstance(left, _SHARED) and isinstance(right, _SHARED):
        return left if left < right else right
    if isinstance(left, Affine) and isinstance(right, _SHARED):
        return left.at_most(int(right))
    if isinstance(right, Affine) and isinstance(left, _SHARED):
        return right.at_most(int(left))
    return np.minimum(whole(left), whole(right))


def greatest(left: Any, right: Any) -> Any:
    """Return the greater of two integers."""
    if isinstance(left, _SHARED) and isinstance(right, _SHARED):
        return left if left > right else right
    if isinstance(left, Affine) and isinstance(right, _SHARED) and left.low >= right:
        return left
    if isinstance(right, Affine) and isinstance(left, _SHARED) and right.low >= left:
        return right
    return np.maximum(whole(left), whole(right))


def within(value: Any, low: Any, high: Any) -> Any:
    """Return an integer, or the limit that it is beyond."""
    return least(greatest(value, low), high)


def magnitude(value: Any) -> Any:
    """Return the absolute value of an i32; that of the least wraps around to itself."""
    if isinstance(value, Affine) and value.low >= 0:
        return value
    return abs(whole(value))


def sign(value: Any) -> Any:
    """Return -1, 0 or 1."""
    return np.sign(whole(value))
