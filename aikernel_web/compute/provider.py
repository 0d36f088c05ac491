"""The WebGPU provider: a backend's GPU, or the CPU (reference contract, section 4.6)."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..contracts.compute import ComputeBuffer, ComputeKernel, ComputeProvider, GpuBackend
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.events import GPU_FALLBACK, GPU_KERNEL_EXECUTED, EventBus
from ..contracts.gpu import GpuDeviceInfo
from ..contracts.gpu_errors import DeviceLost
from ..contracts.providers import ProviderHealthStatus
from .array_methods import ArrayMethods
from .backends import NullBackend
from .capability import OPERATIONS, WebGpuComputeCapabilityDescriptor
from .capability_set import ComputeProviderCapabilities
from .cpu import CpuComputeProvider
from .settings import WebGpuComputeSettings

if TYPE_CHECKING:
    from .execution.array_home import ArrayHome
    from .execution.stored_buffers import StoredBuffers


class WebGpuComputeProvider(ArrayMethods):
    """Runs WGSL kernels over arrays and buffers: on the backend's GPU where it has one, and otherwise on the CPU.

    Which it is is decided when the provider is first used, once, until `shutdown`; ``fallback_code`` and
    ``fallback_reason`` tell why it is the CPU, and the event ``GpuFallback`` does. A kernel that fails on the GPU does
    not run on the CPU: the error reaches the caller. A device that is lost is replaced at the next use.
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
        self.fallback_code: str | None = None
        """Why the CPU computes, once that is decided."""
        self._backend: GpuBackend = backend or NullBackend()
        self._cpu: ComputeProvider = cpu_fallback or CpuComputeProvider()
        self._bus = event_bus
        self._initializing = asyncio.Lock()
        self._shutdowns = 0

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
        """Decide between GPU and CPU; ``using_cpu_fallback`` and ``fallback_reason`` say how. Every use does that.

        Raises `DeviceLost` where the provider is shut down meanwhile.
        """
        if self._initialized:
            return
        shutdowns = self._shutdowns
        async with self._initializing:
            if self._initialized:
                return
            failure = None if shutdowns != self._shutdowns else await self._failure_of_the_gpu()
            if shutdowns != self._shutdowns:
                await self._let_go()
                message = "The provider was shut down before it had decided between GPU and CPU: use it again."
                raise DeviceLost(message)
            if failure is None:
                self.fallback_code = self.fallback_reason = None
            else:
                self.fallback_code, self.fallback_reason = failure
            self.using_cpu_fallback = failure is not None
            if self.using_cpu_fallback and "_arrays" in vars(self):
                self._arrays.settle_on_host()
            self._initialized = True
        # Told when it is decided: who hears of it may compute at once.
        if failure is not None and self._bus is not None and self._bus.wants(GPU_FALLBACK):
            code, reason = failure
            await self._bus.publish(GPU_FALLBACK, {"providerId": self.provider_id, "code": code, "reason": reason})

    async def shutdown(self) -> None:
        """Let go of the backend's GPU; the next use decides anew. What was only in its memory is gone."""
        self._shutdowns += 1
        await self._let_go()
        self._initialized = False
        self.using_cpu_fallback = True
        self.fallback_reason, self.fallback_code = "The provider was shut down.", None

    async def _let_go(self) -> None:
        if "_arrays" in vars(self):
            await self._arrays.close()
        dispose = getattr(self._backend, "dispose", None)
        if dispose is not None:
            answer = dispose()
            if inspect.isawaitable(answer):
                await answer

    @property
    def info(self) -> GpuDeviceInfo | None:
        """The device that is open; None before the first use, on the CPU, and between a loss and the next use."""
        device = self._backend.device
        return None if device is None or self.using_cpu_fallback else device.info

    def counts(self) -> dict[str, int]:
        """Return what there is on the device, and how much was done; empty on the CPU. See `GpuDevice.counts`."""
        device = self._backend.device
        return {} if device is None or self.using_cpu_fallback else dict(device.counts())

    # The contract's low level.

    async def create_buffer(self, size: int) -> ComputeBuffer:
        """Make a buffer of ``size`` bytes, all zeros; the device's memory is taken when it is first used."""
        await self.initialize()
        native = None
        if not self.using_cpu_fallback and self._stored is None:
            native = await self._backend.create_buffer(size)
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
        if self._stored is not None:
            await self._stored.write(buffer, raw)
            return
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
        if self._stored is not None:
            await self._stored.read(buffer, target)
        elif self.using_cpu_fallback:
            _require_current(buffer)
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
            for buffer in buffers:
                _require_current(buffer)
            await self._cpu.execute_kernel(kernel, *buffers)
        elif self._stored is not None:
            await self._stored.execute(kernel, buffers)
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

    def _array_home(self) -> ArrayHome:
        from .execution.array_home import ArrayHome  # noqa: PLC0415 - NumPy is loaded where arrays are used

        home = ArrayHome(
            self.provider_id,
            self.initialize,
            self._backend.device,
            self._bus,
            subgroup_size=self.settings.cpu_subgroup_size,
        )
        if self._initialized and self.using_cpu_fallback:
            home.settle_on_host()
        return home

    @property
    def _stored(self) -> StoredBuffers | None:
        return self._arrays.stored if "_arrays" in vars(self) else None

    async def _failure_of_the_gpu(self) -> tuple[str, str] | None:
        """Return the code and the reason of why there is no GPU, or None where it is ready."""
        if self.settings.force_cpu_fallback:
            return "CPU_FORCED", "The settings ask for the CPU."
        try:
            await self._backend.initialize()
            if self._backend.is_available and self._backend.device is not None:
                await self._arrays.settle_on_device()
        except Exception as error:  # any failure of the backend means the CPU, by contract
            code = error.code if isinstance(error, KernelError) else "WEBGPU_INTERNAL"
            return code, _without_code(f"The GPU could not be initialised: {error}", code)
        if self._backend.is_available:
            return None
        reason = getattr(self._backend, "reason", "") or "The backend has no GPU."
        code = getattr(self._backend, "code", "WEBGPU_BACKEND_UNAVAILABLE")
        return code, _without_code(reason, code)


def _without_code(message: str, code: str) -> str:
    """Return an error's message without its end, which names the code."""
    return message.removesuffix(f" ErrorCode={code}")


def _require_current(buffer: ComputeBuffer) -> None:
    """Raise `DeviceLost` where only a device, which there is no more, had the buffer's contents."""
    if not getattr(buffer.native_buffer, "current", True):
        raise DeviceLost("What the buffer held was only in the memory of a device that is gone.")


def _require_buffer(buffer: ComputeBuffer | None) -> None:
    if buffer is None:
        raise InvalidArgumentError("A buffer is missing.", code="WEBGPU_BUFFER_REQUIRED")
