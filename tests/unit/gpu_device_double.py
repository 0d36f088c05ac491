"""A `GpuDevice` whose kernels are Python: it keeps what it is told, checks it as WebGPU would, and computes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from aikernel_web.contracts.gpu import BUFFER, COPY, DATA, DISPATCH, FREE, READ, GpuBinding, GpuDeviceInfo
from aikernel_web.contracts.gpu_errors import DeviceLost, GpuTimeoutError, GpuUnavailableError, GpuValidationError

T = TypeVar("T")
Groups = tuple[int, int, int]
Program = Callable[[Groups, list[np.ndarray]], None]
"""What a kernel does to its buffers (uint8 each)."""

LENGTHS = {BUFFER: 3, DATA: 3, DISPATCH: 6, COPY: 6, READ: 4, FREE: 2}
"""The words of each operation, without what it counts itself."""
LIMITS = {
    "maxBindGroups": 4,
    "maxBindingsPerBindGroup": 1000,
    "maxBufferSize": 1 << 28,
    "maxComputeInvocationsPerWorkgroup": 256,
    "maxComputeWorkgroupSizeX": 256,
    "maxComputeWorkgroupSizeY": 256,
    "maxComputeWorkgroupSizeZ": 64,
    "maxComputeWorkgroupStorageSize": 16384,
    "maxComputeWorkgroupsPerDimension": 65535,
    "maxStorageBufferBindingSize": 1 << 27,
    "maxStorageBuffersPerShaderStage": 8,
    "maxUniformBufferBindingSize": 65536,
    "maxUniformBuffersPerShaderStage": 12,
}


@dataclass
class Pipeline:
    """What `compile` was given."""

    wgsl: str
    entry: str
    constants: Mapping[str, float]
    bindings: tuple[GpuBinding, ...]


@dataclass
class DeviceDouble:
    """Its ``programs`` are known by a part of their shader's text; what has none does nothing."""

    programs: dict[str, Program] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=LIMITS.copy)
    refusal: GpuUnavailableError | None = None
    generation: int = 0
    buffers: dict[int, np.ndarray] = field(default_factory=dict)
    pipelines: dict[int, Pipeline] = field(default_factory=dict)
    lists: list[list[tuple[Any, ...]]] = field(default_factory=list)
    """The operations of each list, their names first."""
    writes: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Handle, size of the buffer, offset, length of the data."""
    dispatched: list[Groups] = field(default_factory=list)
    compiled: int = 0
    finished: list[int] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Where given, `finish` waits for it."""
    failure: Exception | None = None
    """Where given, `finish` raises it, once."""

    def __post_init__(self) -> None:
        self._info: GpuDeviceInfo | None = None
        self._submitted = asyncio.Event()
        self._reads: dict[int, list[np.ndarray]] = {}
        self._callbacks: list[Callable[[str, str], None]] = []

    @property
    def info(self) -> GpuDeviceInfo | None:
        return self._info

    def is_webgpu_supported(self) -> bool:
        return True

    async def open(self) -> GpuDeviceInfo:
        if self._info is None:
            await asyncio.sleep(0)
            if self.refusal is not None:
                raise self.refusal
            self.generation += 1
            self.buffers.clear()
            self.pipelines.clear()
            adapter = {"description": "double", "vendor": "python"}
            self._info = GpuDeviceInfo(self.generation, adapter, self.features, self.limits)
        return self._info

    async def compile(
        self, wgsl: str, entry: str, *, constants: Mapping[str, float], bindings: Sequence[GpuBinding]
    ) -> int:
        self._require()
        await asyncio.sleep(0)
        self._require()
        given = Pipeline(wgsl, entry, dict(constants), tuple(bindings))
        for number, pipeline in self.pipelines.items():
            if pipeline == given:
                return number
        self.compiled += 1
        number = 1000 * self.generation + self.compiled
        self.pipelines[number] = given
        return number

    def release(self, pipeline: int) -> None:
        self.pipelines.pop(pipeline, None)

    def write(self, handle: int, size: int, data: Any, *, offset: int = 0) -> None:
        self._require()
        raw = np.frombuffer(data, np.uint8)
        assert size % 4 == raw.size % 4 == offset % 4 == 0
        assert offset + raw.size <= size
        buffer = self.buffers.setdefault(handle, np.zeros(size, np.uint8))
        assert buffer.size == size
        buffer[offset : offset + raw.size] = raw
        self.writes.append((handle, size, offset, raw.size))

    def submit(self, words: Sequence[int], *, timed: bool = False) -> int:  # noqa: ARG002
        self._require()
        ticket = len(self.lists) + 1
        self._reads[ticket] = []
        operations, freed, at = [], [], 0
        while at < len(words):
            more = {DATA: 2, DISPATCH: 5}.get(words[at])
            length = LENGTHS[words[at]] + (0 if more is None else words[at + more])
            operation, given = words[at], list(words[at + 1 : at + length])
            operations.append(self._carry_out(operation, given, ticket, freed))
            at += length
        for handle in freed:
            del self.buffers[handle]
        self.lists.append(operations)
        self._submitted.set()
        return ticket

    def _carry_out(self, operation: int, given: list[int], ticket: int, freed: list[int]) -> tuple[Any, ...]:
        if operation == BUFFER:
            handle, size = given
            assert self.buffers.setdefault(handle, np.zeros(4 * size, np.uint8)).size == 4 * size
            return "BUFFER", handle, size
        if operation == DATA:
            assert given[0] not in self.buffers
            self.buffers[given[0]] = np.array(given[2:], np.uint32).view(np.uint8).copy()
            return "DATA", *given
        if operation == READ:
            handle, offset, size = given
            assert 4 * (offset + size) <= self.buffers[handle].size
            self._reads[ticket].append(self.buffers[handle][4 * offset : 4 * (offset + size)].copy())
            return "READ", *given
        if operation == FREE:
            assert given[0] in self.buffers
            freed.append(given[0])
            return "FREE", *given
        assert operation == DISPATCH
        pipeline = self.pipelines[given[0]]
        handles = given[5:]
        assert len(handles) == given[4] == len(pipeline.bindings)
        if max(given[1:4]) > self.limits["maxComputeWorkgroupsPerDimension"]:
            raise GpuValidationError("too many workgroups")
        self.dispatched.append((given[1], given[2], given[3]))
        for part, program in self.programs.items():
            if part in pipeline.wgsl:
                program((given[1], given[2], given[3]), [self.buffers[handle] for handle in handles])
        return "DISPATCH", *given

    async def finish(
        self, ticket: int, destinations: Sequence[Any] = (), *, time_limit: float | None = None
    ) -> float | None:
        self._require()
        await asyncio.sleep(0)
        if self.gate is not None:
            try:
                await asyncio.wait_for(self.gate.wait(), time_limit)
            except TimeoutError:
                self.lose("timeout", "it did not end")
                raise GpuTimeoutError("The kernel did not end.") from None
        self._require()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.finished.append(ticket)
        for source, destination in zip(self._reads.pop(ticket, []), destinations, strict=True):
            target = np.frombuffer(destination, np.uint8)
            assert target.size <= source.size
            target[:] = source[: target.size]
        return 0.5

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(coroutine)

    def on_lost(self, callback: Callable[[str, str], None]) -> None:
        self._callbacks.append(callback)

    def counts(self) -> Mapping[str, int]:
        return {"buffers": len(self.buffers), "pipelines": len(self.pipelines), "submits": len(self.lists)}

    def close(self) -> None:
        self._info = None
        self.buffers.clear()

    async def until(self, lists: int) -> None:
        """Wait until so many lists were submitted."""
        while len(self.lists) < lists:
            self._submitted.clear()
            await self._submitted.wait()

    def lose(self, reason: str = "unknown", message: str = "the GPU process is gone") -> None:
        """Lose the device, as a crash does."""
        self._info = None
        self.buffers.clear()
        self.pipelines.clear()
        for callback in self._callbacks:
            callback(reason, message)

    def _require(self) -> None:
        if self._info is None:
            raise DeviceLost("The device is gone.")


def adds(groups: Groups, buffers: list[np.ndarray]) -> None:
    """What ``out[i] = a[i] + b[i]`` over float32 does, in workgroups of 64."""
    a, b, out = (buffer.view(np.float32) for buffer in buffers)
    count = min(groups[0] * 64, out.size, a.size, b.size)
    out[:count] = a[:count] + b[:count]
