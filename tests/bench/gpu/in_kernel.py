"""What the Python contestants in the kernel share: the shaders, the arrays, and how a task is measured.

The text of this module runs in the kernel's interpreter, before those of its neighbours.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from aikernel_web.compute.kernels.matmul import TILE, shader
from aikernel_web.compute.kernels.reductions import BLOCK, sum_shader
from aikernel_web.compute.kernels.vector_add import VECTOR_ADD

STEP = """
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  out[id.x] = a[id.x] + 1u;
}
"""
STEPS = 1024
STEP_GROUPS = STEPS // 64
BATCH = 100
ELEMENTS = 2**20
SIDE = 1024
SIZES = (4, 4096, 4 * 2**20, 64 * 2**20)
ADD_GROUPS = ELEMENTS // 64
MATMUL_GROUPS = (SIDE // TILE) ** 2
SUM_GROUPS = ELEMENTS // BLOCK

GIVEN = {
    "step": STEP,
    "add": VECTOR_ADD,
    "matmul": shader("f32"),
    "sum": sum_shader("f32"),
    "matmulGroups": MATMUL_GROUPS,
    "sumGroups": SUM_GROUPS,
}

indices = np.arange(ELEMENTS)
X = (indices % 1000 / 1000).astype(np.float32)
Y = (indices % 777 / 777).astype(np.float32)
SOURCES = {size: np.ones(size, np.uint8) for size in SIZES}
TARGETS = {size: np.zeros(size, np.uint8) for size in SIZES}


async def nothing() -> None:
    """Settle what is settled."""


@dataclass
class Contestant:
    """Tasks by name; what is measured is ``act``, which may be a function or a coroutine function."""

    tasks: dict[str, Callable[[], Any]]
    results: dict[str, Callable[[], Awaitable[Any]]]
    settle: Callable[[], Awaitable[object]] = nothing

    async def measure(self, task: str, count: int, *, warm: int, settled: bool) -> float:
        """Return the microseconds that one act takes, with ``settled`` until all have run."""
        act = self.tasks[task]
        waits = inspect.iscoroutinefunction(act)
        for _ in range(warm):
            acted = act()
            if waits:
                await acted
        if warm:
            await self.settle()
        start = time.perf_counter()
        if waits:
            for _ in range(count):
                await act()
        else:
            for _ in range(count):
                act()
        if settled:
            await self.settle()
        took = time.perf_counter() - start
        if not settled:
            await self.settle()
        return took / count * 1e6

    async def result(self, task: str) -> list[float]:
        """Return a few numbers of what a task has computed."""
        return [float(number) for number in await self.results[task]()]
