"""What a float may be after rounding: intervals, by which the conformance suite bounds results too (section 15.7).

An implementation may flush denormals to zero at every step, round a result up or down, and have anything at all once a
number is infinite, NaN, or too large.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_Bound = Callable[..., Any]


@dataclass(frozen=True)
class Format:
    """A floating-point type."""

    kind: type[np.generic]
    fraction: int
    """Bits of the fraction."""
    lowest: int
    """The exponent of the least normal number."""

    @property
    def greatest(self) -> float:
        return float(np.finfo(self.kind).max)

    @property
    def least_normal(self) -> float:
        return 2.0**self.lowest

    def ulp(self, number: Doubles) -> Doubles:
        """Return the distance of the two floats around a number."""
        _, exponent = np.frexp(np.abs(number))
        return np.ldexp(1.0, np.maximum(np.where(number == 0, self.lowest, exponent - 1), self.lowest) - self.fraction)


F32 = Format(np.float32, 23, -126)
F16 = Format(np.float16, 10, -14)


@dataclass(frozen=True)
class Interval:
    """What lies between two numbers, for each element of two arrays of doubles; everything where they are infinite."""

    format: Format
    low: Doubles
    high: Doubles

    @classmethod
    def of(cls, numbers: Any, form: Format = F32) -> Interval:
        """Return arguments as a shader sees them: denormals may be zero, and of infinity and NaN nothing is known."""
        with np.errstate(all="ignore"):
            exact = np.asarray(numbers).astype(np.float64)
        return cls._made(form, exact, exact)

    @classmethod
    def _made(cls, form: Format, low: Any, high: Any) -> Interval:
        with np.errstate(all="ignore"):
            low, high = np.broadcast_arrays(np.asarray(low, np.float64), np.asarray(high, np.float64))
            low = np.where((low > 0) & (low < form.least_normal), 0.0, low)
            high = np.where((high < 0) & (high > -form.least_normal), 0.0, high)
            # A sum of what may have been flushed is between: the hull of an interval within the denormals has zero.
            high = np.where((low < 0) & (low > -form.least_normal), np.maximum(high, 0.0), high)
            low = np.where((high > 0) & (high < form.least_normal), np.minimum(low, 0.0), low)
            known = (low >= -form.greatest) & (high <= form.greatest)
            return cls(form, np.where(known, low, -np.inf), np.where(known, high, np.inf))

    def rounded(self, low: Any, high: Any, *, ulps: Any = 0.0, absolute: Any = 0.0) -> Interval:
        """Return what results between two exact ones become, with an error besides the rounding up or down."""
        with np.errstate(all="ignore"):
            low = low - absolute - ulps * self.format.ulp(low)
            high = high + absolute + ulps * self.format.ulp(high)
            return self._made(self.format, _outward(low, self.format, -np.inf), _outward(high, self.format, np.inf))

    def like(self, low: Any, high: Any) -> Interval:
        """Return what is between two floats of this type: nothing is rounded."""
        return self._made(self.format, low, high)

    def where(self, condition: Any) -> Interval:
        """Return the same where the condition holds, and everything elsewhere."""
        return Interval(self.format, np.where(condition, self.low, -np.inf), np.where(condition, self.high, np.inf))

    def or_(self, other: Interval) -> Interval:
        """Return what holds both."""
        return Interval(self.format, np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def otherwise(self, other: Interval) -> Interval:
        """Return the same where it is known, and another elsewhere."""
        return Interval(
            self.format, np.where(self.known, self.low, other.low), np.where(self.known, self.high, other.high)
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.isfinite(self.low) & np.isfinite(self.high)

    def rising(self, function: _Bound, *, ulps: _Bound | float = 0.0, absolute: Any = 0.0) -> Interval:
        """Return what a function that never falls makes of it; ``ulps`` may depend on the argument."""
        with np.errstate(all="ignore"):
            wide = np.maximum(ulps(self.low), ulps(self.high)) if callable(ulps) else ulps
            return self.rounded(function(self.low), function(self.high), ulps=wide, absolute=absolute).where(self.known)

    def corners(self, other: Interval, function: _Bound, *, ulps: Any = 0.0) -> Interval:
        """Return what a function makes of two, which has its extremes at their ends."""
        with np.errstate(all="ignore"):
            ends = [function(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
            low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
            return self.rounded(low, high, ulps=ulps).where(self.known & other.known)

    def accepts(self, found: Any) -> NDArray[np.bool_]:
        """Return where a result is within; any is, NaN too, where nothing is known."""
        with np.errstate(all="ignore"):
            number = np.asarray(found).astype(np.float64)
            return ~self.known | ((number >= self.low) & (number <= self.high))

    def __add__(self, other: Any) -> Interval:
        return self.corners(self._taken(other), np.add)

    def __sub__(self, other: Any) -> Interval:
        return self.corners(self._taken(other), np.subtract)

    def __rsub__(self, other: Any) -> Interval:
        return self._taken(other) - self

    def __mul__(self, other: Any) -> Interval:
        return self.corners(self._taken(other), np.multiply)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Interval:
        return self.like(-self.high, -self.low)

    def __truediv__(self, other: Any) -> Interval:
        by = self._taken(other)
        least, greatest = self.format.least_normal, 1 / self.format.least_normal
        size = np.minimum(np.abs(by.low), np.abs(by.high)), np.maximum(np.abs(by.low), np.abs(by.high))
        sound = (np.sign(by.low) == np.sign(by.high)) & (size[0] >= least) & (size[1] <= greatest)
        return self.corners(by, np.divide, ulps=2.5).where(sound)

    def __rtruediv__(self, other: Any) -> Interval:
        return self._taken(other) / self

    def _taken(self, other: Any) -> Interval:
        # A constant that no float is has two neighbours, either of which may stand for it.
        return other if isinstance(other, Interval) else self.rounded(np.float64(other), np.float64(other))


def _outward(number: Doubles, form: Format, toward: float) -> Doubles:
    """Return the float of a type at or beyond a number, in one direction."""
    near = number.astype(form.kind)
    short = near.astype(np.float64) < number if toward > 0 else near.astype(np.float64) > number
    with np.errstate(all="ignore"):
        return np.where(short, np.nextafter(near, form.kind(toward)), near).astype(np.float64)
