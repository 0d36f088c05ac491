"""How far two implementations of a float expression may be apart: WGSL, section 15.7.4, "Accuracy of f32".

A bound takes the arguments and the result as float64 arrays and returns an absolute error per element: of one
implementation from the true result, infinity where the standard leaves the result free. What "inherits" is worked out
from the expression that the standard names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bound = Callable[..., Floats]

EPS = 2.0**-23
SMALLEST = 2.0**-149
SMALLEST_NORMAL = 2.0**-126
GREATEST = float(np.finfo(np.float32).max)


def ulp(x: Any) -> Floats:
    """Return the distance of neighbours in float32."""
    power = np.floor(np.log2(np.maximum(np.abs(np.asarray(x, np.float64)), SMALLEST_NORMAL)))
    return np.asarray(np.exp2(power - 23))


def exact(*arguments: Floats) -> Floats:
    """Correctly rounded: two implementations give the same, or what is one of the two nearest numbers."""
    return 0 * arguments[-1]


def rounded(*arguments: Floats) -> Floats:
    """One operation, rounded to one of the two nearest numbers."""
    return ulp(arguments[-1])


def ulps(count: float) -> Bound:
    def bound(*arguments: Floats) -> Floats:
        return count * ulp(arguments[-1])

    return bound


def within(bound: Bound, low: float, high: float, *, of: int = 0) -> Bound:
    """A bound that holds for arguments between ``low`` and ``high``; elsewhere the result is free."""

    def limited(*arguments: Floats) -> Floats:
        inside = (arguments[of] >= low) & (arguments[of] <= high)
        return np.where(inside, bound(*arguments), np.inf)

    return limited


def sine(*arguments: Floats) -> Floats:
    return np.where(np.abs(arguments[0]) <= np.pi, 2.0**-11, np.inf)


def tangent(x: Floats, result: Floats) -> Floats:
    cosine = np.abs(np.cos(x))
    error = 2.0**-11 * (1 + np.abs(result)) / np.maximum(cosine - 2.0**-11, SMALLEST) + 2.5 * ulp(result)
    return np.where((np.abs(x) <= np.pi) & (cosine > 2.0**-9), error, np.inf)


def arc(x: Floats, result: Floats) -> Floats:
    return np.where(np.abs(x) <= 1, np.maximum(6.77e-5, 4096 * ulp(result)), np.inf)


def power_of_e(x: Floats, result: Floats) -> Floats:
    return (3 + 2 * np.abs(x)) * ulp(result)


def logarithm(x: Floats, result: Floats) -> Floats:
    return np.where(x > 0, np.where((x >= 0.5) & (x <= 2), 2.0**-21, 3 * ulp(result)), np.inf)


def power(x: Floats, y: Floats, result: Floats) -> Floats:
    """``exp2(y * log2(x))``."""
    log = np.log2(np.where(x > 0, x, np.nan))
    exponent = y * log
    error = np.abs(y) * logarithm(x, log) + ulp(exponent)
    relative = np.exp2(np.minimum(error, 200)) - 1
    return np.where(x > 0, np.abs(result) * relative + (3 + 2 * np.abs(exponent)) * ulp(result), np.inf)


def _sinh_error(x: Floats) -> Floats:
    up, down = np.exp(x), np.exp(-x)
    # (exp(x) - exp(-x)) * 0.5: where exp(x) is infinite, all is.
    error = 0.5 * (power_of_e(x, up) + power_of_e(x, down)) + ulp(up + down)
    return np.where(np.maximum(up, down) * (1 + 256 * EPS) < GREATEST, error, np.inf)


def hyperbolic(x: Floats, result: Floats) -> Floats:  # noqa: ARG001 - a bound
    return _sinh_error(x)


def hyperbolic_tangent(x: Floats, result: Floats) -> Floats:
    return (1 + np.abs(result)) * _sinh_error(x) / np.cosh(np.clip(x, -90, 90)) + 2.5 * ulp(result)


def area_sine(x: Floats, result: Floats) -> Floats:
    """``log(x + sqrt(x * x + 1))``, which cancels on the left."""
    root = np.sqrt(x * x + 1)
    error = 8 * (ulp(np.abs(x)) + ulp(root)) / np.maximum(x + root, SMALLEST)
    return np.where((np.abs(x) < 1e18) & (error < 0.1), error + logarithm(x + root, result), np.inf)


def area_cosine(x: Floats, result: Floats) -> Floats:
    """``log(x + sqrt(x * x - 1))``."""
    root = np.sqrt(np.maximum(x * x - 1, 0))
    inner = 2 * ulp(x * x) / np.maximum(root, EPS) + 8 * ulp(x)
    return np.where((x >= 1) & (x < 1e18), inner / np.maximum(x + root, 1) + logarithm(x + root, result), np.inf)


def area_tangent(x: Floats, result: Floats) -> Floats:
    """``log((1 + x) / (1 - x)) * 0.5``."""
    quotient = (1 + x) / np.maximum(1 - x, SMALLEST)
    error = 8 * EPS + logarithm(quotient, 2 * result)
    return np.where(np.abs(x) < 1, error, np.inf)


def remainder(x: Floats, y: Floats, result: Floats) -> Floats:
    """``x - y * trunc(x / y)``: where the quotient is nearly whole, it may be either side."""
    quotient = x / y
    near = np.abs(quotient - np.round(quotient)) <= 4 * ulp(quotient)
    error = np.where(near, np.abs(y), 0) + ulp(x) + ulp(result)
    return np.where((np.abs(quotient) < 2.0**22) & (np.abs(y) >= SMALLEST_NORMAL), error, np.inf)


def quotient(x: Floats, y: Floats, result: Floats) -> Floats:  # noqa: ARG001
    inside = (np.abs(y) >= SMALLEST_NORMAL) & (np.abs(y) <= 2.0**126)
    return np.where(inside, 2.5 * ulp(result), np.inf)


def arc_of_two(y: Floats, x: Floats, result: Floats) -> Floats:
    inside = (np.abs(x) >= SMALLEST_NORMAL) & (np.abs(x) <= 2.0**126) & np.isfinite(y) & (np.abs(y) >= SMALLEST_NORMAL)
    return np.where(inside, 4096 * ulp(result), np.inf)


def product_and_sum(x: Floats, y: Floats, z: Floats, result: Floats) -> Floats:
    return np.where(np.abs(x * y) < GREATEST, ulp(x * y) + ulp(z) + ulp(result), np.inf)


def mixed(x: Floats, y: Floats, z: Floats, result: Floats) -> Floats:
    """``x * (1 - z) + y * z``, or ``x + (y - x) * z``."""
    parts = np.abs(x) + np.abs(y)
    size = parts * (1 + np.abs(z))
    return np.where(size < GREATEST, 4 * ulp(size) + ulp(result), np.inf)


def smooth(low: Floats, high: Floats, x: Floats, result: Floats) -> Floats:
    """``t * t * (3 - 2 * t)`` with ``t = clamp((x - low) / (high - low), 0, 1)``."""
    span = high - low
    error = 8 * (ulp(x) + ulp(low) + ulp(high)) / np.maximum(np.abs(span), SMALLEST) + 8 * EPS
    usable = (low < high) & (np.abs(x - low) < GREATEST) & (span < GREATEST)
    return np.where(usable & (error < 1), 2 * error, np.inf) + ulp(result)


def of_sums(size: Callable[..., Floats], *, terms: float) -> Bound:
    """A sum of products: ``terms`` roundings of ``size(*arguments)``, the sum of what is added without its signs."""

    def bound(*arguments: Floats) -> Floats:
        total = size(*arguments[:-1])
        return np.where(total < GREATEST, terms * ulp(total), np.inf)

    return bound
