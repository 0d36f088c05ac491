"""The Mandelbrot set in colours."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compute.present import palette_of, present

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..compute.provider import WebGpuComputeProvider
    from ..contracts.canvas import Canvas

INSIDE = (8, 12, 16)
"""The colour of what has not escaped."""
# One round of colours: the place in it, and red, green, blue.
_ROUND = (
    (0.00, (12, 28, 44)),
    (0.18, (15, 110, 110)),
    (0.38, (120, 214, 190)),
    (0.50, (250, 246, 224)),
    (0.64, (240, 176, 72)),
    (0.82, (150, 52, 50)),
    (1.00, (12, 28, 44)),
)
_ROUNDS_PER_DOUBLING = 0.46
"""How much of a round passes while the count doubles: counts grow ever faster towards the set's edge."""
_FIRST = 3.0
"""Added to the counts, so that the first ones, far out, are alike."""


async def draw(
    gpu: WebGpuComputeProvider, canvas: Canvas, shape: tuple[int, int], *, center: complex, step: float, limit: int
) -> None:
    """Draw a picture of ``shape`` (rows, columns), ``step`` between its pixels, of ``limit`` iterations at most."""
    extent = step * shape[1]
    counts = await gpu.kernels.mandelbrot(
        shape, center=center, extent=extent, iterations=limit, keep=not gpu.using_cpu_fallback
    )
    await present(gpu, counts, canvas, palette=palette(limit))


@functools.lru_cache(maxsize=64)
def palette(limit: int) -> NDArray[np.uint32]:
    """Return the colours of the counts from 0 to ``limit``."""
    counts: NDArray[Any] = np.arange(limit + 1)
    turns = np.log2((counts + _FIRST) / (1 + _FIRST)) * _ROUNDS_PER_DOUBLING % 1.0
    places = [place for place, _ in _ROUND]
    parts = np.array([[colour[part] for _, colour in _ROUND] for part in range(3)], np.float64)
    colours = np.stack([np.interp(turns, places, part) for part in parts], axis=1)
    colours[limit] = INSIDE
    return palette_of(colours)
