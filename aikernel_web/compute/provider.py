"""The WebGPU provider: a backend's GPU, or the CPU (reference contract, section 4.6)."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime

from ..contracts.compute import ComputeBuffer, ComputeKernel, ComputeProvider, GpuBackend
from ..contracts.errors import InvalidArgumentError
from ..contracts.events import GPU_KERNEL_EXECUTED, EventBus
from ..contracts.provider_base import ProviderBase
from ..contracts.providers import ProviderHealthStatus
from .backends import NullBackend
from .capability import OPERATIONS, WebGpuComputeCapabilityDescriptor
from .capability_set import ComputeProviderCapabilities
from .cpu import CpuComputeProvider
from .settings import WebGpuComputeSettings


class WebGpuComputeProvider(ProviderBase):
    """Runs WGSL kernels over buffers: on the backend's GPU where it has one, and otherwise on the CPU.

    Which it is is decided when the provider is first used, once, until `shutdown`. A kernel that fails on the GPU does
    not run on the CPU: the error reaches the caller.
    """

    def __init__(
        self,
        settings: WebGpuComputeSettings | None = None,
        backend: GpuBackend | None = None,
        *,
        cpu_fallback: ComputeProvider | None = None,
        event_bus: EventBus | None = None,
    ) -> None:
        self.settings = settings or WebGpuComputeSettings()
        capabilities = ComputeProviderCapabilities(OPERATIONS, ("buffer", "float32", "uint8"))
        super().__init__(self.settings.provider_id, self.settings.name, capabilities)
        self.version = self.settings.version
        self.available = True
        self.using_cpu_fallback = True
        self.fallback_reason: str | None = "The provider has not been used yet."
        self._backend: GpuBackend = backend or NullBackend()
        self._cpu: ComputeProvider = cpu_fallback or CpuComputeProvider()
        self._bus = event_bus
        self._initializing = asyncio.Lock()

    @classmethod
    def create(cls) -> WebGpuComputeProvider:
        """Return a provider with default settings and no backend, which computes on the CPU."""
        return cls()

    async def is_available(self) -> bool:
        """Return True: there is always the CPU."""
        return True

    async def get_health(self) -> ProviderHealthStatus:
        """Return healthy, and whether the GPU or the CPU computes."""
        message = (
            f"Computing on the CPU: {self.fallback_reason}" if self.using_cpu_fallback else "Computing on the GPU."
        )
        return ProviderHealthStatus(True, message, datetime.now(UTC), 0)

    async def initialize(self) -> None:
        """Decide between GPU and CPU; ``using_cpu_fallback`` and ``fallback_reason`` say how. Every use does that."""
        async with self._initializing:
            if self._initialized:
                return
            self.fallback_reason = await self._reason_to_fall_back()
            self.using_cpu_fallback = self.fallback_reason is not None
            self._initialized = True

    async def shutdown(self) -> None:
        """Let go of the backend's GPU; the next use decides anew."""
        dispose = getattr(self._backend, "dispose", None)
        if dispose is not None:
            answer = dispose()
            if inspect.isawaitable(answer):
                await answer
        self._initialized = False
        self.using_cpu_fallback = True
        self.fallback_reason = "The provider was shut down."

    async def create_buffer(self, size: int) -> ComputeBuffer:
        """Make a buffer of ``size`` bytes, all zeros."""
        await self.initialize()
        native = None if self.using_cpu_fallback else await self._backend.create_buffer(size)
        return ComputeBuffer(size, native)

    async def write_buffer(self, buffer: ComputeBuffer, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` to the front of ``buffer``.

        Raises `InvalidArgumentError`: ``WEBGPU_BUFFER_REQUIRED``, ``WEBGPU_BUFFER_WRITE_SIZE_MISMATCH``.
        """
        _require_buffer(buffer)
        raw = bytes(memoryview(data).cast("B"))
        if len(raw) > buffer.size:
            message = f"{len(raw)} bytes do not fit into a buffer of {buffer.size}."
            raise InvalidArgumentError(message, code="WEBGPU_BUFFER_WRITE_SIZE_MISMATCH")
        await self.initialize()
        buffer.write(raw)
        if not self.using_cpu_fallback:
            await self._backend.write_buffer(buffer.native_buffer, raw)

    async def read_buffer(self, buffer: ComputeBuffer, destination: bytearray | memoryview) -> None:
        """Copy ``buffer`` to the front of ``destination``.

        Raises `InvalidArgumentError`: ``WEBGPU_BUFFER_REQUIRED``, ``WEBGPU_BUFFER_READ_SIZE_MISMATCH``.
        """
        _require_buffer(buffer)
        target = memoryview(destination).cast("B")
        if target.nbytes < buffer.size:
            message = f"A buffer of {buffer.size} bytes does not fit into {target.nbytes}."
            raise InvalidArgumentError(message, code="WEBGPU_BUFFER_READ_SIZE_MISMATCH")
        await self.initialize()
        if self.using_cpu_fallback:
            buffer.read(target)
        else:
            await self._backend.read_buffer(buffer.native_buffer, target[: buffer.size])

    async def execute_kernel(self, kernel: ComputeKernel, *buffers: ComputeBuffer) -> None:
        """Run ``kernel``; buffer i is binding i of group 0. Publishes ``GpuKernelExecuted`` when it has run.

        Raises `InvalidArgumentError`: ``WEBGPU_KERNEL_REQUIRED``, ``WEBGPU_BUFFER_REQUIRED``; and what the backend, or
        the CPU, raises.
        """
        if kernel is None:
            raise InvalidArgumentError("There is no kernel to run.", code="WEBGPU_KERNEL_REQUIRED")
        for buffer in buffers:
            _require_buffer(buffer)
        await self.initialize()
        if self.using_cpu_fallback:
            await self._cpu.execute_kernel(kernel, *buffers)
        else:
            await self._backend.execute_kernel(kernel, [buffer.native_buffer for buffer in buffers])
        if self._bus is not None and self._bus.wants(GPU_KERNEL_EXECUTED):
            payload = {
                "providerId": self.provider_id,
                "backend": "cpu-fallback" if self.using_cpu_fallback else "webgpu",
                "dispatch": ",".join(map(str, kernel.dispatch)),
                "workgroupSize": ",".join(map(str, kernel.workgroup_size)),
            }
            await self._bus.publish(GPU_KERNEL_EXECUTED, payload)

    def to_capability_descriptor(self) -> WebGpuComputeCapabilityDescriptor:
        """Return what is told of this provider to others."""
        return WebGpuComputeCapabilityDescriptor(
            self.provider_id, self.settings.adapter_profile, self.settings.to_metadata()
        )

    async def _reason_to_fall_back(self) -> str | None:
        if self.settings.force_cpu_fallback:
            return "The settings ask for the CPU."
        try:
            await self._backend.initialize()
        except Exception as error:  # any failure of the backend means the CPU, by contract
            return f"The GPU could not be initialised: {error}"
        if self._backend.is_available:
            return None
        return getattr(self._backend, "reason", "") or "The backend has no GPU."


def _require_buffer(buffer: ComputeBuffer | None) -> None:
    if buffer is None:
        raise InvalidArgumentError("A buffer is missing.", code="WEBGPU_BUFFER_REQUIRED")
