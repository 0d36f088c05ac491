"""Functions of constant expressions that work component by component on floats and integers (WGSL, section 17.5).

Sums and products of floats are rounded one by one, as a shader's are: what overflows on the way has no result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .types import ABSTRACT_FLOAT, ABSTRACT_INT, F16, F32, I32, Scalar
from .values import NumberFault, fit

_BITS = 32
_MASK = (1 << _BITS) - 1
_ABSTRACT_MIN = -(1 << 63)
_EXPONENT_MAX = {F16: 16, F32: 128, ABSTRACT_FLOAT: 1024}


def _abs(kind: Scalar, value: float) -> float:
    # There is no abstract integer above the absolute value of the least one.
    return value if kind == ABSTRACT_INT and value == _ABSTRACT_MIN else abs(value)


def _clamp(value: float, low: float, high: float) -> float:
    check_clamp(low, high)
    return min(max(value, low), high)


def check_clamp(low: float, high: float) -> None:
    """Refuse limits of ``clamp`` that are the wrong way round."""
    if low > high:
        raise NumberFault(f"clamp between {low} and {high}: the first is larger")


def _smoothstep(kind: Scalar, low: float, high: float, value: float) -> float:
    check_smoothstep(low, high)
    part = fit(kind, fit(kind, value - low) / fit(kind, high - low))
    part = min(max(part, 0.0), 1.0)
    return fit(kind, fit(kind, part * part) * fit(kind, 3.0 - fit(kind, 2.0 * part)))


def check_smoothstep(low: float, high: float) -> None:
    """Refuse limits of ``smoothstep`` with nothing between them."""
    if low == high:
        raise NumberFault(f"smoothstep between {low} and {high}: nothing is between them")


def _ldexp(kind: Scalar, value: float, exponent: int) -> float:
    check_ldexp(kind, exponent)
    return math.ldexp(value, exponent)


def check_ldexp(kind: Scalar, exponent: int) -> None:
    """Refuse exponents of ``ldexp`` that make everything infinite."""
    if exponent > _EXPONENT_MAX[kind]:
        raise NumberFault(f"ldexp by {exponent}: {_EXPONENT_MAX[kind]} is the most for {kind}")


def _mix(kind: Scalar, a: float, b: float, part: float) -> float:
    return fit(kind, a * fit(kind, 1.0 - part)) + fit(kind, b * part)


def _power(_: Scalar, base: float, exponent: float) -> float:
    if base < 0 or (base == 0 and exponent <= 0):
        raise NumberFault(f"there is no {base} to the power of {exponent}")
    return math.pow(base, exponent)


def _of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is the same whatever the type."""
    return lambda _, *row: function(*row)


_COMPONENTS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "abs": _abs,
        "acos": _of(math.acos),
        "acosh": _of(math.acosh),
        "asin": _of(math.asin),
        "asinh": _of(math.asinh),
        "atan": _of(math.atan),
        "atan2": _of(math.atan2),
        "atanh": _of(math.atanh),
        "ceil": _of(lambda value: float(math.ceil(value))),
        "clamp": _of(_clamp),
        "cos": _of(math.cos),
        "cosh": _of(math.cosh),
        "degrees": _of(math.degrees),
        "exp": _of(math.exp),
        "exp2": _of(lambda value: math.pow(2.0, value)),
        "floor": _of(lambda value: float(math.floor(value))),
        "fma": lambda kind, a, b, c: fit(kind, a * b) + c,
        "fract": _of(lambda value: value - math.floor(value)),
        "inverseSqrt": _of(lambda value: 1.0 / math.sqrt(value)),
        "ldexp": _ldexp,
        "log": _of(math.log),
        "log2": _of(math.log2),
        "max": _of(max),
        "min": _of(min),
        "mix": _mix,
        "pow": _power,
        "quantizeToF16": _of(lambda value: fit(F16, value)),
        "radians": _of(math.radians),
        "round": _of(lambda value: float(round(value))),
        "saturate": _of(lambda value: min(max(value, 0.0), 1.0)),
        "sign": _of(lambda value: (value > 0) - (value < 0)),
        "sin": _of(math.sin),
        "sinh": _of(math.sinh),
        "smoothstep": _smoothstep,
        "sqrt": _of(math.sqrt),
        "step": _of(lambda edge, value: 1.0 if edge <= value else 0.0),
        "tan": _of(math.tan),
        "tanh": _of(math.tanh),
        "trunc": _of(lambda value: float(math.trunc(value))),
    }
)
"""By name: of the type, and a component of each argument; the result is yet to be fitted to the type."""


def _first_leading(bits: int, *, signed: bool) -> int:
    """Return the place of the highest bit that differs from the sign; all ones where there is none."""
    if signed and bits >> (_BITS - 1):
        bits ^= _MASK
    return bits.bit_length() - 1


_COUNTS: Mapping[str, Callable[[int, bool], int]] = MappingProxyType(
    {
        "countLeadingZeros": lambda bits, _: _BITS - bits.bit_length(),
        "countOneBits": lambda bits, _: bits.bit_count(),
        "countTrailingZeros": lambda bits, _: (bits & -bits).bit_length() - 1 if bits else _BITS,
        "firstLeadingBit": lambda bits, signed: _first_leading(bits, signed=signed),
        "firstTrailingBit": lambda bits, _: (bits & -bits).bit_length() - 1,
        "reverseBits": lambda bits, _: int(f"{bits:032b}"[::-1], 2),
    }
)
"""Of 32 bits: given them, and whether they are an i32's."""


def component_function(name: str) -> Callable[..., float] | None:
    """Return a function of the type and a component of each argument; None where whole arguments are looked at."""
    if name in _COUNTS:
        count = _COUNTS[name]
        return lambda kind, number: fit(kind, count(number & _MASK, kind == I32))
    if name not in _COMPONENTS:
        return None
    function = _COMPONENTS[name]
    return lambda kind, *row: fit(kind, function(kind, *row))


def apply(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of numbers; what has no result is refused."""
    try:
        return function(*arguments)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise NumberFault("there is no finite result") from None
