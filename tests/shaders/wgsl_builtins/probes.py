"""The expressions, what they take and return, and how exact they must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from . import accuracy as near
from .probe import Probe
from .shaped import matrix_probes, vector_probes


def _floats() -> Iterator[Probe]:
    exact, rounded, ulps = near.exact, near.rounded, near.ulps
    one: tuple[tuple[str, near.Bound, Callable[..., Any]], ...] = (
        ("-a", exact, np.negative),
        ("abs(a)", exact, np.abs),
        ("sign(a)", exact, np.sign),
        ("floor(a)", exact, np.floor),
        ("ceil(a)", exact, np.ceil),
        ("trunc(a)", exact, np.trunc),
        ("round(a)", exact, np.round),
        ("fract(a)", rounded, lambda a: a - np.floor(a)),
        ("saturate(a)", exact, lambda a: np.clip(a, 0, 1)),
        ("sqrt(a)", ulps(5), np.sqrt),
        ("inverseSqrt(a)", ulps(2), lambda a: 1 / np.sqrt(a)),
        ("sin(a)", near.sine, np.sin),
        ("cos(a)", near.sine, np.cos),
        ("tan(a)", near.tangent, np.tan),
        ("asin(a)", near.arc, np.arcsin),
        ("acos(a)", near.arc, np.arccos),
        ("atan(a)", ulps(4096), np.arctan),
        ("sinh(a)", near.hyperbolic, np.sinh),
        ("cosh(a)", near.hyperbolic, np.cosh),
        ("tanh(a)", near.hyperbolic_tangent, np.tanh),
        ("asinh(a)", near.area_sine, np.arcsinh),
        ("acosh(a)", near.area_cosine, np.arccosh),
        ("atanh(a)", near.area_tangent, np.arctanh),
        ("exp(a)", near.power_of_e, np.exp),
        ("exp2(a)", near.power_of_e, np.exp2),
        ("log(a)", near.logarithm, np.log),
        ("log2(a)", near.logarithm, np.log2),
        ("degrees(a)", ulps(2), np.degrees),
        ("radians(a)", ulps(2), np.radians),
        ("modf(a).fract", exact, lambda a: a - np.trunc(a)),
        ("modf(a).whole", exact, np.trunc),
        ("frexp(a).fract", exact, lambda a: np.frexp(a)[0]),
        # Those below f16's normal numbers may be 0.
        (
            "quantizeToF16(a)",
            lambda a, r: np.maximum(np.abs(r) * 2.0**-10, 2.0**-14 * (np.abs(a) < 2.0**-14)),
            lambda a: a,
        ),
    )
    free: dict[str, Callable[..., Any]] = {
        "quantizeToF16(a)": lambda a: np.abs(a) > 65504,
        "sqrt(a)": lambda a: a < 0,
        "inverseSqrt(a)": lambda a: a <= 0,
        "modf(a).fract": lambda a: ~np.isfinite(a),
        "modf(a).whole": lambda a: ~np.isfinite(a),
        "frexp(a).fract": lambda a: ~np.isfinite(a),
    }
    for expression, bound, reference in one:
        yield Probe(expression, "f", "f", bound, reference, free=free.get(expression))
    two: tuple[tuple[str, near.Bound, Callable[..., Any]], ...] = (
        ("a + b", rounded, np.add),
        ("a - b", rounded, np.subtract),
        ("a * b", rounded, np.multiply),
        ("a / b", near.quotient, np.divide),
        ("a % b", near.remainder, np.fmod),
        ("min(a, b)", exact, np.fmin),
        ("max(a, b)", exact, np.fmax),
        ("step(a, b)", exact, lambda a, b: (a <= b) * 1.0),
        ("atan2(a, b)", near.arc_of_two, np.arctan2),
        ("pow(a, b)", near.power, lambda a, b: np.power(np.abs(a), b)),
    )
    for expression, bound, reference in two:
        yield Probe(expression, "ff", "f", bound, reference)
    three: tuple[tuple[str, near.Bound, Callable[..., Any], Callable[..., Any] | None], ...] = (
        ("fma(a, b, c)", near.product_and_sum, lambda a, b, c: a * b + c, None),
        ("mix(a, b, c)", near.mixed, lambda a, b, c: a * (1 - c) + b * c, None),
        ("clamp(a, b, c)", exact, lambda a, b, c: np.minimum(np.maximum(a, b), c), lambda _, b, c: ~(b <= c)),
        ("smoothstep(a, b, c)", near.smooth, _smooth, None),
    )
    for expression, bound, reference, where in three:
        yield Probe(expression, "fff", "f", bound, reference, free=where)
    for operator in ("<", "<=", ">", ">=", "==", "!="):
        yield Probe(f"a {operator} b", "ff", "b", free=_strange)
    yield Probe("frexp(a).exp", "f", "i", free=lambda a: ~np.isfinite(a) | _strange(a))
    # Exponents out of range, and results that are not normal, are free.
    yield Probe(
        "ldexp(a, clamp(b, VEC(-120), VEC(127)))",
        "fi",
        "f",
        exact,
        lambda a, b: np.ldexp(a, np.clip(b, -120, 127).astype(int)),
    )
    yield Probe("select(a, b, c)", "ffb", "f", exact, lambda a, b, c: np.where(c, b, a))


def _strange(*arguments: Any) -> Any:
    """NaN may be assumed not to be there, and subnormals may be 0 (section 15.7.2)."""
    return np.logical_or.reduce([np.isnan(a) | ((np.abs(a) < near.SMALLEST_NORMAL) & (a != 0)) for a in arguments])


def _smooth(low: Any, high: Any, x: Any) -> Any:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


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
        yield Probe("f32(a)", kind, "f", near.rounded, lambda a: a)
    yield Probe("bitcast<u32>(a)", "f", "u", free=_strange)
    yield Probe(
        "bitcast<f32>(a)", "u", "f", near.exact, lambda a: a.astype(np.uint32).view(np.float32).astype(np.float64)
    )


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
    for name, width in (
        ("unpack4x8snorm", "4"),
        ("unpack4x8unorm", "4"),
        ("unpack2x16snorm", "2"),
        ("unpack2x16unorm", "2"),
    ):
        yield Probe(f"{name}(a)", "u", "f", near.ulps(3), None, widths=("1",), wide=width)
    yield Probe("unpack2x16float(a)", "u", "f", near.exact, None, widths=("1",), wide="2")
    for name, kind in (("pack4xI8", "i"), ("pack4xI8Clamp", "i"), ("pack4xU8", "u"), ("pack4xU8Clamp", "u")):
        yield Probe(f"{name}(a)", kind, "u", widths=("4",))
    yield Probe("unpack4xI8(a)", "u", "i", widths=("1",), wide="4")
    yield Probe("unpack4xU8(a)", "u", "u", widths=("1",), wide="4")
    yield Probe("dot4U8Packed(a, b)", "uu", "u", widths=("1", "1"))
    yield Probe("dot4I8Packed(a, b)", "uu", "i", widths=("1", "1"))


_ALL = (_floats, _conversions, _integers, _bools, _packing, vector_probes, matrix_probes)
PROBES: Final = tuple(probe for probes in _ALL for probe in probes())
