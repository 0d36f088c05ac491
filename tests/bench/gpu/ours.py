"""The tasks with the provider, as its users write them.

The page of the benchmark watches all events of the kernel, and so those of ``kernel.gpu``: what that costs is a task of
its own. All others are done by a provider of the same kind on a bus that nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from aikernel_web import EventBusProvider, WebGpuComputeProvider
from aikernel_web.compute.backends import WebGpuWasmBackend

from .in_kernel import BATCH, SIDE, SIZES, SOURCES, STEP, STEP_GROUPS, STEPS, TARGETS, Contestant, X, Y

Tasks = dict[str, Callable[[], Any]]


def steps(gpu: Any, seen: Any) -> Tasks:
    here, there = gpu.empty(STEPS, "u32"), gpu.empty(STEPS, "u32")
    forth, back = {"a": here, "out": there}, {"a": there, "out": here}
    seen_arrays = {"a": seen.empty(STEPS, "u32"), "out": seen.empty(STEPS, "u32")}

    async def dispatch() -> None:
        await gpu.dispatch(STEP, forth, workgroups=STEP_GROUPS, keep=True)

    async def dispatch_watched() -> None:
        await seen.dispatch(STEP, seen_arrays, workgroups=STEP_GROUPS, keep=True)

    async def dispatch_run() -> None:
        await dispatch()
        await gpu.synchronize()

    async def batch() -> None:
        async with gpu.batch() as batch:
            for _ in range(BATCH // 2):
                await batch.dispatch(STEP, forth, workgroups=STEP_GROUPS)
                await batch.dispatch(STEP, back, workgroups=STEP_GROUPS)

    async def batch_run() -> None:
        await batch()
        await gpu.synchronize()

    return {
        "dispatch": dispatch,
        "dispatchWatched": dispatch_watched,
        "dispatchRun": dispatch_run,
        "batch": batch,
        "batchRun": batch_run,
    }


async def transfers(gpu: Any, size: int) -> Tasks:
    source, target = SOURCES[size].view(np.uint32), TARGETS[size].view(np.uint32)
    array = await gpu.to_device(source)

    async def write() -> None:
        await array.write(source)

    async def read() -> None:
        await array.read(target)

    return {f"upload{size}": write, f"read{size}": read}


class Million:
    """The tasks over a million numbers."""

    def __init__(self, gpu: Any, x: Any, y: Any, a: Any, b: Any) -> None:
        self.gpu = gpu
        self.x, self.y = x, y
        self.a, self.b = a, b
        self.added = self.kept = self.product = self.total = X

    async def add_host(self) -> None:
        self.added = await self.gpu.vector_add(X, Y)

    async def add_device(self) -> None:
        self.kept = await self.gpu.vector_add(self.x, self.y, keep=True)
        await self.gpu.synchronize()

    async def multiply(self) -> None:
        self.product = await self.gpu.kernels.matmul(self.a, self.b, keep=True)
        await self.gpu.synchronize()

    async def sum(self) -> None:
        self.total = await self.gpu.kernels.sum(self.x)

    async def added_part(self) -> Any:
        return self.added[1000:1004]

    async def product_corner(self) -> Any:
        return (await self.product.read())[0, :4]

    async def summed(self) -> Any:
        return [self.total]


async def ours(kernel: Any) -> Contestant:
    gpu = WebGpuComputeProvider(backend=WebGpuWasmBackend(kernel.make_gpu()), event_bus=EventBusProvider())
    vectors = [await gpu.to_device(vector) for vector in (X, Y)]
    matrices = [await gpu.to_device(vector.reshape(SIDE, SIDE)) for vector in (X, Y)]
    million = Million(gpu, *vectors, *matrices)
    tasks = {
        **steps(gpu, kernel.gpu),
        "addHost": million.add_host,
        "addDevice": million.add_device,
        "matmul": million.multiply,
        "sum": million.sum,
    }
    for size in SIZES:
        tasks |= await transfers(gpu, size)

    async def settle() -> None:
        await kernel.gpu.synchronize()
        await gpu.synchronize()

    results = {"addHost": million.added_part, "matmul": million.product_corner, "sum": million.summed}
    return Contestant(tasks, results, settle)
