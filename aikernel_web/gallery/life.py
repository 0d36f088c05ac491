"""The game of life in colours: the newborn are the brightest, and the dead leave a trail."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compute.present import palette_of, present
from ..contracts.errors import InvalidArgumentError
from ..contracts.gpu_errors import DeviceLost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..compute.provider import WebGpuComputeProvider
    from ..contracts.canvas import Canvas

WORKGROUP_SIZE = 64
DENSITY = 0.22
"""How much of a world that is filled at random is alive."""
SAVE_EVERY = 64
"""Pictures between two copies of the world, from which it goes on when the device is lost."""

# A cell's glow: its age while it is alive, and what is left of it afterwards.
BORN, OLD = 160, 255
TRAIL, FADE = 95, 3

GLOW = f"""\
@group(0) @binding(0) var<storage, read> cells: array<u32>;
@group(0) @binding(1) var<storage, read_write> glow: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  if (id.x >= arrayLength(&glow)) {{
    return;
  }}
  let before = glow[id.x];
  let alive = select({BORN}u, min(before + 1u, {OLD}u), before >= {BORN}u);
  let dead = select(max(before, {FADE}u) - {FADE}u, {TRAIL}u, before >= {BORN}u);
  glow[id.x] = select(dead, alive, cells[id.x] != 0u);
}}
"""

EDIT = """\
@group(0) @binding(0) var<storage, read> edits: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> cells: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&edits)) {
    return;
  }
  let edit = edits[id.x];
  cells[edit.x] = select(edit.y, 1u - min(cells[edit.x], 1u), edit.y == 2u);
}
"""
"""Cells are set to 0 or 1, or, with 2, to what they are not; no place is named twice."""


class World:
    """Cells on a torus, on the GPU as long as there is one."""

    def __init__(self, gpu: WebGpuComputeProvider, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.generation = 0
        self._gpu = gpu
        self._cells: Any = None
        self._glow: Any = None
        self._kept: NDArray[np.uint32] = np.zeros(shape, np.uint32)
        self._kept_generation = 0
        self._drawn = 0

    async def draw(self, canvas: Canvas, *, fill: str | None, edits: Sequence[int], steps: int) -> int:
        """Fill (``random`` or ``clear``), set cells, play so many generations, show; return the number of this one.

        Raises `DeviceLost`: again it goes on, from where the world was copied last.
        """
        if fill not in (None, "random", "clear"):
            message = f"The world cannot be filled with {fill!r}: say random or clear."
            raise InvalidArgumentError(message, code="GALLERY_REQUEST_INVALID")
        changes = np.array(edits, np.uint32).reshape(-1, 2)
        if changes.size and (changes[:, 0].max() >= self.shape[0] * self.shape[1] or changes[:, 1].max() > 2):  # noqa: PLR2004
            message = "The edits name a place or a state that there is not."
            raise InvalidArgumentError(message, code="GALLERY_REQUEST_INVALID")
        try:
            await self._change(fill, changes)
            await self._play(steps)
            await self._show(canvas)
        except DeviceLost:
            self._cells = None
            raise
        return self.generation

    async def _change(self, fill: str | None, changes: NDArray[np.uint32]) -> None:
        if fill is not None:
            alive = np.random.default_rng().random(self.shape) < (DENSITY if fill == "random" else 0)
            self._kept, self._kept_generation = alive.astype(np.uint32), 0
            self._cells = None
        if self._cells is None or isinstance(self._cells, np.ndarray) != self._gpu.using_cpu_fallback:
            await self._restore()
        if not len(changes):
            return
        if self._gpu.using_cpu_fallback:
            set_cells(self._cells, changes)
        else:
            groups = -(-len(changes) // WORKGROUP_SIZE)
            await self._gpu.dispatch(EDIT, {"edits": changes, "cells": self._cells}, workgroups=groups, keep=True)
        await self._keep()

    async def _restore(self) -> None:
        self.generation = self._kept_generation
        if self._gpu.using_cpu_fallback:
            self._cells, self._glow = self._kept.copy(), np.zeros(self.shape, np.uint32)
        else:
            self._cells, self._glow = await self._gpu.to_device(self._kept), self._gpu.empty(self.shape, "u32")

    async def _play(self, steps: int) -> None:
        if not steps:
            return
        self._cells = await self._gpu.kernels.life(self._cells, steps=steps, keep=not self._gpu.using_cpu_fallback)
        self.generation += steps

    async def _show(self, canvas: Canvas) -> None:
        if self._gpu.using_cpu_fallback:
            self._glow = glowing(self._cells, self._glow)
        else:
            groups = -(-self._cells.size // WORKGROUP_SIZE)
            await self._gpu.dispatch(GLOW, {"cells": self._cells, "glow": self._glow}, workgroups=groups, keep=True)
        await present(self._gpu, self._glow, canvas, palette=palette())
        self._drawn += 1
        if self._drawn % SAVE_EVERY == 0:
            await self._keep()

    async def _keep(self) -> None:
        cells = self._cells
        self._kept = cells.copy() if isinstance(cells, np.ndarray) else await cells.read()
        self._kept_generation = self.generation


def glowing(cells: NDArray[np.uint32], glow: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Do with NumPy what `GLOW` does."""
    was_alive = glow >= BORN
    alive = np.where(was_alive, np.minimum(glow + 1, OLD), BORN)
    dead = np.where(was_alive, TRAIL, np.maximum(glow, FADE) - FADE)
    return np.where(cells != 0, alive, dead).astype(np.uint32)


def set_cells(cells: NDArray[np.uint32], changes: NDArray[np.uint32]) -> None:
    """Do with NumPy what `EDIT` does."""
    flat = cells.reshape(-1)
    places, states = changes[:, 0], changes[:, 1]
    flat[places] = np.where(states == 2, 1 - np.minimum(flat[places], 1), states)  # noqa: PLR2004


@functools.cache
def palette() -> NDArray[np.uint32]:
    """Return the colours of glows from 0 to `OLD`."""
    glows = (0, 1, TRAIL, TRAIL + 1, BORN, BORN + 12, OLD)
    colours = ((14, 20, 24), (14, 22, 28), (22, 78, 84), (22, 78, 84), (255, 250, 225), (150, 232, 208), (52, 176, 152))
    parts = np.array(colours, np.float64)
    return palette_of(np.stack([np.interp(range(OLD + 1), glows, parts[:, part]) for part in range(3)], axis=1))
