"""GPU compute as values and seams: buffers, kernels, backends (reference contract, sections 4.1 to 4.3 and 4.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from .errors import DisposedError, InvalidArgumentError
from .gpu import GpuDevice

_WORKGROUP_SIZE = re.compile(r"@workgroup_size\((\d+)(?:, *(\d+))?(?:, *(\d+))?\)")


class ComputeBuffer:
    """``size`` bytes for kernels: a store on the host, all zeros at first, and what a backend keeps beside it.

    Buffers are equal only to themselves.
    """

    def __init__(self, size: int, native_buffer: object = None) -> None:
        if size < 0:
            message = f"A buffer of {size} bytes cannot be made: give 0 or more."
            raise InvalidArgumentError(message, code="COMPUTE_BUFFER_SIZE_NEGATIVE")
        self.size = size
        self.native_buffer = native_buffer
        self.is_disposed = False
        self._store = bytearray(size)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` to the front; what lies behind it stays.

        Raises `InvalidArgumentError` with ``COMPUTE_BUFFER_WRITE_SIZE_MISMATCH`` where it is longer than the buffer.
        """
        raw = memoryview(data).cast("B")
        if raw.nbytes > self.size:
            message = f"{raw.nbytes} bytes do not fit into a buffer of {self.size}."
            raise InvalidArgumentError(message, code="COMPUTE_BUFFER_WRITE_SIZE_MISMATCH")
        self.as_memory()[: raw.nbytes] = raw

    def read(self, destination: bytearray | memoryview) -> None:
        """Copy all of it to the front of ``destination``.

        Raises `InvalidArgumentError` with ``COMPUTE_BUFFER_READ_SIZE_MISMATCH`` where that is shorter.
        """
        target = memoryview(destination).cast("B")
        if target.nbytes < self.size:
            message = f"A buffer of {self.size} bytes does not fit into {target.nbytes}."
            raise InvalidArgumentError(message, code="COMPUTE_BUFFER_READ_SIZE_MISMATCH")
        target[: self.size] = self.as_memory()

    def as_memory(self) -> memoryview:
        """Return the host's store, writable. Raises `DisposedError` with ``COMPUTE_BUFFER_DISPOSED``."""
        if self.is_disposed:
            raise DisposedError("The buffer was disposed: create another.", code="COMPUTE_BUFFER_DISPOSED")
        return memoryview(self._store)

    def dispose(self) -> None:
        """Let go of the store. Again changes nothing; what a backend keeps is the backend's."""
        self.is_disposed = True
        self._store = bytearray()


class ComputeKernel:
    """A WGSL compute shader and how many workgroups of it are run.

    The workgroup size is what the source's first ``@workgroup_size`` says in decimal numbers, and 1 where it says
    otherwise.
    """

    def __init__(
        self,
        source: str,
        dispatch_x: int,
        dispatch_y: int = 1,
        dispatch_z: int = 1,
        native_pipeline: object = None,
    ) -> None:
        if not source or source.isspace():
            raise InvalidArgumentError("The kernel has no source: give WGSL.", code="COMPUTE_KERNEL_SOURCE_REQUIRED")
        if min(dispatch_x, dispatch_y, dispatch_z) < 1:
            message = f"{dispatch_x} x {dispatch_y} x {dispatch_z} workgroups cannot be run: give 1 or more of each."
            raise InvalidArgumentError(message, code="COMPUTE_KERNEL_DISPATCH_INVALID")
        self.source = source
        self.dispatch_x, self.dispatch_y, self.dispatch_z = dispatch_x, dispatch_y, dispatch_z
        self.native_pipeline = native_pipeline
        found = _WORKGROUP_SIZE.search(source)
        sizes = tuple(int(size or 1) for size in found.groups()) if found else (1, 1, 1)
        self.workgroup_size_x, self.workgroup_size_y, self.workgroup_size_z = sizes

    @property
    def wgsl(self) -> str:
        """The source, under its language's name."""
        return self.source

    @property
    def dispatch(self) -> tuple[int, int, int]:
        """The workgroups along x, y and z."""
        return self.dispatch_x, self.dispatch_y, self.dispatch_z

    @property
    def workgroup_size(self) -> tuple[int, int, int]:
        """The invocations of a workgroup along x, y and z."""
        return self.workgroup_size_x, self.workgroup_size_y, self.workgroup_size_z


class ComputeProvider(Protocol):
    """Runs kernels over buffers."""

    @property
    def name(self) -> str:
        """The display name."""
        ...

    @property
    def available(self) -> bool:
        """Whether it can compute at this moment."""
        ...

    async def create_buffer(self, size: int) -> ComputeBuffer:
        """Make a buffer of ``size`` bytes."""
        ...

    async def write_buffer(self, buffer: ComputeBuffer, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` to the front of ``buffer``."""
        ...

    async def read_buffer(self, buffer: ComputeBuffer, destination: bytearray | memoryview) -> None:
        """Copy ``buffer`` to the front of ``destination``."""
        ...

    async def execute_kernel(self, kernel: ComputeKernel, *buffers: ComputeBuffer) -> None:
        """Run ``kernel``; buffer i is binding i of group 0."""
        ...


class GpuBackend(Protocol):
    """A GPU, as a provider uses one; buffers are known by what `create_buffer` has answered."""

    @property
    def is_available(self) -> bool:
        """Whether `initialize` has found a GPU."""
        ...

    @property
    def device(self) -> GpuDevice | None:
        """The whole GPU, which runs any kernel over arrays; None where there are only the operations below."""
        ...

    async def initialize(self) -> None:
        """Look for the GPU."""
        ...

    async def create_buffer(self, size: int) -> object:
        """Return a handle of a buffer of ``size`` bytes."""
        ...

    async def write_buffer(self, buffer: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer."""
        ...

    async def read_buffer(self, buffer: object, destination: memoryview) -> None:
        """Copy from the front of a buffer until ``destination`` is full."""
        ...

    async def execute_kernel(self, kernel: ComputeKernel, buffers: Sequence[object]) -> None:
        """Run ``kernel``; buffer i is binding i of group 0."""
        ...


class GpuInterop(Protocol):
    """The seam to a browser's ``navigator.gpu``: what a bridge must answer (IWebGpuJsInterop, section 4.7).

    A buffer is allocated when its handle is first used: a kernel's output may never have been written.
    """

    def is_webgpu_supported(self) -> bool:
        """Whether this page has WebGPU."""
        ...

    async def write_buffer(self, handle: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer."""
        ...

    async def read_buffer(self, handle: object, length: int) -> bytes:
        """Return the first ``length`` bytes of a buffer."""
        ...

    async def execute_kernel(self, wgsl: str, handles: Sequence[object], x: int, y: int, z: int) -> None:
        """Run a kernel on ``x`` by ``y`` by ``z`` workgroups; handle i is binding i of group 0."""
        ...
