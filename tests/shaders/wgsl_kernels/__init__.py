"""Compute kernels in the style of published ones, with NumPy's word for what they compute.

A module of this package holds ``async def kernel_<name>(gpu)`` functions. Each dispatches its shaders on the provider
that it is given, asserts what comes out, and returns the arrays that must come out (close to) equal wherever they run.
It imports NumPy and this package, and nothing else: its text travels into the page's interpreter.
"""

from __future__ import annotations

import ast
import importlib
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Kernel = Callable[[Any], Awaitable[Arrays]]

FOLDER = Path(__file__).parent
BOUND = 2e-5
"""Of floats, beside the greatest number of an array: what a few hundred sums in another order come to."""
BOUNDS = {"kernel_fourier_transform": 2e-3}
"""Of those that live on sines, which WGSL lets be wrong by 2**-11, and SwiftShader's nearly are."""


def find_kernels() -> Iterator[tuple[str, str]]:
    """Yield the module and the function of each kernel, from their texts."""
    for file in sorted(FOLDER.glob("[!_]*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8"), file.name).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("kernel_"):
                yield file.stem, node.name


async def results(gpu: Any, module: str, name: str) -> Arrays:
    """Run a kernel on a provider; what it computes has been held against NumPy's."""
    kernel: Kernel = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return await kernel(gpu)


async def compared(gpu: Any, cpu: Any, module: str, name: str) -> str:
    """Run a kernel on two providers; return in words what went wrong, or nothing."""
    try:
        ours, theirs = await results(cpu, module, name), await results(gpu, module, name)
    except Exception:
        return traceback.format_exc()
    return "; ".join(
        f"{key}: {ours[key].ravel()[:8]} on the CPU, {theirs[key].ravel()[:8]} on the GPU"
        for key in theirs
        if not alike(ours[key], theirs[key], bound=BOUNDS.get(name, BOUND))
    )


def alike(one: NDArray[Any], other: NDArray[Any], *, bound: float = BOUND) -> bool:
    """Whether two arrays are equal, or of floats close."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return bool((one == other).all())
    scale = max(1e-30, float(np.abs(other).max(initial=0)))
    return bool(np.allclose(one, other, rtol=bound, atol=bound * scale, equal_nan=True))


def floats(seed: int, *shape: int) -> NDArray[np.float32]:
    """Return numbers between -1 and 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def words(seed: int, count: int, below: int = 2**32) -> NDArray[np.uint32]:
    """Return unsigned numbers."""
    return np.random.default_rng(seed).integers(0, below, count, np.uint32)
