"""GPUs that a provider can use (reference contract, section 4.7)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from ..contracts.compute import ComputeKernel, GpuInterop
from ..contracts.errors import NotSupportedError
from ..contracts.gpu import GpuDevice
from ..contracts.gpu_errors import GpuUnavailableError


class NullBackend:
    """No GPU at all: never available, and every operation is refused with ``WEBGPU_BACKEND_UNAVAILABLE``."""

    reason = "No GPU backend was given."
    device: GpuDevice | None = None

    @property
    def is_available(self) -> bool:
        """Whether there is a GPU."""
        return False

    async def initialize(self) -> None:
        """Look for a GPU; there is none."""

    async def create_buffer(self, size: int) -> object:  # noqa: ARG002
        """Refuse."""
        raise self._refusal()

    async def write_buffer(self, buffer: object, data: bytes) -> None:  # noqa: ARG002
        """Refuse."""
        raise self._refusal()

    async def read_buffer(self, buffer: object, destination: memoryview) -> None:  # noqa: ARG002
        """Refuse."""
        raise self._refusal()

    async def execute_kernel(self, kernel: ComputeKernel, buffers: Sequence[object]) -> None:  # noqa: ARG002
        """Refuse."""
        raise self._refusal()

    def _refusal(self) -> NotSupportedError:
        return NotSupportedError(self.reason, code="WEBGPU_BACKEND_UNAVAILABLE")


@dataclass(frozen=True, slots=True)
class WebGpuWasmBuffer:
    """The handle of a buffer: an identity of its own, and the size in bytes."""

    size: int
    id: uuid.UUID = field(default_factory=uuid.uuid4)


class WebGpuWasmBackend:
    """A browser's GPU behind a `GpuInterop`; available where one was given and the page has WebGPU.

    An interop that is a `GpuDevice` as well is the backend's device: it is opened by `initialize`. It is for
    one provider: two would give their buffers the same handles.
    """

    def __init__(self, interop: GpuInterop | None = None) -> None:
        self._interop = interop
        self.device: GpuDevice | None = cast("GpuDevice", interop) if hasattr(interop, "submit") else None
        self._available = False
        self.reason = "The backend has not been initialised."
        self.code = "WEBGPU_BACKEND_UNAVAILABLE"
        """What kind of reason it is."""

    @classmethod
    def create(cls) -> WebGpuWasmBackend:
        """Return a backend without interop, which is never available."""
        return cls()

    @property
    def is_available(self) -> bool:
        """Whether `initialize` has found WebGPU."""
        return self._available

    async def initialize(self) -> None:
        """Ask the page whether it has WebGPU, and open the device; ``reason`` and ``code`` say why there is none."""
        self._available = False
        if self._interop is None:
            self.reason = "The backend was given no way to a browser's navigator.gpu."
            return
        if not self._interop.is_webgpu_supported():
            self.reason = (
                "This page has no WebGPU (navigator.gpu): the browser has none, or the page was not loaded from https "
                "or localhost."
            )
            self.code = "WEBGPU_UNSUPPORTED"
            return
        if self.device is not None:
            try:
                await self.device.open()
            except GpuUnavailableError as error:
                self.reason, self.code = str(error), error.code
                return
        self._available, self.reason = True, ""

    async def dispose(self) -> None:
        """Close the device; `initialize` opens it again."""
        self._available = False
        self.reason = "The backend was disposed of."
        if self.device is not None:
            closing = self.device.close()
            if closing is not None:
                await closing

    async def create_buffer(self, size: int) -> WebGpuWasmBuffer:
        """Return a handle; the browser allocates when it is first used."""
        self._require()
        return WebGpuWasmBuffer(size)

    async def write_buffer(self, buffer: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer."""
        await self._require().write_buffer(buffer, data)

    async def read_buffer(self, buffer: object, destination: memoryview) -> None:
        """Copy from the front of a buffer until ``destination`` is full, or the buffer ends."""
        data = await self._require().read_buffer(buffer, destination.nbytes)
        destination[: len(data)] = data

    async def execute_kernel(self, kernel: ComputeKernel, buffers: Sequence[object]) -> None:
        """Run ``kernel`` over ``buffers``."""
        await self._require().execute_kernel(kernel.source, buffers, *kernel.dispatch)

    def _require(self) -> GpuInterop:
        if not self._available or self._interop is None:
            raise NotSupportedError(self.reason, code="WEBGPU_BACKEND_UNAVAILABLE")
        return self._interop


class WebGpuNativeBackend(WebGpuWasmBackend):
    """The GPU of a Python outside of browsers, over PyPI ``wgpu``: ``pip install aikernel-web[native]``.

    Args:
        adapter: a part of the name of the GPU to use; the fastest one where none is given.
    """

    def __init__(self, adapter: str | None = None) -> None:
        from .native import NativeGpu  # noqa: PLC0415 - an extra, and a page has no use for it

        super().__init__(NativeGpu(adapter))

    @classmethod
    def create(cls) -> WebGpuNativeBackend:
        """Return a backend of the fastest GPU."""
        return cls()
