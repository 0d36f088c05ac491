"""The lesser and the greater of two floats (WGSL, section 17.5): where one is NaN, the other is the result."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .blend import blend

_SHARED: Any = np.generic


def lesser_by_comparison(left: Any, right: Any) -> Any:
    """Return the lesser, of leaves."""
    if isinstance(left, _SHARED):
        left, right = right, left
    if isinstance(left, _SHARED) or (isinstance(right, _SHARED) and np.isnan(right)):
        return np.fmin(left, right)
    chosen = left < right
    return blend(chosen if isinstance(right, _SHARED) else chosen | np.isnan(right), left, right)


def greater_by_comparison(left: Any, right: Any) -> Any:
    """Return the greater, of leaves."""
    if isinstance(left, _SHARED):
        left, right = right, left
    if isinstance(left, _SHARED) or (isinstance(right, _SHARED) and np.isnan(right)):
        return np.fmax(left, right)
    chosen = left > right
    return blend(chosen if isinstance(right, _SHARED) else chosen | np.isnan(right), left, right)


# In WebAssembly NumPy calls C's function for each element: several times as long as to compare and choose.
_BY_COMPARISON = sys.platform == "emscripten"
lesser = lesser_by_comparison if _BY_COMPARISON else np.fmin
greater = greater_by_comparison if _BY_COMPARISON else np.fmax


def limited(value: Any, low: Any, high: Any) -> Any:
    """Return ``min(max(value, low), high)``, of which NaN is never the result where another operand is a number."""
    return lesser(greater(value, low), high)
