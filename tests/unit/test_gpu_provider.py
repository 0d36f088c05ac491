"""The provider over a device's seam: what crosses it, what is freed, what a loss leaves, what is told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest
from unit.gpu_device_double import DeviceDouble, adds
from unit.loop import run_async

from aikernel_web import DeviceArray, EventBusProvider, EventRecord, WebGpuComputeProvider, WebGpuWasmBackend
from aikernel_web.compute import kernel_source
from aikernel_web.compute.kernels import VECTOR_ADD, create_vector_add
from aikernel_web.compute.settings import WebGpuComputeSettings
from aikernel_web.contracts.errors import InvalidArgumentError, KernelError
from aikernel_web.contracts.gpu_errors import (
    DeviceLost,
    GpuOutOfMemoryError,
    GpuTimeoutError,
    GpuUnavailableError,
    GpuValidationError,
)

T = TypeVar("T")
ONES = np.ones(100, np.float32)
HOST = {"a": ONES, "b": ONES, "out": ONES}
SCALE = """
struct Step { add: f32, times: f32 }
@group(0) @binding(0) var<storage, read_write> data: array<f32>;
@group(0) @binding(1) var<uniform> step: Step;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] = (data[id.x] + step.add) * step.times; }
"""


def scales(_: object, buffers: list[np.ndarray]) -> None:
    data, step = (buffer.view(np.float32) for buffer in buffers)
    data[:] = (data + step[0]) * step[1]


class Rig:
    """A provider over a double, and what its bus has heard."""

    def __init__(self, **options: Any) -> None:
        self.device = DeviceDouble({"out[i] = a[i] + b[i]": adds, "step.times": scales}, **options)
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.hearing = asyncio.Event()
        bus = EventBusProvider(history=0)
        bus.observe("*", self._hear)
        self.gpu = WebGpuComputeProvider(backend=WebGpuWasmBackend(self.device), event_bus=bus)

    def _hear(self, record: EventRecord) -> None:
        self.heard.append((record.name, record.payload))
        self.hearing.set()

    async def until(self, name: str, count: int) -> None:
        """Wait until so many events were heard."""
        while len(self.events(name)) < count:
            self.hearing.clear()
            await self.hearing.wait()

    def events(self, name: str) -> list[dict[str, str]]:
        return [payload for heard, payload in self.heard if heard == name]


def on_rig(body: Callable[[Rig], Coroutine[Any, Any, T]], **options: Any) -> T:
    return run_async(body(Rig(**options)))


def names(operations: list[tuple[Any, ...]]) -> list[str]:
    return [operation[0] for operation in operations]


# What crosses the seam


def test_host_arrays_are_written_run_and_read_in_one_list_and_leave_nothing() -> None:
    async def body(rig: Rig) -> None:
        result = await rig.gpu.dispatch(VECTOR_ADD, {"a": 1000 * [1.0], "b": np.ones(1000, "f4"), "out": np.zeros(1000, "f4")}, workgroups=16)  # fmt: skip  # noqa: E501
        assert (result["out"] == 2).all()
        assert [length for _, _, _, length in rig.device.writes] == [4000] * 3
        assert names(rig.device.lists[0]) == ["DISPATCH", "READ", "FREE", "FREE", "FREE"]
        assert rig.device.finished == [1]
        assert not rig.device.buffers

    on_rig(body)


def test_small_host_values_travel_in_the_list() -> None:
    async def body(rig: Rig) -> None:
        data = await rig.gpu.to_device(ONES)
        rig.device.writes.clear()
        await rig.gpu.dispatch(SCALE, {"data": data, "step": {"add": 1, "times": 2}}, workgroups=2, keep=True)
        assert not rig.device.writes
        assert names(rig.device.lists[0]) == ["DATA", "DISPATCH", "FREE"]
        assert (await data.read() == 4).all()

    on_rig(body)


def test_kept_arrays_are_not_waited_for() -> None:
    async def body(rig: Rig) -> None:
        a = await rig.gpu.to_device(ONES)
        rig.device.gate = asyncio.Event()
        bindings = {"a": a, "b": a, "out": rig.gpu.empty(100)}
        for _ in range(3):
            await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2, keep=True)
        assert rig.device.finished == []
        rig.device.gate.set()
        await rig.gpu.synchronize()
        assert {1, 2, 3} <= set(rig.device.finished)

    on_rig(body)


def test_a_kernel_is_compiled_once_whoever_asks_for_it_at_once() -> None:
    async def body(rig: Rig) -> None:
        bindings = {"a": ONES, "b": ONES, "out": ONES}
        await asyncio.gather(*(rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2) for _ in range(5)))
        await rig.gpu.compile(VECTOR_ADD, entry="main")
        assert rig.device.compiled == 1
        assert rig.device.pipelines[1001].bindings == (
            (0, 0, "read-only-storage"),
            (0, 1, "read-only-storage"),
            (0, 2, "storage"),
        )

    on_rig(body)


def test_pipelines_of_kernels_that_nobody_has_are_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_source, "KERNELS_KEPT", 4)

    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        for number in range(10):
            await gpu.dispatch(f"{SCALE} // {number}", {"data": ONES, "step": (0, 1)}, workgroups=2)
        gc.collect()
        await gpu.compile(VECTOR_ADD)
        assert rig.device.compiled == 11
        assert len(rig.device.pipelines) <= 6
        # One pipeline of two kernels stays as long as either is there.
        one, other = await gpu.compile(VECTOR_ADD), await gpu.compile(VECTOR_ADD, entry="main")
        assert one is not other
        assert one.prepared.pipeline == other.prepared.pipeline

    on_rig(body)


def test_what_is_bound_has_its_exact_size_and_zeros_for_memory_not_used_before() -> None:
    async def body(rig: Rig) -> None:
        out = rig.gpu.empty(7)
        assert not rig.device.buffers
        await rig.gpu.dispatch(VECTOR_ADD, {"a": ONES[:7], "b": ONES[:7], "out": out}, workgroups=1, keep=True)
        assert [buffer.size for buffer in rig.device.buffers.values()] == [28]
        assert ("BUFFER", out.handle, 7) in rig.device.lists[0]

    on_rig(body)


def test_more_groups_than_a_dimension_has_are_dispatched_within_it() -> None:
    async def body(rig: Rig) -> None:
        data = await rig.gpu.to_device(ONES)
        for _ in range(2):
            await rig.gpu.dispatch(SCALE, {"data": data, "step": (0, 1)}, workgroups=100_000, keep=True)
        for count in range(40):
            await rig.gpu.dispatch(SCALE, {"data": data, "step": (0, 1)}, workgroups=100_000 + count, keep=True)
        assert all(max(groups) <= 65_535 for groups in rig.device.dispatched)
        assert all(x * y * z >= 100_000 for x, y, z in rig.device.dispatched)
        assert rig.device.compiled == 41
        await rig.gpu.compile(VECTOR_ADD)
        assert len(rig.device.pipelines) <= 20

    on_rig(body)


def test_half_precision_arrays_of_an_odd_count_come_back_whole() -> None:
    shader = """
    enable f16;
    @group(0) @binding(0) var<storage, read> source: array<f16>;
    @group(0) @binding(1) var<storage, read_write> copied: array<f16>;
    @compute @workgroup_size(1)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { copied[id.x] = source[id.x]; }
    """

    def copies(_: object, buffers: list[np.ndarray]) -> None:
        buffers[1][:] = buffers[0]

    async def body(rig: Rig) -> None:
        rig.device.programs["copied[id.x]"] = copies
        for count in (1, 101, 999):
            source = np.arange(count).astype(np.float16)
            bindings = {"source": source, "copied": np.zeros(count, np.float16)}
            result = await rig.gpu.dispatch(shader, bindings, workgroups=count)
            np.testing.assert_array_equal(result["copied"], source)
            kept = await rig.gpu.dispatch(shader, bindings, workgroups=count, keep=True)
            np.testing.assert_array_equal(await kept["copied"].read(start=count // 2), source[count // 2 :])

    on_rig(body, features=("shader-f16",))


# Freeing


def test_what_is_dropped_is_freed_with_the_next_list_and_its_handle_used_again() -> None:
    async def body(rig: Rig) -> None:
        a = await rig.gpu.to_device(ONES)
        handle = a.handle
        del a
        gc.collect()
        assert handle in rig.device.buffers
        other = await rig.gpu.to_device(ONES)
        assert other.handle != handle
        await other.read()
        assert ("FREE", handle) in rig.device.lists[-1]
        assert set(rig.device.buffers) == {other.handle}
        assert (await rig.gpu.to_device(ONES)).handle == handle

    on_rig(body)


def test_much_memory_does_not_wait_for_the_next_list() -> None:
    async def body(rig: Rig) -> None:
        for _ in range(20):
            await rig.gpu.to_device(np.zeros(4 << 20, np.float32))
        assert sum(buffer.size for buffer in rig.device.buffers.values()) <= 96 << 20

    on_rig(body)


def test_nothing_is_freed_while_a_batch_may_use_it() -> None:
    async def body(rig: Rig) -> None:
        async with rig.gpu.batch() as batch:
            a = await rig.gpu.to_device(ONES)
            result = await batch.dispatch(VECTOR_ADD, {"a": a, "b": a, "out": rig.gpu.empty(100)}, workgroups=2)
            a.destroy()
            await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
            read = batch.read(result["out"])
        assert (read.array == 2).all()
        del result, a
        gc.collect()
        await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert not rig.device.buffers

    on_rig(body)


def test_a_cancelled_dispatch_leaves_nothing() -> None:
    async def body(rig: Rig) -> None:
        rig.device.gate = asyncio.Event()
        task = asyncio.create_task(rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2))
        await rig.device.until(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not rig.device.buffers
        rig.device.gate = None
        result = await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert (result["out"] == 2).all()

    on_rig(body)


def test_a_dispatch_that_fails_half_way_leaves_nothing() -> None:
    async def body(rig: Rig) -> None:
        write, count = rig.device.write, 0

        def failing(*args: Any, **options: Any) -> None:
            nonlocal count
            count += 1
            if count == 3:
                raise RuntimeError("no more")
            write(*args, **options)

        large = np.ones(1000, np.float32)
        rig.device.write = failing  # type: ignore[method-assign]
        bindings = {"a": large, "b": large, "out": large}
        with pytest.raises(RuntimeError, match="no more"):
            await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2)
        await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=16)
        assert not rig.device.buffers

    on_rig(body)


def test_an_abandoned_batch_leaves_nothing() -> None:
    async def body(rig: Rig) -> None:
        large = np.ones(1000, np.float32)

        async def fail() -> None:
            async with rig.gpu.batch() as batch:
                bindings = {"a": large, "b": ONES[:5], "out": large}
                for keep in ({"out": rig.gpu.empty(1000)}, {"out": large}):
                    await batch.dispatch(VECTOR_ADD, bindings | keep, workgroups=2)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert not rig.device.lists
        await (await rig.gpu.to_device(ONES)).read()
        assert not [buffer for buffer in rig.device.buffers.values() if buffer.size > 400]
        gc.collect()
        await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert not rig.device.buffers

    on_rig(body)


def test_a_list_that_the_device_refuses_changes_nothing() -> None:
    async def body(rig: Rig) -> None:
        dropped = await rig.gpu.to_device(ONES)
        out = rig.gpu.empty(100)
        del dropped
        gc.collect()
        submit = rig.device.submit

        def refusing(*_: Any, **__: Any) -> int:
            raise GpuValidationError("not like this")

        rig.device.submit = refusing  # type: ignore[method-assign]
        with pytest.raises(GpuValidationError):
            await rig.gpu.dispatch(VECTOR_ADD, HOST | {"out": out}, workgroups=2)
        rig.device.submit = submit  # type: ignore[method-assign]
        result = await rig.gpu.dispatch(VECTOR_ADD, HOST | {"out": out}, workgroups=2)
        assert (result["out"] == 2).all()
        assert set(rig.device.buffers) == {out.handle}

    on_rig(body)


# Failure and loss


def test_an_error_of_the_device_reaches_who_waits() -> None:
    async def body(rig: Rig) -> None:
        rig.device.failure = GpuOutOfMemoryError("no memory")
        with pytest.raises(GpuOutOfMemoryError):
            await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        rig.device.failure = GpuOutOfMemoryError("no memory")
        await rig.gpu.dispatch(SCALE, {"data": rig.gpu.empty(9), "step": (1, 1)}, workgroups=2, keep=True)
        with pytest.raises(MemoryError):
            await rig.gpu.synchronize()

    on_rig(body)


def test_after_a_loss_the_next_call_has_a_fresh_device() -> None:
    async def body(rig: Rig) -> None:
        kernel = await rig.gpu.compile(VECTOR_ADD)
        kept = await rig.gpu.to_device(ONES)
        out = rig.gpu.empty(100)
        unused = rig.gpu.empty(100)
        await rig.gpu.dispatch(kernel, {"a": kept, "b": kept, "out": out}, workgroups=2, keep=True)
        assert rig.gpu.info is not None
        rig.device.lose()
        assert rig.gpu.info is None
        for lost in (kept, out):
            with pytest.raises(DeviceLost, match="the GPU process is gone"):
                await lost.read()
            with pytest.raises(DeviceLost):
                await rig.gpu.dispatch(kernel, {"a": lost, "b": ONES, "out": ONES}, workgroups=2)
        result = await rig.gpu.dispatch(kernel, {"a": ONES, "b": ONES, "out": unused}, workgroups=2)
        assert (result["out"] == 2).all()
        assert rig.gpu.info is not None
        assert rig.gpu.info.generation == 2
        assert not rig.gpu.using_cpu_fallback
        del kept, out
        gc.collect()
        await rig.gpu.dispatch(kernel, HOST, workgroups=2)
        assert rig.events("GpuDeviceReady") == [
            {"providerId": "webgpu.compute", "adapter": "double", "generation": "1"},
            {"providerId": "webgpu.compute", "adapter": "double", "generation": "2"},
        ]
        assert rig.events("GpuDeviceLost") == [
            {
                "providerId": "webgpu.compute",
                "reason": "unknown",
                "message": "the GPU process is gone",
                "generation": "1",
            }
        ]

    on_rig(body)


def test_an_array_with_a_copy_survives_until_a_kernel_writes_it() -> None:
    async def body(rig: Rig) -> None:
        d = await rig.gpu.to_device(ONES, restore=True)
        kernel = await rig.gpu.compile(VECTOR_ADD)
        bindings = {"a": d, "b": d, "out": rig.gpu.empty(100)}
        await rig.gpu.dispatch(kernel, bindings, workgroups=2, keep=True)
        rig.device.lose()
        assert (await d.read() == 1).all()
        await d.write(np.full(10, 5, np.float32), 20)
        rig.device.lose()
        kept = await rig.gpu.dispatch(kernel, {"a": d, "b": d, "out": ONES}, workgroups=2, keep=True)
        assert (await kept["out"].read(start=19, count=2)).tolist() == [2, 10]
        await rig.gpu.dispatch(SCALE, {"data": d, "step": (0, 3)}, workgroups=2, keep=True)
        assert (await d.read(start=20, count=1)) == 15
        rig.device.lose()
        with pytest.raises(DeviceLost):
            await d.read()

    on_rig(body)


def test_a_loss_while_waiting_is_told_and_the_next_call_works() -> None:
    async def body(rig: Rig) -> None:
        rig.device.gate = asyncio.Event()
        bindings = {"a": ONES, "b": ONES, "out": ONES}
        tasks = [asyncio.create_task(rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2)) for _ in range(3)]
        await rig.device.until(3)
        rig.device.lose()
        rig.device.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [DeviceLost] * 3
        assert ((await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2))["out"] == 2).all()

    on_rig(body)


def test_a_batch_on_a_device_that_is_lost_fails_and_its_arrays_say_so() -> None:
    async def body(rig: Rig) -> None:
        made: list[DeviceArray] = []

        async def lose_after() -> None:
            async with rig.gpu.batch() as batch:
                made.append((await batch.dispatch(VECTOR_ADD, HOST, workgroups=2))["out"])
                rig.device.lose()

        async def lose_before() -> None:
            async with rig.gpu.batch() as batch:
                rig.device.lose()
                await batch.dispatch(VECTOR_ADD, HOST, workgroups=2)

        with pytest.raises(DeviceLost):
            await lose_after()
        with pytest.raises(InvalidArgumentError, match="WEBGPU_BATCH_CLOSED"):
            await made[0].read()
        with pytest.raises(DeviceLost):
            await lose_before()
        assert ((await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2))["out"] == 2).all()

    on_rig(body)


def test_a_kernel_that_does_not_end_loses_its_device() -> None:
    async def body(rig: Rig) -> None:
        rig.device.gate = asyncio.Event()
        bindings = {"a": ONES, "b": ONES, "out": ONES}
        with pytest.raises(GpuTimeoutError):
            await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2, time_limit=0.01)
        rig.device.gate = None
        assert ((await rig.gpu.dispatch(VECTOR_ADD, bindings, workgroups=2))["out"] == 2).all()
        assert [event["reason"] for event in rig.events("GpuDeviceLost")] == ["timeout"]

    on_rig(body)


def test_buffers_survive_a_loss_while_the_hosts_store_is_current() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        buffers = [await gpu.create_buffer(400) for _ in range(3)]
        await gpu.write_buffer(buffers[0], ONES.tobytes())
        await gpu.write_buffer(buffers[1], ONES.tobytes())
        kernel = create_vector_add(100)
        await gpu.execute_kernel(kernel, *buffers)
        rig.device.lose()
        with pytest.raises(DeviceLost):
            await gpu.read_buffer(buffers[2], bytearray(400))
        with pytest.raises(DeviceLost):
            await gpu.execute_kernel(kernel, *buffers)
        buffers[2] = await gpu.create_buffer(400)
        await gpu.execute_kernel(kernel, *buffers)
        out = bytearray(400)
        await gpu.read_buffer(buffers[2], out)
        assert (np.frombuffer(out, np.float32) == 2).all()
        rig.device.lose()
        await gpu.execute_kernel(kernel, buffers[2], buffers[0], await gpu.create_buffer(400))
        await gpu.read_buffer(buffers[2], out)
        assert (np.frombuffer(out, np.float32) == 2).all()

    on_rig(body)


def test_what_only_a_device_had_is_not_there_on_the_cpu() -> None:
    async def body(rig: Rig) -> None:
        gpu = rig.gpu
        buffers = [await gpu.create_buffer(400) for _ in range(3)]
        await gpu.execute_kernel(create_vector_add(100), *buffers)
        d = await gpu.to_device(ONES)
        await gpu.shutdown()
        rig.device.refusal = GpuUnavailableError("no more", code="WEBGPU_NO_ADAPTER")
        with pytest.raises(DeviceLost):
            await gpu.read_buffer(buffers[2], bytearray(400))
        with pytest.raises(DeviceLost):
            await gpu.execute_kernel(create_vector_add(100), buffers[2], *buffers[:2])
        await gpu.read_buffer(buffers[0], bytearray(400))
        assert gpu.using_cpu_fallback
        with pytest.raises(DeviceLost):
            await d.read()
        with pytest.raises(DeviceLost):
            await gpu.vector_add(d, ONES)

    on_rig(body)


def test_a_device_that_is_refused_means_the_cpu_and_says_why() -> None:
    async def body(rig: Rig) -> None:
        await rig.gpu.initialize()
        assert rig.gpu.using_cpu_fallback
        assert rig.gpu.fallback_code == "WEBGPU_NO_ADAPTER"
        assert "no adapter here" in str(rig.gpu.fallback_reason)
        (event,) = rig.events("GpuFallback")
        assert (event["providerId"], event["code"]) == ("webgpu.compute", "WEBGPU_NO_ADAPTER")
        assert event["reason"] == rig.gpu.fallback_reason
        assert rig.gpu.info is None
        assert rig.gpu.counts() == {}
        a = await rig.gpu.to_device(ONES)
        assert (await rig.gpu.vector_add(a, ONES) == 2).all()
        result = await rig.gpu.dispatch(SCALE, {"data": a, "step": (1, 3)}, workgroups=2)
        assert (result["data"] == 6).all()

    on_rig(body, refusal=GpuUnavailableError("There is no adapter here.", code="WEBGPU_NO_ADAPTER"))


def test_a_device_that_cannot_be_had_again_is_no_fallback() -> None:
    async def body(rig: Rig) -> None:
        await rig.gpu.initialize()
        rig.device.lose()
        rig.device.refusal = GpuUnavailableError("gone for good", code="WEBGPU_NO_ADAPTER")
        with pytest.raises(GpuUnavailableError):
            await rig.gpu.dispatch(VECTOR_ADD, HOST, workgroups=2)
        assert not rig.gpu.using_cpu_fallback

    on_rig(body)


def test_after_a_shutdown_everything_begins_anew() -> None:
    async def body(rig: Rig) -> None:
        d = await rig.gpu.to_device(ONES)
        copied = await rig.gpu.to_device(ONES, restore=True)
        await rig.gpu.shutdown()
        assert rig.gpu.info is None
        with pytest.raises(DeviceLost, match="shut down"):
            await d.read()
        assert (await copied.read() == 1).all()
        assert rig.device.generation == 2
        assert rig.events("GpuDeviceLost") == []
        rig.device.lose()
        assert [event["generation"] for event in rig.events("GpuDeviceLost")] == ["2"]

    on_rig(body)


# What is told


def test_runs_that_are_waited_for_are_told_at_once_and_others_together() -> None:
    async def body(rig: Rig) -> None:
        host = {"a": ONES, "b": ONES, "out": ONES}
        await rig.gpu.dispatch(VECTOR_ADD, host, workgroups=(2,))
        told = {
            "providerId": "webgpu.compute",
            "backend": "webgpu",
            "dispatch": "2,1,1",
            "workgroupSize": "64,1,1",
        }
        assert rig.events("GpuKernelExecuted") == [told]
        a = await rig.gpu.to_device(ONES)
        kept = {"a": a, "b": a, "out": rig.gpu.empty(100)}
        for _ in range(5):
            await rig.gpu.dispatch(VECTOR_ADD, kept, workgroups=2, keep=True)
        assert len(rig.events("GpuKernelExecuted")) == 1
        await rig.until("GpuKernelExecuted", 2)
        assert rig.events("GpuKernelExecuted")[1:] == [told | {"count": "5"}]
        async with rig.gpu.batch() as batch:
            for groups in (1, 2, 2):
                await batch.dispatch(VECTOR_ADD, kept, workgroups=groups)
            batch.read(a)
        assert rig.events("GpuKernelExecuted")[2:] == [told | {"dispatch": "1,1,1"}, told | {"count": "2"}]

    on_rig(body)


def test_a_kernel_that_fails_is_not_told() -> None:
    async def body(rig: Rig) -> None:
        with pytest.raises(InvalidArgumentError):
            await rig.gpu.dispatch(VECTOR_ADD, {"a": ONES, "b": ONES, "out": ONES[:0]}, workgroups=2)

        async def fail() -> None:
            async with rig.gpu.batch() as batch:
                await batch.dispatch(VECTOR_ADD, HOST, workgroups=2)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        await rig.gpu.shutdown()
        assert rig.events("GpuKernelExecuted") == []

    on_rig(body)


# Synchronous twins


def test_synchronous_code_has_twins_on_a_device() -> None:
    def use() -> None:
        gpu = Rig().gpu
        d = gpu.to_device_sync(ONES)
        kernel = gpu.compile_sync(VECTOR_ADD)
        result = gpu.dispatch_sync(kernel, {"a": d, "b": ONES, "out": ONES}, workgroups=2, keep=True)
        assert (result["out"].read_sync() == 2).all()
        d.write_sync(2 * ONES)
        assert (d.read_sync(start=5, count=2) == 2).all()
        gpu.synchronize_sync()

    async def in_a_thread_of_its_own() -> None:
        await asyncio.to_thread(use)

    run_async(in_a_thread_of_its_own())


def test_synchronous_code_needs_no_loop_on_the_cpu() -> None:
    gpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))
    assert (gpu.vector_add_sync(ONES, ONES) == 2).all()
    result = gpu.dispatch_sync(VECTOR_ADD, HOST, workgroups=2)
    assert (result["out"] == 2).all()
    assert (gpu.to_device_sync(ONES).read_sync() == 1).all()


def test_synchronous_code_that_would_have_to_wait_is_told_why() -> None:
    class Elsewhere:
        def __await__(self) -> Iterator[object]:
            yield self

    class Slow(EventBusProvider):
        async def publish(self, *_: Any, **__: Any) -> None:
            await Elsewhere()

    gpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True), event_bus=Slow())
    with pytest.raises(KernelError, match="SYNC_UNAVAILABLE"):
        gpu.vector_add_sync(ONES, ONES)


def test_a_backend_with_the_low_level_only_says_so() -> None:
    class FourMembers:
        def is_webgpu_supported(self) -> bool:
            return True

    gpu = WebGpuComputeProvider(backend=WebGpuWasmBackend(FourMembers()))  # type: ignore[arg-type]
    with pytest.raises(KernelError, match="WEBGPU_DEVICE_REQUIRED"):
        run_async(gpu.to_device(ONES))
    assert not gpu.using_cpu_fallback
