"""Many dispatches, one submit."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from aikernel_web.compute.kernels import VECTOR_ADD

from . import also_on_cpu
from .dispatch import DOUBLE, code_of, raised, raised_now


@also_on_cpu
async def case_a_batch_runs_in_order_and_reads_at_its_end(gpu: Any) -> None:
    a = await gpu.to_device(np.ones(100, np.float32))
    async with gpu.batch() as batch:
        first = await batch.dispatch(VECTOR_ADD, {"a": a, "b": a, "out": gpu.empty(100)}, workgroups=2)
        read = batch.read(first["out"])
        second = {"a": first["out"], "b": np.full(100, 3, np.float32), "out": np.zeros(100, np.float32)}
        last = await batch.dispatch(VECTOR_ADD, second, workgroups=2)
        part = batch.read(last["out"], start=10, count=5)
        assert raised_now(lambda: read.array).code == "WEBGPU_BATCH_OPEN"
    assert (read.array == 2).all()
    assert part.array.tolist() == [5.0] * 5
    assert (await last["out"].read() == 5).all()


async def case_a_batch_is_one_submit(gpu: Any) -> None:
    kernel = await gpu.compile(DOUBLE)
    data = await gpu.to_device(np.ones(64, np.float32))
    before = gpu.counts()
    async with gpu.batch() as batch:
        for _ in range(10):
            await batch.dispatch(kernel, {"data": data}, workgroups=1)
    after = gpu.counts()
    assert after["submits"] == before["submits"] + 1
    assert after["dispatches"] == before["dispatches"] + 10
    assert (await data.read() == 1024).all()


@also_on_cpu
async def case_an_exception_in_a_batch_means_that_nothing_runs(gpu: Any) -> None:
    ones = np.ones(100, np.float32)
    out = await gpu.to_device(ones)
    fresh = gpu.empty(100)
    try:
        async with gpu.batch() as batch:
            await batch.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": out}, workgroups=2)
            made = (await batch.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": 0 * ones}, workgroups=2))["out"]
            await batch.dispatch(VECTOR_ADD, {"a": ones, "b": made, "out": fresh}, workgroups=2)
            pending = batch.read(made)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (await out.read() == 1).all()
    assert (await fresh.read() == 0).all()
    assert await code_of(made.read(), "ZeroDivisionError") == "WEBGPU_BATCH_CLOSED"
    refused = gpu.dispatch(VECTOR_ADD, {"a": made, "b": ones, "out": ones}, workgroups=2)
    assert await code_of(refused) == "WEBGPU_BATCH_CLOSED"
    assert "ZeroDivisionError" in str(raised_now(lambda: pending.array))
    result = await gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": fresh}, workgroups=2)
    assert (result["out"] == 2).all()


@also_on_cpu
async def case_a_refused_dispatch_leaves_the_batch_usable(gpu: Any) -> None:
    ones = np.ones(100, np.float32)
    async with gpu.batch() as batch:
        good = await batch.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": ones}, workgroups=2)
        wrong = batch.dispatch(VECTOR_ADD, {"a": ones, "b": np.ones(100), "out": ones}, workgroups=2)
        assert await code_of(wrong, "'b'") == "WEBGPU_BINDING_DTYPE"
        read = batch.read(good["out"])
    assert (read.array == 2).all()


@also_on_cpu
async def case_what_a_batch_makes_is_not_used_outside_before_its_end(gpu: Any) -> None:
    ones = np.ones(100, np.float32)
    async with gpu.batch() as batch:
        made = (await batch.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": ones}, workgroups=2))["out"]
        assert await code_of(made.read()) == "WEBGPU_BATCH_OPEN"
        outside = gpu.dispatch(VECTOR_ADD, {"a": made, "b": ones, "out": ones}, workgroups=2)
        assert await code_of(outside) == "WEBGPU_BATCH_OPEN"
    assert (await made.read() == 2).all()


@also_on_cpu
async def case_a_batch_is_used_once(gpu: Any) -> None:
    batch = gpu.batch()
    d = await gpu.to_device(np.ones(4, np.float32))
    assert await code_of(batch.dispatch(DOUBLE, {"data": d}, workgroups=1)) == "WEBGPU_BATCH_CLOSED"
    async with batch:
        pending = batch.read(d)
    assert (pending.array == 1).all()
    assert await code_of(batch.dispatch(DOUBLE, {"data": d}, workgroups=1)) == "WEBGPU_BATCH_CLOSED"
    assert (await raised(batch.__aenter__())).code == "WEBGPU_BATCH_CLOSED"


@also_on_cpu
async def case_an_empty_batch_does_nothing(gpu: Any) -> None:
    before = gpu.counts()
    async with gpu.batch(timed=True) as batch:
        pass
    assert gpu.counts() == before
    assert batch.gpu_time is None


@also_on_cpu
async def case_others_dispatch_while_a_batch_is_open(gpu: Any) -> None:
    data = await gpu.to_device(np.ones(64, np.float32))
    async with gpu.batch() as outer:
        await outer.dispatch(DOUBLE, {"data": data}, workgroups=1)
        assert (await data.read() == 1).all()
        async with gpu.batch() as inner:
            await inner.dispatch(DOUBLE, {"data": data}, workgroups=1)
        result = await gpu.dispatch(DOUBLE, {"data": np.ones(64, np.float32)}, workgroups=1)
        assert (result["data"] == 2).all()
        assert (await data.read() == 2).all()
    assert (await data.read() == 4).all()


@also_on_cpu
async def case_arrays_that_a_batch_uses_may_be_dropped_before_its_end(gpu: Any) -> None:
    ones = np.ones(1000, np.float32)
    async with gpu.batch() as batch:
        a = await gpu.to_device(ones)
        b = await gpu.to_device(2 * ones)
        result = await batch.dispatch(VECTOR_ADD, {"a": a, "b": b, "out": gpu.empty(1000)}, workgroups=16)
        del a
        b.destroy()
        # Whoever takes the memory now must not get what the batch is going to use.
        await gpu.dispatch(DOUBLE, {"data": np.full(1000, 9, np.float32)}, workgroups=16)
        read = batch.read(result["out"])
        del result
    assert (read.array == 3).all()


@also_on_cpu
async def case_batches_of_many_tasks_do_not_mix(gpu: Any) -> None:
    async def one(value: int) -> None:
        data = await gpu.to_device(np.full(64, value, np.float32))
        async with gpu.batch() as batch:
            for _ in range(4):
                await batch.dispatch(DOUBLE, {"data": data}, workgroups=1)
                await asyncio.sleep(0)
            read = batch.read(data)
        assert (read.array == 16 * value).all()

    await asyncio.gather(*map(one, range(10)))


async def case_a_batch_is_timed(gpu: Any) -> None:
    data = await gpu.to_device(np.ones(64, np.float32))
    async with gpu.batch(timed=True, time_limit=60) as batch:
        await batch.dispatch(DOUBLE, {"data": data}, workgroups=1)
    if "timestamp-query" in gpu.info.features:
        assert 0 <= batch.gpu_time < 60


@also_on_cpu
async def case_small_numbers_travel_with_the_batch(gpu: Any) -> None:
    shader = """
    struct Step { add: f32, times: f32 }
    @group(0) @binding(0) var<storage, read_write> data: array<f32>;
    @group(0) @binding(1) var<uniform> step: Step;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] = (data[id.x] + step.add) * step.times; }
    """
    kernel = await gpu.compile(shader)
    data = await gpu.to_device(np.zeros(64, np.float32))
    before = gpu.counts().get("buffers", 0)
    async with gpu.batch() as batch:
        for i in range(5):
            await batch.dispatch(kernel, {"data": data, "step": {"add": i, "times": 2}}, workgroups=1)
    expected = 0
    for i in range(5):
        expected = (expected + i) * 2
    assert (await data.read() == expected).all()
    assert gpu.counts().get("buffers", 0) <= before
