"""The expressions, what they take and return, and how exact they must be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import neg
from typing import Any, Final

import numpy as np
from wgsl_accuracy import ARITIES, bound
from wgsl_intervals import F16, F32, Interval

from .probe import Probe
from .shaped import matrix_probes, vector_probes


def _floats() -> Iterator[Probe]:
    for name, count in {**ARITIES, "quantizeToF16": 1}.items():
        yield Probe(f"{name}({', '.join('abc'[:count])})", "f" * count, "f")
    for operator in "+-*/%":
        yield Probe(f"a {operator} b", "ff", "f")
    yield Probe("-a", "f", "f", neg)
    yield Probe("modf(a).fract", "f", "f", lambda a: a - bound("trunc", a))
    yield Probe("modf(a).whole", "f", "f", partial(bound, "trunc"))
    yield Probe("frexp(a).fract", "f", "f", _fraction)
    for operator in ("<", "<=", ">", ">=", "==", "!="):
        yield Probe(f"a {operator} b", "ff", "b", free=_strange)
    yield Probe("frexp(a).exp", "f", "i", free=lambda a: ~np.isfinite(a) | _strange(a))
    # Exponents out of range are free.
    yield Probe("ldexp(a, clamp(b, VEC(-120), VEC(127)))", "fi", "f", _scaled)
    yield Probe("select(a, b, c)", "ffb", "f", _chosen)


def _fraction(a: Interval) -> Interval:
    """Exact; of a denormal, that of zero too."""
    return a.like(np.frexp(a.low)[0], np.frexp(a.high)[0]).where(a.known)


def _scaled(a: Interval, b: Any) -> Interval:
    power = np.clip(b, -120, 127)
    return a.rising(lambda end: np.ldexp(end, power))


def _chosen(a: Interval, b: Interval, c: Any) -> Interval:
    return a.like(np.where(c, b.low, a.low), np.where(c, b.high, a.high))


def _strange(*arguments: Any) -> Any:
    """NaN may be assumed not to be there, and subnormals may be 0 (section 15.7.2)."""
    return np.logical_or.reduce([np.isnan(a) | ((np.abs(a) < F32.least_normal) & (a != 0)) for a in arguments])


def _conversions() -> Iterator[Probe]:
    for expression, takes, gives in (
        ("i32(a)", "f", "i"),
        ("u32(a)", "f", "u"),
        ("bool(a)", "f", "b"),
        ("bitcast<i32>(a)", "u", "i"),
        ("bitcast<u32>(a)", "i", "u"),
        ("i32(a)", "u", "i"),
        ("u32(a)", "i", "u"),
        ("bool(a)", "i", "b"),
        ("bool(a)", "u", "b"),
        ("i32(a)", "b", "i"),
        ("u32(a)", "b", "u"),
    ):
        yield Probe(expression, takes, gives, free=_strange if takes == "f" else None)
    for kind in "iub":
        yield Probe("f32(a)", kind, "f", _rounded)
    yield Probe("bitcast<u32>(a)", "f", "u", free=_strange)
    yield Probe("bitcast<f32>(a)", "u", "f", lambda a: Interval.of(a.view(np.float32)))


def _integers() -> Iterator[Probe]:
    for kind in "iu":
        both = [f"a {operator} b" for operator in ("+", "-", "*", "/", "%", "&", "|", "^")]
        for expression in (*both, "min(a, b)", "max(a, b)"):
            yield Probe(expression, kind * 2, kind)
        for operator in ("<", "<=", ">", ">=", "==", "!="):
            yield Probe(f"a {operator} b", kind * 2, "b")
        for operator in ("<<", ">>"):
            yield Probe(f"a {operator} b", kind + "u", kind)
        for name in (
            "abs",
            "countOneBits",
            "countLeadingZeros",
            "countTrailingZeros",
            "firstLeadingBit",
            "firstTrailingBit",
            "reverseBits",
        ):
            yield Probe(f"{name}(a)", kind, kind)
        yield Probe("~a", kind, kind)
        yield Probe("clamp(a, b, c)", kind * 3, kind)
        yield Probe("select(a, b, c)", kind * 2 + "b", kind)
        yield Probe("extractBits(a, b, c)", kind + "uu", kind, widths=("n", "1", "1"), wide="n")
        yield Probe("insertBits(a, b, c, d)", kind * 2 + "uu", kind, widths=("n", "n", "1", "1"), wide="n")
    yield Probe("-a", "i", "i")
    yield Probe("sign(a)", "i", "i")


def _bools() -> Iterator[Probe]:
    for expression in ("a & b", "a | b", "a == b", "a != b"):
        yield Probe(expression, "bb", "b")
    yield Probe("!a", "b", "b")
    for expression in ("a && b", "a || b"):
        yield Probe(expression, "bb", "b", widths=("1", "1"))
    for width in "234":
        for name in ("all", "any"):
            yield Probe(f"{name}(a)", "b", "b", widths=(width,))


def _packing() -> Iterator[Probe]:
    for name, width in (("pack4x8snorm", "4"), ("pack4x8unorm", "4"), ("pack2x16snorm", "2"), ("pack2x16unorm", "2")):
        yield Probe(f"{name}(a)", "f", "u", widths=(width,), free=lambda a: np.isnan(a).any(-1))
    # Out of f16's range, and NaN's bits, are free.
    yield Probe("pack2x16float(a)", "f", "u", widths=("2",), free=lambda a: (~(np.abs(a) <= 65504)).any(-1))
    for name, width, kind, most in (
        ("unpack4x8snorm", "4", np.int8, 127),
        ("unpack4x8unorm", "4", np.uint8, 255),
        ("unpack2x16snorm", "2", np.int16, 32767),
        ("unpack2x16unorm", "2", np.uint16, 65535),
    ):
        yield Probe(f"{name}(a)", "u", "f", partial(_unpacked, kind, most), widths=("1",), wide=width)
    yield Probe("unpack2x16float(a)", "u", "f", _halves, widths=("1",), wide="2")
    for name, kind in (("pack4xI8", "i"), ("pack4xI8Clamp", "i"), ("pack4xU8", "u"), ("pack4xU8Clamp", "u")):
        yield Probe(f"{name}(a)", kind, "u", widths=("4",))
    yield Probe("unpack4xI8(a)", "u", "i", widths=("1",), wide="4")
    yield Probe("unpack4xU8(a)", "u", "u", widths=("1",), wide="4")
    yield Probe("dot4U8Packed(a, b)", "uu", "u", widths=("1", "1"))
    yield Probe("dot4I8Packed(a, b)", "uu", "i", widths=("1", "1"))


def _rounded(numbers: Any, *, ulps: float = 0.0) -> Interval:
    return Interval.of(numbers).rounded(numbers, numbers, ulps=ulps)


def _unpacked(kind: type[np.generic], most: int, a: Any) -> tuple[Interval, ...]:
    return tuple(_rounded(np.maximum(number / most, -1), ulps=3) for number in _lanes(a, kind))


def _halves(a: Any) -> tuple[Interval, ...]:
    parts = (Interval.of(number, F16) for number in _lanes(a, np.float16))
    return tuple(Interval(F32, part.low, part.high) for part in parts)


def _lanes(a: Any, kind: type[np.generic]) -> Any:
    """Return what lies in each word, the lowest bits first."""
    return a.view(kind).reshape(len(a), -1).T


_ALL = (_floats, _conversions, _integers, _bools, _packing, vector_probes, matrix_probes)
PROBES: Final = tuple(probe for probes in _ALL for probe in probes())
