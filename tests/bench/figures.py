"""Measuring and telling."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence


def say(name: str, milliseconds: Sequence[float]) -> float:
    """Print the median and the range; return the median."""
    middle = statistics.median(milliseconds)
    print(f"{name:<44} median {middle:8.1f} ms   {min(milliseconds):8.1f} .. {max(milliseconds):.1f}")
    return middle


def timed(action: Callable[[], object]) -> float:
    """Return the milliseconds that ``action`` takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def number(value: float) -> str:
    """Return a number with as many digits as it is worth."""
    if value < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
