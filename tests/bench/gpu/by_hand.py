"""The tasks from Python with ``js.navigator.gpu``, as a user writes them: what is made for a kernel is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from js import GPUBufferUsage, GPUMapMode, Object, navigator
from pyodide.ffi import to_js

from .in_kernel import (
    ADD_GROUPS,
    BATCH,
    ELEMENTS,
    GIVEN,
    MATMUL_GROUPS,
    SIDE,
    SIZES,
    SOURCES,
    STEP_GROUPS,
    STEPS,
    SUM_GROUPS,
    Contestant,
    X,
    Y,
)

Tasks = dict[str, Callable[[], Any]]
Array = np.ndarray[Any, Any]
# Pipeline, bind group, and how many workgroups.
Dispatch = tuple[Any, Any, int]


def js_object(**members: Any) -> Any:
    return to_js(members, dict_converter=Object.fromEntries)


class Gpu:
    """A device, and what a user would soon write helpers for."""

    def __init__(self, device: Any) -> None:
        self.device = device

    def buffer(self, size: int, usage: int) -> Any:
        return self.device.createBuffer(js_object(size=size, usage=usage))

    def storage(self, size: int) -> Any:
        return self.buffer(size, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST)

    def landing(self, size: int) -> Any:
        return self.buffer(size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)

    def pipeline(self, code: str) -> Any:
        module = self.device.createShaderModule(js_object(code=code))
        compute = {"module": module, "entryPoint": "main"}
        return self.device.createComputePipeline(js_object(layout="auto", compute=compute))

    def group(self, pipeline: Any, *buffers: Any) -> Any:
        entries = [{"binding": i, "resource": {"buffer": buffer}} for i, buffer in enumerate(buffers)]
        return self.device.createBindGroup(js_object(layout=pipeline.getBindGroupLayout(0), entries=entries))

    def run(self, dispatches: Sequence[Dispatch], copy: tuple[Any, Any, int] | None = None) -> None:
        encoder = self.device.createCommandEncoder()
        if dispatches:
            compute = encoder.beginComputePass()
            for pipeline, bound, groups in dispatches:
                compute.setPipeline(pipeline)
                compute.setBindGroup(0, bound)
                compute.dispatchWorkgroups(groups)
            compute.end()
        if copy is not None:
            source, target, size = copy
            encoder.copyBufferToBuffer(source, 0, target, 0, size)
        self.device.queue.submit(to_js([encoder.finish()]))

    def upload(self, buffer: Any, array: Array) -> None:
        self.device.queue.writeBuffer(buffer, 0, to_js(array))

    async def arrived(self, staging: Any, dtype: Any) -> Array:
        await staging.mapAsync(GPUMapMode.READ)
        array = np.frombuffer(staging.getMappedRange().to_bytes(), dtype)
        staging.unmap()
        return array

    async def done(self) -> None:
        await self.device.queue.onSubmittedWorkDone()


def steps(gpu: Gpu) -> Tasks:
    step = gpu.pipeline(GIVEN["step"])
    here, there = gpu.storage(STEPS * 4), gpu.storage(STEPS * 4)
    forth = step, gpu.group(step, here, there), STEP_GROUPS
    back = step, gpu.group(step, there, here), STEP_GROUPS
    often = [forth, back] * (BATCH // 2)

    async def dispatch_run() -> None:
        gpu.run([forth])
        await gpu.done()

    async def batch_run() -> None:
        gpu.run(often)
        await gpu.done()

    return {
        "dispatch": lambda: gpu.run([forth]),
        "dispatchRun": dispatch_run,
        "batch": lambda: gpu.run(often),
        "batchRun": batch_run,
    }


def transfers(gpu: Gpu, size: int) -> Tasks:
    buffer, staging = gpu.storage(size), gpu.landing(size)

    def write() -> None:
        gpu.upload(buffer, SOURCES[size])

    async def read() -> None:
        gpu.run([], (buffer, staging, size))
        await gpu.arrived(staging, np.uint8)

    return {f"upload{size}": write, f"read{size}": read}


class Million:
    """The tasks over a million numbers."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu = gpu
        self.a, self.b, self.out, self.product = (gpu.storage(ELEMENTS * 4) for _ in range(4))
        self.landed = gpu.landing(ELEMENTS * 4)
        gpu.upload(self.a, X)
        gpu.upload(self.b, Y)
        add = gpu.pipeline(GIVEN["add"])
        self.add: list[Dispatch] = [(add, gpu.group(add, self.a, self.b, self.out), ADD_GROUPS)]
        self.added = X
        parameters = gpu.buffer(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST)
        gpu.upload(parameters, np.array([SIDE, SIDE, SIDE], np.uint32))
        matmul = gpu.pipeline(GIVEN["matmul"])
        bound = gpu.group(matmul, self.a, self.b, self.product, parameters)
        self.matmul: list[Dispatch] = [(matmul, bound, MATMUL_GROUPS)]
        parts, self.total = gpu.storage(SUM_GROUPS * 4), gpu.storage(4)
        total = gpu.pipeline(GIVEN["sum"])
        self.sums: list[Dispatch] = [
            (total, gpu.group(total, self.a, parts), SUM_GROUPS),
            (total, gpu.group(total, parts, self.total), 1),
        ]
        self.summed = X
        self.one = gpu.landing(4)

    async def add_host(self) -> None:
        self.gpu.upload(self.a, X)
        self.gpu.upload(self.b, Y)
        self.gpu.run(self.add, (self.out, self.landed, ELEMENTS * 4))
        self.added = await self.gpu.arrived(self.landed, np.float32)

    async def add_device(self) -> None:
        self.gpu.run(self.add)
        await self.gpu.done()

    async def multiply(self) -> None:
        self.gpu.run(self.matmul)
        await self.gpu.done()

    async def sum(self) -> None:
        self.gpu.run(self.sums, (self.total, self.one, 4))
        self.summed = await self.gpu.arrived(self.one, np.float32)

    async def product_corner(self) -> Array:
        self.gpu.run([], (self.product, self.landed, ELEMENTS * 4))
        return (await self.gpu.arrived(self.landed, np.float32))[:4]


async def by_hand() -> Contestant:
    adapter = await navigator.gpu.requestAdapter()
    gpu = Gpu(await adapter.requestDevice())
    million = Million(gpu)
    tasks = {
        **steps(gpu),
        "addHost": million.add_host,
        "addDevice": million.add_device,
        "matmul": million.multiply,
        "sum": million.sum,
    }
    for size in SIZES:
        tasks |= transfers(gpu, size)

    async def added_part() -> Array:
        return million.added[1000:1004]

    async def summed() -> Array:
        return million.summed

    results = {"addHost": added_part, "matmul": million.product_corner, "sum": summed}
    return Contestant(tasks, results, gpu.done)
