"""Functions of constant expressions (WGSL, sections 17.2 to 17.5), by their effect on scalars."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .types import F32, I32, U32, Scalar
from .values import NumberFault

_BITS = 32
_FORMS = {I32: "<i", U32: "<I", F32: "<f"}
_MASK = (1 << _BITS) - 1


def _clamp(value: float, low: float, high: float) -> float:
    if low > high:
        raise NumberFault(f"clamp between {low} and {high}: the first is larger")
    return min(max(value, low), high)


def _smoothstep(low: float, high: float, value: float) -> float:
    part = min(max((value - low) / (high - low), 0.0), 1.0)
    return part * part * (3.0 - 2.0 * part)


def _round(value: float) -> float:
    return float(round(value))


def _power(base: float, exponent: float) -> float:
    if base < 0 or (base == 0 and exponent <= 0):
        raise NumberFault(f"there is no {base} to the power of {exponent}")
    return math.pow(base, exponent)


NUMERIC: Mapping[str, tuple[int, Callable[..., float]]] = MappingProxyType(
    {
        "abs": (1, abs),
        "clamp": (3, _clamp),
        "max": (2, max),
        "min": (2, min),
        "sign": (1, lambda value: (value > 0) - (value < 0)),
    }
)
"""Of integers and floats, component by component: number of arguments, and what is done."""

FLOATING: Mapping[str, tuple[int, Callable[..., float]]] = MappingProxyType(
    {
        "acos": (1, math.acos),
        "acosh": (1, math.acosh),
        "asin": (1, math.asin),
        "asinh": (1, math.asinh),
        "atan": (1, math.atan),
        "atan2": (2, math.atan2),
        "atanh": (1, math.atanh),
        "ceil": (1, lambda value: float(math.ceil(value))),
        "cos": (1, math.cos),
        "cosh": (1, math.cosh),
        "degrees": (1, math.degrees),
        "exp": (1, math.exp),
        "exp2": (1, lambda value: math.pow(2.0, value)),
        "floor": (1, lambda value: float(math.floor(value))),
        "fma": (3, lambda a, b, c: a * b + c),
        "fract": (1, lambda value: value - math.floor(value)),
        "inverseSqrt": (1, lambda value: 1.0 / math.sqrt(value)),
        "log": (1, math.log),
        "log2": (1, math.log2),
        "mix": (3, lambda a, b, part: a * (1.0 - part) + b * part),
        "pow": (2, _power),
        "radians": (1, math.radians),
        "round": (1, _round),
        "saturate": (1, lambda value: min(max(value, 0.0), 1.0)),
        "sin": (1, math.sin),
        "sinh": (1, math.sinh),
        "smoothstep": (3, _smoothstep),
        "sqrt": (1, math.sqrt),
        "step": (2, lambda edge, value: 1.0 if edge <= value else 0.0),
        "tan": (1, math.tan),
        "tanh": (1, math.tanh),
        "trunc": (1, lambda value: float(math.trunc(value))),
    }
)
"""Of floats, component by component."""


def _leading(bits: int) -> int:
    return _BITS - bits.bit_length()


def _first_leading(bits: int, *, signed: bool) -> int:
    """Return the place of the highest bit that differs from the sign; all ones where there is none."""
    if signed and bits >> (_BITS - 1):
        bits ^= _MASK
    return bits.bit_length() - 1


BITS: Mapping[str, Callable[[int, bool], int]] = MappingProxyType(
    {
        "countLeadingZeros": lambda bits, _: _leading(bits),
        "countOneBits": lambda bits, _: bits.bit_count(),
        "countTrailingZeros": lambda bits, _: (bits & -bits).bit_length() - 1 if bits else _BITS,
        "firstLeadingBit": lambda bits, signed: _first_leading(bits, signed=signed),
        "firstTrailingBit": lambda bits, _: (bits & -bits).bit_length() - 1,
        "reverseBits": lambda bits, _: int(f"{bits:032b}"[::-1], 2),
    }
)
"""Of 32-bit integers, component by component: given the bits, and whether they are an i32's."""


def apply(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of numbers; what has no result is refused."""
    try:
        return function(*arguments)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise NumberFault("there is no finite result") from None


def bitcast(source: Scalar, target: Scalar, number: float) -> int | float:
    """Return the value of ``target`` that has the same 32 bits (section 17.2.1)."""
    found: int | float = struct.unpack(_FORMS[target], struct.pack(_FORMS[source], number))[0]
    if not math.isfinite(found):
        raise NumberFault(f"the bits are no finite {target}")
    return found
