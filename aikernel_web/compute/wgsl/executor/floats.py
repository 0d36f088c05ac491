"""Functions of floats that NumPy has not as WGSL has them (section 17.5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .affine import whole
from .blend import blend
from .extremes import limited

_EXACT = float(1 << 28)


def remainder(left: Any, right: Any) -> Any:
    """Return ``left % right``, exact and with the sign of ``left``: see ``x - y * trunc(x / y)`` in section 15.7.4.

    C's ``fmod`` goes through the bits of large quotients one by one. Of two f32 a quotient below 2 ** 28 is worked out
    by a division of f64, which rounds to no whole number that is not the quotient's own.
    """
    if left.dtype.type is np.float32 and not (isinstance(left, np.generic) and isinstance(right, np.generic)):
        dividend, divisor = left.astype(np.float64), right.astype(np.float64)
        quotient = dividend / divisor
        np.trunc(quotient, out=quotient)
        if np.maximum(quotient.max(), -quotient.min()) < _EXACT:
            quotient *= divisor
            found = np.subtract(dividend, quotient, out=quotient).astype(np.float32)
            np.copysign(found, left, out=found)
            if np.isfinite(found).all():
                return found
    return np.fmod(left, right)


def saturated(value: Any) -> Any:
    """Return `limited` to 0 and 1."""
    kind = value.dtype.type
    return limited(value, kind(0), kind(1))


def step(edge: Any, value: Any) -> Any:
    """Return 1 where ``edge <= value``, else 0."""
    return (edge <= value).astype(edge.dtype)


def smoothstep(low: Any, high: Any, value: Any) -> Any:
    """Return the smooth rise from 0 at ``low`` to 1 at ``high``."""
    part = saturated((value - low) / (high - low))
    return part * part * (3.0 - 2.0 * part)


def scaled(value: Any, exponent: Any) -> Any:
    """Return ``value * 2 ** exponent`` (``ldexp``), of any exponent, rounded once."""
    return np.ldexp(value, whole(exponent))


def parted(value: Any) -> tuple[Any, Any]:
    """Return the fraction in [0.5, 1) and the i32 exponent of ``frexp``; of 0, infinity and NaN the exponent is 0."""
    fraction, exponent = np.frexp(value)
    # Where C's int and long are alike, NumPy has two types of 32 bits: this is the other one.
    return fraction, (exponent * np.isfinite(value)).view(np.int32)


def quantized(value: Any) -> Any:
    """Return an f32 rounded to the nearest f16, and infinite beyond them."""
    return value.astype(np.float16).astype(np.float32)


def half_length(*components: Any) -> Any:
    """Return the length of a vector of f16, worked out in f32: squares leave the range of f16 soon."""
    wide = [part.astype(np.float32) for part in components]
    total = wide[0] * wide[0]
    for part in wide[1:]:
        total = total + part * part
    return np.sqrt(total).astype(np.float16)


def refracted(rest: Any, bent: Any) -> Any:
    """Return a component of ``refract``: 0 where all is reflected, that is where ``rest`` is negative."""
    return blend(rest < 0, bent.dtype.type(0), bent)
