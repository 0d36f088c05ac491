"""Operators on scalars of constant expressions (WGSL, sections 8.6 to 8.9)."""

from __future__ import annotations

import math
from collections.abc import Callable

from .types import ABSTRACT_INT, BOOL, F16, F32, I32, U32, Scalar
from .values import ABSTRACT_MIN, FLOATS, INTEGERS, NumberFault, fit

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC = frozenset("+-*/%")
BITWISE = frozenset("&|^")
SHIFTS = frozenset(("<<", ">>"))
_BITS = 32
_ABSTRACT_BITS = 64


def takes(operator: str, kind: Scalar) -> bool:
    """Whether an operator between two operands works on this type."""
    if operator in ("==", "!="):
        return True
    if operator in ("&&", "||"):
        return kind == BOOL
    if operator in ("&", "|"):
        return kind == BOOL or kind in INTEGERS
    if operator == "^" or operator in SHIFTS:
        return kind in INTEGERS
    return kind != BOOL


def operate(operator: str, kind: Scalar, a: float, b: float) -> int | float | bool:  # noqa: PLR0911 - a kind each
    """Return the result for two operands of one type; for a shift ``b`` is the number of places."""
    if operator in COMPARISONS:
        return COMPARISONS[operator](a, b)
    if operator in BITWISE:
        if kind == BOOL:
            return bool(a) & bool(b) if operator == "&" else bool(a) | bool(b)
        whole = {"&": int.__and__, "|": int.__or__, "^": int.__xor__}[operator](int(a), int(b))
        return fit(kind, whole)
    if operator in SHIFTS:
        return shift(operator, kind, int(a), int(b))
    if kind == F16:
        # Browsers work in f32, of which the result is taken.
        return fit(F16, operate(operator, F32, a, b))
    if operator in "/%":
        return _divide(operator, kind, a, b)
    return fit(kind, {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[operator]())


def negate(kind: Scalar, number: float) -> int | float:
    """Return ``-number``; the least integer stays what it is, an abstract one too (section 8.7)."""
    return number if kind == ABSTRACT_INT and number == ABSTRACT_MIN else fit(kind, -number)


def shift(operator: str, kind: Scalar, number: int, places: int) -> int:
    """Shift by ``places``; refuses to lose bits, as the standard does (section 8.9)."""
    if places < 0 or (kind != ABSTRACT_INT and places >= _BITS):
        raise NumberFault(f"a shift by {places} places is too far for {kind}")
    if operator == ">>":
        return number >> min(places, _ABSTRACT_BITS)
    if number == 0:
        return 0
    if places >= _ABSTRACT_BITS:
        raise NumberFault(f"a shift by {places} places is too far for {kind}")
    result = number << places
    kept = fit(kind, result)
    if kind in (I32, U32) and kept != result:
        raise NumberFault(f"a shift of {number} by {places} places loses bits of {kind}")
    return int(kept)


def _divide(operator: str, kind: Scalar, a: float, b: float) -> int | float:
    if b == 0:
        raise NumberFault("a division by zero")
    if kind in FLOATS:
        # The remainder is what the standard writes, with a rounding in each step, as browsers do it (section 8.6).
        quotient = fit(kind, float(a) / float(b))
        return quotient if operator == "/" else fit(kind, a - fit(kind, b * float(math.trunc(quotient))))
    a, b = int(a), int(b)
    whole = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    if kind == I32 and fit(kind, whole) != whole:
        raise NumberFault("the quotient is too large for i32")
    return fit(kind, whole if operator == "/" else a - b * whole)
