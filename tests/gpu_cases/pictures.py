"""What pictures are made by: colours for values, and the gallery's shaders, against their NumPy twins."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from aikernel_web.compute.present import COLOURS, colours, palette_of, present
from aikernel_web.contracts.gpu import READ
from aikernel_web.contracts.gpu_errors import DeviceLost
from aikernel_web.gallery.life import BORN, EDIT, GLOW, World, glowing, set_cells
from aikernel_web.gallery.life import palette as life_palette

from . import also_on_cpu

SHAPE = (37, 53)


class Recorder:
    """A canvas that keeps what is shown there."""

    name = "recorder"

    def __init__(self) -> None:
        self.shown: Any = None

    async def show_buffer(self, device: Any, handle: int, *, width: int, height: int) -> None:
        pixels = np.zeros((height, width), np.uint32)
        await device.finish(device.submit([READ, handle, 0, pixels.size]), [pixels])
        self.shown = pixels

    async def show_pixels(self, pixels: Any, *, width: int, height: int) -> None:
        self.shown = np.frombuffer(bytes(pixels), np.uint32).reshape(height, width)


def values(kind: str) -> Any:
    random = np.random.default_rng(5)
    if kind == "f32":
        return random.uniform(-0.2, 1.2, SHAPE).astype(np.float32)
    return random.integers(0 if kind == "u32" else -9, 40, SHAPE).astype({"u32": np.uint32, "i32": np.int32}[kind])


@also_on_cpu
async def case_values_have_the_colours_that_numpy_gives_them(gpu: Any) -> None:
    palette = np.arange(31, dtype=np.uint32) * 77
    for kind in ("f32", "u32", "i32"):
        array, low, steps = values(kind), np.float32(-0.1), np.float32(25.5)
        bindings = {"values": array, "palette": palette, "pixels": np.empty(SHAPE, np.uint32)}
        bindings["scale"] = {"low": low, "steps": steps}
        result = await gpu.dispatch(COLOURS.replace("TYPE", kind), bindings, workgroups=31)
        # A GPU may round the index of a value at the border of two colours to either.
        same = result["pixels"] == colours(array, palette, low, steps)
        assert same.mean() > 0.999, (kind, same.mean())


@also_on_cpu
async def case_an_array_is_shown_as_it_is(gpu: Any) -> None:
    canvas, pixels = Recorder(), values("u32")
    for array in (pixels, await gpu.to_device(pixels)):
        await present(gpu, array, canvas)
        assert np.array_equal(canvas.shown, pixels)
    await present(gpu, gpu.empty(SHAPE, "u32"), canvas)
    assert canvas.shown.shape == SHAPE
    assert not canvas.shown.any()


@also_on_cpu
async def case_an_array_is_shown_in_colours(gpu: Any) -> None:
    canvas, counts = Recorder(), values("u32")
    palette = palette_of(np.random.default_rng(1).integers(0, 256, (30, 3)))
    for array in (counts, await gpu.to_device(counts)):
        await present(gpu, array, canvas, palette=palette)
        assert np.array_equal(canvas.shown, palette[np.minimum(counts, 29)])
        await present(gpu, array, canvas, palette=palette, bounds=(0, 60))
        assert np.array_equal(canvas.shown, palette[counts // 2])


@also_on_cpu
async def case_cells_glow_as_they_do_in_numpy(gpu: Any) -> None:
    random = np.random.default_rng(2)
    cells = random.integers(0, 2, SHAPE).astype(np.uint32)
    glow = random.integers(0, 256, SHAPE).astype(np.uint32)
    result = await gpu.dispatch(GLOW, {"cells": cells, "glow": glow}, workgroups=31)
    assert np.array_equal(result["glow"], glowing(cells, glow))


@also_on_cpu
async def case_cells_are_set_as_they_are_in_numpy(gpu: Any) -> None:
    random = np.random.default_rng(3)
    cells = random.integers(0, 2, SHAPE).astype(np.uint32)
    places = random.permutation(cells.size)[:99].astype(np.uint32)
    changes = np.stack([places, random.integers(0, 3, 99).astype(np.uint32)], axis=1)
    result = await gpu.dispatch(EDIT, {"edits": changes, "cells": cells}, workgroups=2)
    set_cells(cells, changes)
    assert np.array_equal(result["cells"], cells)


@also_on_cpu
async def case_a_world_is_played_and_goes_on_on_another_device(gpu: Any) -> None:
    world, canvas = World(gpu, SHAPE), Recorder()
    line = [number for column in (5, 6, 7) for number in (10 * SHAPE[1] + column, 1)]
    assert await world.draw(canvas, fill=None, edits=line, steps=0) == 0
    assert await world.draw(canvas, fill=None, edits=[], steps=3) == 3
    alive = np.isin(canvas.shown, life_palette()[BORN:])
    assert np.argwhere(alive).tolist() == [[9, 6], [10, 6], [11, 6]]
    await gpu.shutdown()
    await gpu.initialize()
    with contextlib.suppress(DeviceLost):  # told once; the CPU has lost nothing
        await world.draw(canvas, fill=None, edits=[], steps=0)
    await world.draw(canvas, fill=None, edits=[], steps=1)
    assert np.isin(canvas.shown, life_palette()[BORN:]).sum() == 3
