"""How exact each function of floats has to be: the table of WGSL, section 15.7.4, as intervals of accepted results.

``bound(name, *arguments)`` takes `Interval`s (vectors as tuples of them) and returns one; of a vector a tuple.
The text of this module runs in the page's interpreter too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from wgsl_intervals import F16, F32, Format, Interval

_PI = np.pi
Bound = Callable[..., Any]


def _by_format(form: Format, f32: float, f16: float) -> float:
    return f32 if form is F32 else f16


def _acos(x: Interval) -> Interval:
    direct = x.rounded(np.arccos(x.high), np.arccos(x.low), absolute=_by_format(x.format, 6.77e-5, 3.91e-3))
    return _arc(direct, atan2(sqrt(1.0 - x * x), x), x)


def _asin(x: Interval) -> Interval:
    direct = x.rounded(np.arcsin(x.low), np.arcsin(x.high), absolute=_by_format(x.format, 6.81e-5, 3.91e-3))
    return _arc(direct, atan2(x, sqrt(1.0 - x * x)), x)


def _arc(direct: Interval, inherited: Interval, x: Interval) -> Interval:
    """The worse of two; where the second leaves the result free (at 0, 1 and -1), it is held to the first."""
    return direct.or_(inherited.otherwise(direct)).where(np.abs(x.low) <= 1)


def atan2(y: Interval, x: Interval) -> Interval:
    """4096 ULP (5 for f16) where both are normal."""
    least, greatest = x.format.least_normal, 1 / x.format.least_normal
    sound = [(np.sign(part.low) == np.sign(part.high)) & (np.abs(part.low) >= least) for part in (x, y)]
    small = np.maximum(np.abs(x.low), np.abs(x.high)) <= greatest
    return y.corners(x, np.arctan2, ulps=_by_format(x.format, 4096, 5)).where(sound[0] & sound[1] & small)


def _exp(function: Bound) -> Bound:
    return lambda x: x.rising(function, ulps=lambda at: _by_format(x.format, 3, 1) + 2 * np.abs(at))


def _log(function: Bound) -> Bound:
    def bound(x: Interval) -> Interval:
        near = x.rising(function, absolute=_by_format(x.format, 2.0**-21, 2.0**-7))
        far = x.rising(function, ulps=3)
        inside = (x.low >= 0.5) & (x.high <= 2)
        low, high = np.where(inside, near.low, far.low), np.where(inside, near.high, far.high)
        return Interval(x.format, low, high).where(x.low > 0)

    return bound


def _wave(function: Bound) -> Bound:
    def bound(x: Interval) -> Interval:
        ends = function(x.low), function(x.high)
        error = _by_format(x.format, 2.0**-11, 2.0**-7)
        low, high = np.minimum(*ends), np.maximum(*ends)
        return x.rounded(low, high, absolute=error).where((x.low >= -_PI) & (x.high <= _PI))

    return bound


def inverse_sqrt(x: Interval) -> Interval:
    """2 ULP."""
    return (-x).rising(lambda at: 1 / np.sqrt(-at), ulps=2).where(x.low > 0)


def sqrt(x: Interval) -> Interval:
    """Inherited from ``1.0 / inverseSqrt(x)``, which leaves the root of zero free; it is asked to be zero."""
    inherited = (1.0 / inverse_sqrt(x)).or_(x.rising(np.sqrt)).where(x.low > 0)
    return inherited.otherwise(x.where((x.low == 0) & (x.high == 0)))


exp, exp2, log, log2 = _exp(np.exp), _exp(np.exp2), _log(np.log), _log(np.log2)
sin, cos = _wave(np.sin), _wave(np.cos)


def sinh(x: Interval) -> Interval:
    return (exp(x) - exp(-x)) * 0.5


def cosh(x: Interval) -> Interval:
    return (exp(x) + exp(-x)) * 0.5


def _tanh(x: Interval) -> Interval:
    direct = x.rising(np.tanh, absolute=_by_format(x.format, 1e-5, 2.0**-7))
    return (sinh(x) / cosh(x)).or_(direct)


def _remainder(x: Interval, y: Interval) -> Interval:
    """Inherited from ``x - y * trunc(x / y)``; the exact remainder is within as well, of whatever quotient."""
    exact = x.corners(y, np.fmod)
    return (x - y * floor_like(np.trunc)(x / y)).or_(exact)


def floor_like(function: Bound) -> Bound:
    return lambda x: x.rising(function)


def minimum(x: Interval, y: Interval) -> Interval:
    return x.like(np.minimum(x.low, y.low), np.minimum(x.high, y.high)).where(x.known & y.known)


def maximum(x: Interval, y: Interval) -> Interval:
    return x.like(np.maximum(x.low, y.low), np.maximum(x.high, y.high)).where(x.known & y.known)


def _clamp(x: Interval, low: Interval, high: Interval) -> Interval:
    """``min(max(x, low), high)``, or the one in the middle."""
    median = maximum(minimum(x, low), minimum(maximum(x, low), high))
    return minimum(maximum(x, low), high).or_(median)


def _step(edge: Interval, x: Interval) -> Interval:
    low, high = edge.high <= x.low, edge.low <= x.high
    return x.like(low.astype(np.float64), high.astype(np.float64)).where(edge.known & x.known)


def _saturate(x: Interval) -> Interval:
    return x.like(np.clip(x.low, 0, 1), np.clip(x.high, 0, 1)).where(x.known)


def _smoothstep(low: Interval, high: Interval, x: Interval) -> Interval:
    t = (x - low) / (high - low)
    t = t.like(np.clip(t.low, 0, 1), np.clip(t.high, 0, 1)).where(t.known)
    return t * t * (3.0 - 2.0 * t)


def _absolute(x: Interval) -> Interval:
    ends = np.abs(x.low), np.abs(x.high)
    return x.like(np.where(np.sign(x.low) * np.sign(x.high) < 0, 0.0, np.minimum(*ends)), np.maximum(*ends))


def dot(x: tuple[Interval, ...], y: tuple[Interval, ...]) -> Interval:
    """The sum of products in any order."""
    products = [a * b for a, b in zip(x, y, strict=True)]
    total = products[0]
    for item in products[1:]:
        total = total + item
    backward = products[-1]
    for item in reversed(products[:-1]):
        backward = backward + item
    if len(products) == 4:
        backward = backward.or_((products[0] + products[1]) + (products[2] + products[3]))
    return total.or_(backward)


def length(x: Any) -> Interval:
    if isinstance(x, Interval):
        return _absolute(x).or_(sqrt(x * x))
    return sqrt(dot(x, x))


def _distance(x: Any, y: Any) -> Interval:
    return length(x - y if isinstance(x, Interval) else tuple(a - b for a, b in zip(x, y, strict=True)))


def _normalize(x: tuple[Interval, ...]) -> tuple[Interval, ...]:
    size = length(x)
    return tuple(part / size for part in x)


def cross(x: tuple[Interval, ...], y: tuple[Interval, ...]) -> tuple[Interval, ...]:
    turns = ((1, 2), (2, 0), (0, 1))
    return tuple(x[i] * y[j] - x[j] * y[i] for i, j in turns)


def _reflect(x: tuple[Interval, ...], y: tuple[Interval, ...]) -> tuple[Interval, ...]:
    along = dot(y, x)
    return tuple(a - (2.0 * along * b).or_(2.0 * (along * b)) for a, b in zip(x, y, strict=True))


def _face_forward(x: tuple[Interval, ...], y: tuple[Interval, ...], z: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The vector or, where the product is not negative, its opposite; what is between where rounding decides."""
    along = dot(y, z)
    kept, turned = along.low < 0, along.high >= 0
    return tuple(part.where(kept).otherwise(-part).or_((-part).where(turned).otherwise(part)) for part in x)


def _refract(x: tuple[Interval, ...], y: tuple[Interval, ...], ratio: Interval) -> tuple[Interval, ...]:
    along = dot(y, x)
    rest = 1.0 - ratio * ratio * (1.0 - along * along)
    reflected = rest.high < 0
    bent = [(ratio * a - (ratio * along + sqrt(rest)) * b) for a, b in zip(x, y, strict=True)]
    parts = []
    for part in bent:
        low, high = np.where(reflected, 0.0, part.low), np.where(reflected, 0.0, part.high)
        parts.append(Interval(part.format, low, high))
    return tuple(parts)


def _mix(x: Interval, y: Interval, z: Interval) -> Interval:
    """Inherited from ``x * (1.0 - z) + y * z``; the conformance suite takes the form with one multiplication too."""
    return (x * (1.0 - z) + y * z).or_(x + (y - x) * z)


def _fract(x: Interval) -> Interval:
    """Inherited from ``x - floor(x)``; the greatest number below 1 may stand for 1."""
    exact = x - floor_like(np.floor)(x)
    return exact.or_(x.like(np.minimum(exact.low, 1 - 2.0 ** -(x.format.fraction + 1)), exact.high)).where(exact.known)


def _quantized(x: Interval) -> Interval:
    """Rounded up or down to an f16, whose denormals may be zero."""
    low, high = (Interval.of(ends, F16).rounded(ends, ends) for ends in (x.low, x.high))
    return x.like(low.low, high.high).where(low.known & high.known)


BOUNDS: Mapping[str, Bound] = {
    "%": _remainder,
    "*": lambda x, y: x * y,
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "/": lambda x, y: x / y,
    "abs": _absolute,
    "acos": _acos,
    "acosh": lambda x: log(x + sqrt(x * x - 1.0)),
    "asin": _asin,
    "asinh": lambda x: log(x + sqrt(x * x + 1.0)),
    "atan": lambda x: x.rising(np.arctan, ulps=_by_format(x.format, 4096, 5)),
    "atan2": atan2,
    "atanh": lambda x: log((1.0 + x) / (1.0 - x)) * 0.5,
    "ceil": floor_like(np.ceil),
    "clamp": _clamp,
    "cos": cos,
    "cosh": cosh,
    "cross": cross,
    "degrees": lambda x: x * 57.295779513082322865,
    "distance": _distance,
    "dot": dot,
    "exp": exp,
    "exp2": exp2,
    "faceForward": _face_forward,
    "floor": floor_like(np.floor),
    "fma": lambda x, y, z: x * y + z,
    "fract": _fract,
    "inverseSqrt": inverse_sqrt,
    "length": length,
    "log": log,
    "log2": log2,
    "max": maximum,
    "min": minimum,
    "mix": _mix,
    "normalize": _normalize,
    "pow": lambda x, y: exp2(y * log2(x)),
    "quantizeToF16": _quantized,
    "radians": lambda x: x * 0.017453292519943295474,
    "reflect": _reflect,
    "refract": _refract,
    "round": floor_like(np.rint),
    "saturate": _saturate,
    "sign": floor_like(np.sign),
    "sin": sin,
    "sinh": sinh,
    "smoothstep": _smoothstep,
    "sqrt": sqrt,
    "step": _step,
    "tan": lambda x: sin(x) / cos(x),
    "tanh": _tanh,
    "trunc": floor_like(np.trunc),
}
"""By function or operator, what the standard accepts."""

_OF_ONE = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "degrees", "exp", "exp2", "floor",
    "fract", "inverseSqrt", "log", "log2", "radians", "round", "saturate", "sign", "sin", "sinh", "sqrt", "tan", "tanh",
    "trunc",
)  # fmt: skip
_OF_SEVERAL = {"atan2": 2, "clamp": 3, "fma": 3, "max": 2, "min": 2, "mix": 3, "pow": 2, "smoothstep": 3, "step": 2}
ARITIES = {**dict.fromkeys(_OF_ONE, 1), **_OF_SEVERAL}
"""By function of floats, of f32 or f16 alike, how many it takes."""


def bound(name: str, *arguments: Any) -> Any:
    """Return what the standard accepts as the result of a function or an operator."""
    with np.errstate(all="ignore"):
        return BOUNDS[name](*arguments)
