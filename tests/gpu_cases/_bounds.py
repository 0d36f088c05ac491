"""Checks of the ready kernels' results against float64, within the bounds that their docstrings state."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web import KernelError

EPS = 2.0**-23
TINY = 2.0**-126
BEYOND_ONE_DIMENSION = 65_535 * 64 + 1
"""Elements, one more than a dispatch along x reaches with 64 invocations a workgroup."""

LENGTHS = (1, 2, 3, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 2047, 2048, 2049, 8191, 8192, 8193, 16_385, 100_003)
"""Around powers of two, workgroups and blocks."""


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def mixed(count: int, *, seed: int = 0) -> np.ndarray:
    """Magnitudes from 1e-12 to 1e12 with either sign: what is large swallows what is small, and much cancels."""
    random = generator(seed)
    signs = random.choice([-1.0, 1.0], count)
    return (signs * 10.0 ** random.uniform(-12, 12, count)).astype(np.float32)


def cancelling(count: int, *, seed: int = 0) -> np.ndarray:
    """Large pairs that cancel out exactly, among small values, in any order."""
    random = generator(seed)
    large = (random.standard_normal(count // 2) * 1e6).astype(np.float32)
    small = random.standard_normal(count - 2 * (count // 2) + count // 8).astype(np.float32)
    return random.permutation(np.concatenate((large, -large, small)))[: max(count, 1)]


def gamma(roundings: int) -> float:
    """Higham's gamma_k, with WGSL's eps in place of the unit roundoff."""
    return roundings * EPS / (1 - roundings * EPS)


def within(actual: Any, exact: Any, bound: Any) -> None:
    """Require ``|actual - exact| <= bound`` of every element, and the same shape."""
    actual, exact = np.asarray(actual, np.float64), np.asarray(exact, np.float64)
    assert actual.shape == exact.shape, f"shape {actual.shape} and not {exact.shape}"
    error = np.abs(actual - exact)
    excess = error - np.broadcast_to(bound, error.shape)
    worst = int(np.argmax(excess)) if error.size else 0
    assert error.size == 0 or not (excess > 0).any(), (
        f"element {worst}: {actual.flat[worst]!r} and not {exact.flat[worst]!r}, error {error.flat[worst]:.3e}, "
        f"bound {np.broadcast_to(bound, error.shape).flat[worst]:.3e}"
    )


def same(actual: Any, expected: Any) -> None:
    """Require equal elements (NaN equal to NaN), dtype and shape."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype, f"dtype {actual.dtype} and not {expected.dtype}"
    np.testing.assert_array_equal(actual, expected)


async def code_of(awaitable: Any) -> str:
    """Return the code that awaiting fails with."""
    try:
        await awaitable
    except KernelError as error:
        return error.code
    return "none"
