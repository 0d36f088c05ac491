"""The seam to a GPU device: what a browser's ``navigator.gpu`` and a native WebGPU both answer.

Buffers are known by integer handles that the caller chooses; memory for them is taken when they are first used. Work
crosses the seam as *command lists*: unsigned 32-bit words, an operation's number and its operands after another. Sizes
and offsets in them are in words of 4 bytes. One list is one submit; neighbouring dispatches share a compute pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, TypeVar

T = TypeVar("T")

BUFFER: Final = 1
"""``handle, size``: from here on the buffer exists, all zeros; nothing where it exists already."""
DATA: Final = 2
"""``handle, size, word * size``: a buffer that does not exist yet, with these contents. For small ones."""
DISPATCH: Final = 3
"""``pipeline, x, y, z, n, handle * n``: run x by y by z workgroups; buffers in the order of the pipeline's bindings."""
COPY: Final = 4
"""``source, source_offset, target, target_offset, size``: copy within the device."""
READ: Final = 5
"""``handle, offset, size``: the list's i-th read fills the i-th destination given to `finish`."""
FREE: Final = 6
"""``handle``: the buffer is gone once the list was submitted; the handle may be used anew."""

HANDLE_MAX: Final = (1 << 32) - 1
TIME_LIMIT: Final = 60.0
"""Seconds that a GPU may go on without ending anything, unless the caller says otherwise."""

GpuBinding: TypeAlias = tuple[int, int, str]
"""Group, binding and WebGPU's GPUBufferBindingType: ``uniform``, ``read-only-storage`` or ``storage`` (read_write).

What is bound as ``storage`` counts as written by the dispatch: an error of the submit is told of it too.
"""


@dataclass(frozen=True, slots=True)
class GpuDeviceInfo:
    """What a device is and can: names of features and limits are WebGPU's own (GPUAdapterInfo, GPUSupportedLimits)."""

    generation: int
    """Counts the devices that were opened, from 1."""
    adapter: Mapping[str, str | bool] = field(default_factory=dict)
    """``vendor``, ``architecture``, ``device``, ``description`` and ``isFallbackAdapter``."""
    features: tuple[str, ...] = ()
    """Sorted, such as ``shader-f16``, ``subgroups``, ``timestamp-query``."""
    limits: Mapping[str, int] = field(default_factory=dict)
    language_features: tuple[str, ...] = ()
    """WGSL's, sorted."""


class GpuDevice(Protocol):
    """A GPU that runs command lists. Nothing but `open`, `compile` and `finish` waits."""

    @property
    def info(self) -> GpuDeviceInfo | None:
        """The device that is open; None before `open`, after `close`, and once the device is lost."""
        ...

    async def open(self) -> GpuDeviceInfo:
        """Return the open device, or open a fresh one; features and limits are all that its adapter has.

        Raises `GpuUnavailableError`: ``WEBGPU_UNSUPPORTED``, ``WEBGPU_NO_ADAPTER``, ``WEBGPU_DEVICE_REFUSED``.
        """
        ...

    async def compile(
        self, wgsl: str, entry: str, *, constants: Mapping[str, float], bindings: Sequence[GpuBinding]
    ) -> int:
        """Return a pipeline of the open device; the same one for equal arguments, until it is released.

        ``bindings`` are the (group, binding, type) of the buffers in the order that `DISPATCH` gives them; they may be
        more than the entry point uses. Raises `WgslError` with ``WEBGPU_SHADER_INVALID``, `GpuError` with
        ``WEBGPU_PIPELINE_INVALID``, `DeviceLost`, `GpuTimeoutError` when that takes more than `TIME_LIMIT`.
        """
        ...

    def release(self, pipeline: int) -> None:
        """Let go of a pipeline: its number is not used any more. Again, or after a loss, changes nothing.

        Pipelines are never let go of otherwise: whoever compiles ever new texts bounds how many are kept.
        """
        ...

    def write(self, handle: int, size: int, data: Any, *, offset: int = 0) -> None:
        """Copy ``data``, a buffer of Python's, into a buffer of ``size`` bytes that begins to exist where it does not.

        One copy; ``offset`` and the data's length are in bytes, multiples of 4. Everything submitted before reads what
        was there before; what had spoilt a buffer is forgotten when all of it is written. Raises `DeviceLost`,
        `GpuValidationError` where the data does not fit, `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED``.
        """
        ...

    def submit(self, words: Sequence[int], *, timed: bool = False) -> int:
        """Run a command list and return its ticket. An ``array.array("I")`` is taken fastest.

        A list that says what cannot be is refused as a whole, nothing of it is done: raises `GpuValidationError`,
        `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED`` (sizes, workgroups), `DeviceLost`. What goes wrong later
        is told by `finish`, of this ticket or of one that uses a buffer this list wrote, or would have.
        """
        ...

    async def finish(
        self, ticket: int, destinations: Sequence[Any] = (), *, time_limit: float | None = None
    ) -> float | None:
        """Wait until a list has run and fill ``destinations``: writable buffers of the reads' sizes or less.

        What is read can be had once; without reads a ticket may be finished often, or never.
        Returns the GPU's time in seconds where the list was timed and the device can, otherwise None. Raises
        `DeviceLost`, `GpuOutOfMemoryError`, `GpuValidationError`, and `GpuTimeoutError` when nothing that was submitted
        has ended for ``time_limit`` seconds (`TIME_LIMIT` unless given, ``math.inf`` for no limit): the device is given
        up, since nothing in WebGPU ends a kernel that does not end by itself.
        """
        ...

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for ``coroutine`` from synchronous code.

        Raises `KernelError` with ``SYNC_UNAVAILABLE`` where that cannot be, and says why.
        """
        ...

    def on_lost(self, callback: Callable[[str, str], None]) -> None:
        """Call ``callback(reason, message)`` once for each device that is lost and was not closed."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return what there is, and how much was done.

        ``buffers``, ``bytes``, ``pooledBuffers``, ``pooledBytes`` (idle memory, for reads too), ``pipelines``,
        ``bindGroups``, ``submits``, ``dispatches``.
        """
        ...

    def close(self) -> Awaitable[None] | None:
        """Let go of the device and all its memory; `open` opens another."""
        ...
