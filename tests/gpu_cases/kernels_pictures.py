"""The Mandelbrot set and the game of life."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import also_on_cpu
from ._bounds import code_of, generator, same

SEAHORSES = -0.743643887037151 + 0.131825904205330j


def escape_times(shape: tuple[int, int], center: complex, extent: float, iterations: int) -> np.ndarray:
    """In float64, pixel by pixel as the docstring says."""
    height, width = shape
    step = extent / width
    real = center.real + (np.arange(width) - (width - 1) / 2) * step
    imaginary = center.imag - (np.arange(height) - (height - 1) / 2) * step
    c = real[None, :] + 1j * imaginary[:, None]
    z, counts = np.zeros_like(c), np.full(shape, iterations, np.uint32)
    with np.errstate(all="ignore"):
        for count in range(1, iterations + 1):
            z = z * z + c
            # What is beyond 2, or beyond all numbers, was never counted before.
            counts[(counts == iterations) & ~(np.abs(z) <= 2)] = count
    return counts


async def check_picture(gpu: Any, center: complex, extent: float, iterations: int) -> None:
    shape = (61, 90)
    expected = escape_times(shape, center, extent, iterations)
    moved = escape_times(shape, center + extent / shape[1] / 100, extent, iterations)
    counts = await gpu.kernels.mandelbrot(shape, center=center, extent=extent, iterations=iterations)
    assert (counts.dtype, counts.shape) == (np.uint32, shape)
    different = np.count_nonzero(counts != expected)
    allowed = np.count_nonzero(moved != expected)
    assert different <= allowed, f"{different} pixels differ; moved by a hundredth of a pixel, {allowed} do"


@also_on_cpu
async def case_the_whole_set_is_that_of_float64(gpu: Any) -> None:
    await check_picture(gpu, -0.75, 3.5, 200)


@also_on_cpu
async def case_the_set_is_true_where_float32_cannot_tell_pixels_apart(gpu: Any) -> None:
    for extent in (1e-3, 1e-6, 1e-9):
        await check_picture(gpu, SEAHORSES, extent, 600)


@also_on_cpu
async def case_pixels_are_followed_where_the_middle_escapes_at_once(gpu: Any) -> None:
    await check_picture(gpu, 1 + 1j, 6, 50)
    await check_picture(gpu, -1.401155 + 0.02j, 0.1, 300)


@also_on_cpu
async def case_what_stays_has_all_iterations_and_what_is_outside_has_one(gpu: Any) -> None:
    inside = await gpu.kernels.mandelbrot((9, 11), center=-0.1, extent=0.2, iterations=37)
    same(inside, np.full((9, 11), 37, np.uint32))
    outside = await gpu.kernels.mandelbrot((9, 11), center=30, extent=0.2, iterations=37)
    same(outside, np.ones((9, 11), np.uint32))
    farther = await gpu.kernels.mandelbrot((2, 2), center=1e200, extent=1, iterations=9)
    same(farther, np.ones((2, 2), np.uint32))
    same(await gpu.kernels.mandelbrot((0, 11)), np.zeros((0, 11), np.uint32))


@also_on_cpu
async def case_pictures_that_cannot_be_are_refused_by_code(gpu: Any) -> None:
    for wrong in (
        {"iterations": 0},
        {"extent": 0},
        {"extent": float("nan")},
        {"extent": float("inf")},
        {"center": complex("nan")},
    ):
        assert await code_of(gpu.kernels.mandelbrot((2, 2), **wrong)) == "WEBGPU_ARGUMENT_INVALID"
    assert await code_of(gpu.kernels.mandelbrot((-1, 2))) == "WEBGPU_ARGUMENT_INVALID"


def generations(cells: np.ndarray, steps: int) -> np.ndarray:
    for _ in range(steps):
        shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
        neighbours = sum(np.roll(cells, shift, (0, 1)) for shift in shifts)
        cells = ((neighbours == 3) | ((neighbours == 2) & (cells == 1))).astype(np.uint32)
    return cells


@also_on_cpu
async def case_worlds_of_any_shape_live_on(gpu: Any) -> None:
    for shape in ((1, 1), (1, 7), (2, 2), (3, 3), (37, 53), (64, 64)):
        cells = generator().integers(0, 2, shape, np.uint32)
        for steps in (1, 2, 3, 10):
            same(await gpu.kernels.life(cells, steps=steps), generations(cells, steps))


@also_on_cpu
async def case_a_glider_crosses_the_edges_and_comes_back(gpu: Any) -> None:
    cells = np.zeros((10, 10), np.uint32)
    cells[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    moved = await gpu.kernels.life(cells, steps=4)
    same(moved, np.roll(cells, (1, 1), (0, 1)))
    same(await gpu.kernels.life(cells, steps=40), cells)


@also_on_cpu
async def case_a_world_stays_on_the_device_from_step_to_step(gpu: Any) -> None:
    cells = generator().integers(0, 2, (40, 50), np.uint32)
    world = await gpu.to_device(cells)
    for _ in range(5):
        following = await gpu.kernels.life(world, keep=True)
        world.destroy()
        world = following
    same(await world.read(), generations(cells, 5))


@also_on_cpu
async def case_cells_that_are_not_zero_live_and_other_worlds_are_refused(gpu: Any) -> None:
    cells = generator().integers(0, 2, (9, 9), np.uint32)
    same(await gpu.kernels.life(cells * 7), generations(cells, 1))
    same(await gpu.kernels.life(np.zeros((0, 5), np.uint32)), np.zeros((0, 5), np.uint32))
    assert await code_of(gpu.kernels.life(cells.astype(np.uint8))) == "WEBGPU_BINDING_DTYPE"
    assert await code_of(gpu.kernels.life(cells[0])) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(gpu.kernels.life(cells, steps=0)) == "WEBGPU_ARGUMENT_INVALID"
