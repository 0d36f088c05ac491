"""What many tasks, losses, shutdowns and batches that nobody leaves do to one another's arrays: nothing."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import numpy as np
import pytest
from unit.gpu_device_double import LIMITS
from unit.loop import run_async
from unit.test_gpu_provider import HOST, ONES, SCALE, Rig, on_rig

from aikernel_web import ComputeBuffer, EventBusProvider, WebGpuComputeProvider
from aikernel_web.compute import kernel_source
from aikernel_web.compute.kernels import VECTOR_ADD
from aikernel_web.contracts.errors import InvalidArgumentError
from aikernel_web.contracts.gpu_errors import DeviceLost


def test_a_batch_of_a_device_that_is_gone_does_nothing_on_the_one_that_is_open_by_then() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        kernel = await gpu.compile(VECTOR_ADD)
        batch = await gpu.batch().__aenter__()
        await batch.dispatch(kernel, HOST, workgroups=2)
        rig.device.lose()
        fresh = await gpu.to_device(3 * ONES)
        lists = len(rig.device.lists)
        with pytest.raises(DeviceLost, match="begin again"):
            await batch.__aexit__(None, None, None)
        assert len(rig.device.lists) == lists
        assert (await fresh.read() == 3).all()

    on_rig(body)


def test_a_dispatch_that_waits_while_its_device_is_replaced_touches_nothing_there() -> None:
    async def body(rig: Rig) -> None:
        gpu, gate = rig.gpu, asyncio.Event()
        kernel, plain = await gpu.compile(VECTOR_ADD), rig.device.compile

        async def compile_late(*args: Any, **options: Any) -> int:
            number = await plain(*args, **options)
            await gate.wait()
            return number

        rig.device.compile = compile_late
        folded = asyncio.create_task(gpu.dispatch(kernel, HOST, workgroups=5))
        await asyncio.sleep(0.01)
        rig.device.lose()
        fresh = await gpu.to_device(3 * ONES)
        gate.set()
        with pytest.raises(DeviceLost):
            await folded
        assert (await fresh.read() == 3).all()

    on_rig(body, limits={**LIMITS, "maxComputeWorkgroupsPerDimension": 4})


def test_parts_of_words_that_many_tasks_write_are_all_there() -> None:
    async def body(rig: Rig) -> None:
        array = await rig.gpu.to_device(np.zeros(37, np.uint8))
        await asyncio.gather(*(array.write(np.array([index], np.uint8), index) for index in range(1, 37)))
        assert (await array.read()).tolist() == list(range(37))

    on_rig(body)


def test_a_part_of_a_word_brings_back_the_words_around_it_only() -> None:
    async def body(rig: Rig) -> None:
        array = await rig.gpu.to_device(np.zeros(400, np.uint8))
        rig.device.writes.clear()
        await array.write(np.ones(6, np.uint8), 101)
        ((_, _, offset, length),) = rig.device.writes
        assert (offset, length) == (100, 8)

    on_rig(body)


def test_what_a_task_puts_into_a_batch_after_its_end_is_refused() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        out = await gpu.to_device(5 * ONES)
        async with gpu.batch() as batch:
            late = asyncio.create_task(batch.dispatch(VECTOR_ADD, {**HOST, "out": out}, workgroups=2))
            await asyncio.sleep(0)
        with pytest.raises(InvalidArgumentError) as refused:
            await late
        assert refused.value.code == "WEBGPU_BATCH_CLOSED"
        assert (await out.read() == 5).all()

    on_rig(body)


def test_a_batch_that_nobody_leaves_keeps_nothing_from_being_freed() -> None:
    async def body(rig: Rig) -> None:
        gpu, begun = rig.gpu, rig.gpu.empty(100)
        batch = gpu.batch()
        await batch.__aenter__()
        result = await batch.dispatch(VECTOR_ADD, {**HOST, "out": begun}, workgroups=2)
        assert result["out"] is begun
        del batch, result
        assert not (await begun.read()).any()
        for _ in range(5):
            array = await gpu.to_device(ONES)
            await gpu.dispatch(VECTOR_ADD, {**HOST, "a": array}, workgroups=2)
        del array
        await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert not rig.device.buffers

    on_rig(body)


def test_what_a_batch_of_no_workgroups_makes_is_there() -> None:
    async def body(rig: Rig) -> None:
        large = np.ones(1000, np.float32)
        async with rig.gpu.batch() as batch:
            result = await batch.dispatch(VECTOR_ADD, {"a": large, "b": large, "out": large}, workgroups=0)
        assert (await result["out"].read() == 1).all()
        assert len(rig.device.buffers) == 1

    on_rig(body)


def test_a_pipeline_is_not_let_go_of_while_it_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_source, "KERNELS_KEPT", 1)

    async def body(rig: Rig) -> None:
        gpu, gate = rig.gpu, asyncio.Event()
        kernel, plain = await gpu.compile(VECTOR_ADD), rig.device.compile
        await gpu.compile(SCALE)

        async def compile_late(*args: Any, **options: Any) -> int:
            number = await plain(*args, **options)
            await gate.wait()
            return number

        rig.device.compile = compile_late
        again = asyncio.create_task(gpu.dispatch(VECTOR_ADD, HOST, workgroups=2))
        await asyncio.sleep(0.01)
        del kernel
        gc.collect()
        await gpu.to_device(ONES)
        gate.set()
        assert ((await again)["out"] == 2).all()

    on_rig(body)


def test_a_folded_pipeline_is_let_go_of_with_its_kernel_whoever_has_asked_for_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel_source, "KERNELS_KEPT", 1)

    async def body(rig: Rig) -> None:
        await asyncio.gather(*(rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=5) for _ in range(3)))
        await rig.gpu.compile(SCALE)
        gc.collect()
        await rig.gpu.to_device(ONES)
        assert [pipeline.wgsl for pipeline in rig.device.pipelines.values()] == [SCALE]

    on_rig(body, limits={**LIMITS, "maxComputeWorkgroupsPerDimension": 4})


def test_a_loss_of_what_nobody_waited_for_is_told_once_by_synchronize() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2, keep=True)
        rig.device.lose()
        await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        with pytest.raises(DeviceLost, match="may not have run"):
            await gpu.synchronize()
        await gpu.synchronize()
        # What was seen to end is not lost, and neither is what is given up on purpose.
        kept = await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2, keep=True)
        await kept["out"].read()
        rig.device.lose()
        await gpu.synchronize()
        await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2, keep=True)
        await gpu.shutdown()
        await gpu.synchronize()

    on_rig(body)


def test_who_hears_of_the_fallback_may_compute_at_once() -> None:
    async def body() -> None:
        bus = EventBusProvider()
        gpu = WebGpuComputeProvider(event_bus=bus)
        heard: list[Any] = []

        async def compute(_: object) -> None:
            heard.append(await gpu.vector_add(ONES, ONES))

        bus.subscribe("GpuFallback", compute)
        async with asyncio.timeout(10):
            assert (await gpu.vector_add(ONES, ONES) == 2).all()
        assert (heard[0] == 2).all()

    run_async(body())


def test_a_shutdown_while_the_device_is_opened_does_not_mean_the_cpu() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        early = [asyncio.create_task(gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)) for _ in range(3)]
        await asyncio.sleep(0)
        await gpu.shutdown()
        for task in early:
            with pytest.raises(DeviceLost):
                await task
        assert rig.device.info is None
        await gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert not gpu.using_cpu_fallback
        assert rig.events("GpuFallback") == []

    on_rig(body)


def test_shutting_down_again_and_again_leaves_nothing_with_the_device() -> None:
    async def body(rig: Rig) -> None:
        told = []
        for _ in range(5):
            await rig.gpu.to_device(ONES)
            await rig.gpu.shutdown()
        await rig.gpu.to_device(ONES)
        rig.device.lose()
        told = rig.events("GpuDeviceLost")
        assert [payload["generation"] for payload in told] == ["6"]
        assert len(rig.device._callbacks) == 1

    on_rig(body)


def test_what_is_written_to_a_buffer_while_it_is_read_stays() -> None:
    async def body(rig: Rig) -> None:
        gpu, out = rig.gpu, bytearray(8)
        buffer: ComputeBuffer = await gpu.create_buffer(8)
        await gpu.write_buffer(buffer, bytes(range(8)))
        reading = asyncio.create_task(gpu.read_buffer(buffer, out))
        await rig.device.until(1)
        await gpu.write_buffer(buffer, bytes(range(10, 18)))
        await reading
        assert out == bytes(range(8))
        await gpu.write_buffer(buffer, b"abcde")
        await gpu.read_buffer(buffer, out)
        assert out == b"abcde" + bytes(range(15, 18))
        rig.device.lose()
        await gpu.read_buffer(buffer, out)
        assert out == b"abcde" + bytes(range(15, 18))

    on_rig(body)
