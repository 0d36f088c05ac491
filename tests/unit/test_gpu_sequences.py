"""Sequences of operations on device arrays, losses among them: never a wrong number, never memory left behind."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.gpu_device_double import DeviceDouble, adds
from unit.loop import run_async

from aikernel_web import DeviceArray, DeviceLost, WebGpuComputeProvider, WebGpuWasmBackend
from aikernel_web.compute.kernels import VECTOR_ADD

SIZE = 6
NEGATE = """
@group(0) @binding(0) var<storage, read_write> data: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] = -data[id.x]; }
"""


def negates(_: object, buffers: list[np.ndarray]) -> None:
    values = buffers[0].view(np.float32)
    values[:] = -values


@dataclass
class Known:
    """An array, and what is known of it."""

    array: DeviceArray
    value: np.ndarray
    on_device: bool = False
    copied: bool = False
    lost: bool = False
    destroyed: bool = False

    @property
    def usable(self) -> bool:
        return not (self.lost or self.destroyed)


MAKING = ["upload", "restorable", "empty", "sum"]
NAMES = [*MAKING, "write", "read", "negate", "add", "host", "destroy", "drop", "lose", "batch", "abandon"]
NUMBERS = st.integers(0, 9)
OPERATIONS = st.lists(st.tuples(st.sampled_from(NAMES), NUMBERS, NUMBERS, NUMBERS), max_size=30)


class Model:
    def __init__(self) -> None:
        self.device = DeviceDouble({"out[i] = a[i] + b[i]": adds, "-data[id.x]": negates})
        self.gpu = WebGpuComputeProvider(backend=WebGpuWasmBackend(self.device))
        self.known: list[Known] = []
        self.number = 0

    def fresh(self) -> np.ndarray:
        self.number += 1
        return np.arange(SIZE, dtype=np.float32) + 10 * self.number

    def pick(self, index: int) -> Known | None:
        return self.known[index % len(self.known)] if self.known else None

    async def run(self, operations: list[tuple[str, int, int, int]]) -> None:
        await self.gpu.initialize()
        for name, *numbers in operations:
            await getattr(self, f"do_{name}")(*numbers)
            await self.check_all()
        self.known.clear()
        gc.collect()
        await self.gpu.dispatch(NEGATE, {"data": self.fresh()}, workgroups=1)
        assert not self.device.buffers

    async def check_all(self) -> None:
        for known in self.known:
            await self.check(known)

    async def check(self, known: Known) -> None:
        if known.destroyed:
            with pytest.raises(ValueError, match="WEBGPU_ARRAY_DESTROYED"):
                await known.array.read()
        elif known.lost:
            with pytest.raises(DeviceLost):
                await known.array.read()
        else:
            np.testing.assert_array_equal(await known.array.read(), known.value)

    async def do_upload(self, *_: int) -> None:
        value = self.fresh()
        self.known.append(Known(await self.gpu.to_device(value), value, on_device=True))

    async def do_restorable(self, *_: int) -> None:
        value = self.fresh()
        array = await self.gpu.to_device(value, restore=True)
        self.known.append(Known(array, value, on_device=True, copied=True))

    async def do_empty(self, *_: int) -> None:
        self.known.append(Known(self.gpu.empty(SIZE), np.zeros(SIZE, np.float32)))

    async def do_write(self, index: int, start: int, count: int) -> None:
        known = self.pick(index)
        start, count = start % SIZE, count % SIZE
        if known is not None and known.usable and start + count <= SIZE and count:
            part = self.fresh()[:count]
            await known.array.write(part, start)
            known.value = known.value.copy()
            known.value[start : start + count] = part
            known.on_device = True

    async def do_read(self, index: int, start: int, count: int) -> None:
        known = self.pick(index)
        start, count = start % SIZE, count % SIZE
        if known is not None and known.usable and start + count <= SIZE:
            part = await known.array.read(start=start, count=count)
            np.testing.assert_array_equal(part, known.value[start : start + count])

    async def do_negate(self, index: int, *_: int, into: Any = None) -> None:
        known = self.pick(index)
        if known is None:
            return
        call = (into or self.gpu).dispatch
        keep = {} if into else {"keep": True}
        if not known.usable:
            with pytest.raises((DeviceLost, ValueError)):
                await call(NEGATE, {"data": known.array}, workgroups=1, **keep)
            return
        await call(NEGATE, {"data": known.array}, workgroups=1, **keep)
        known.value, known.on_device, known.copied = -known.value, True, False

    async def do_add(self, first: int, second: int, third: int, *, into: Any = None) -> None:
        a, b, out = self.pick(first), self.pick(second), self.pick(third)
        if a is None or b is None or out is None or not (a.usable and b.usable and out.usable):
            return
        bindings = {"a": a.array, "b": b.array, "out": out.array}
        call = (into or self.gpu).dispatch
        keep = {} if into else {"keep": True}
        if out is a or out is b:
            with pytest.raises(ValueError, match="WEBGPU_BINDING_ALIASED"):
                await call(VECTOR_ADD, bindings, workgroups=1, **keep)
            return
        await call(VECTOR_ADD, bindings, workgroups=1, **keep)
        out.value, out.copied = a.value + b.value, False
        a.on_device = b.on_device = out.on_device = True

    async def do_sum(self, first: int, second: int, *_: int, into: Any = None) -> None:
        a, b = self.pick(first), self.pick(second)
        if a is None or b is None or not (a.usable and b.usable):
            return
        bindings = {"a": a.array, "b": b.array, "out": np.zeros(SIZE, np.float32)}
        call = (into or self.gpu).dispatch
        keep = {} if into else {"keep": True}
        result = await call(VECTOR_ADD, bindings, workgroups=1, **keep)
        a.on_device = b.on_device = True
        self.known.append(Known(result["out"], a.value + b.value, on_device=True))

    async def do_host(self, index: int, *_: int) -> None:
        known = self.pick(index)
        if known is not None and known.usable:
            large = np.ones(1000, np.float32)
            result = await self.gpu.dispatch(VECTOR_ADD, {"a": known.array, "b": large, "out": large}, workgroups=16)
            np.testing.assert_array_equal(result["out"][:SIZE], known.value + 1)
            known.on_device = True

    async def do_destroy(self, index: int, *_: int) -> None:
        known = self.pick(index)
        if known is not None:
            known.array.destroy()
            # One that was lost says so or that it was destroyed: either way it cannot be used.
            known.destroyed = True

    async def do_drop(self, index: int, *_: int) -> None:
        if self.known:
            del self.known[index % len(self.known)]

    async def do_lose(self, *_: int) -> None:
        self.device.lose()
        for known in self.known:
            known.lost = known.lost or (known.on_device and not known.copied)

    async def do_batch(self, *numbers: int) -> None:
        count = len(self.known)
        async with self.gpu.batch() as batch:
            await self.do_negate(numbers[0], into=batch)
            await self.do_sum(*numbers, into=batch)
            await self.do_add(*numbers[::-1], into=batch)
            reads = [(known, batch.read(known.array)) for known in self.known if known.usable]
        for known, read in reads:
            np.testing.assert_array_equal(read.array, known.value)
        assert len(self.known) in (count, count + 1)

    async def do_abandon(self, *numbers: int) -> None:
        before = [(known, known.value, known.on_device) for known in self.known]
        with pytest.raises(ZeroDivisionError):
            await self._fail(numbers)
        # Nothing has run; but whoever was to write an array has made its copy doubtful.
        self.known = [known for known, *_ in before]
        for known, value, on_device in before:
            known.value, known.on_device = value, on_device

    async def _fail(self, numbers: tuple[int, ...]) -> None:
        async with self.gpu.batch() as batch:
            await self.do_negate(numbers[0], into=batch)
            await self.do_sum(*numbers, into=batch)
            raise ZeroDivisionError


@given(OPERATIONS)
@settings(max_examples=60)
def test_arrays_hold_what_was_done_to_them_or_say_that_it_is_lost(operations: list[tuple[str, int, int, int]]) -> None:
    run_async(Model().run(operations))


@pytest.mark.deep
@given(OPERATIONS)
@settings(max_examples=1000)
def test_arrays_hold_what_was_done_to_them_in_many_sequences(operations: list[tuple[str, int, int, int]]) -> None:
    run_async(Model().run(operations))
