"""The GPU of a Python outside of browsers (contracts/gpu.py), over PyPI ``wgpu``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from ...contracts.gpu import TIME_LIMIT, GpuBinding, GpuDeviceInfo
from ...contracts.gpu_errors import DeviceLost, GpuTimeoutError
from .adapter import load, request_adapter, request_device
from .errors import LOST
from .interop import Interop
from .session import Session

T = TypeVar("T")

_COUNTS = ("buffers", "bytes", "pooledBuffers", "pooledBytes", "pipelines", "bindGroups", "submits", "dispatches")


class NativeGpu:
    """A `GpuDevice`, and a `GpuInterop`, of the system's own: by Vulkan, Metal, Direct3D 12 or OpenGL.

    Args:
        adapter: a part of the name of the GPU to use, such as ``"SwiftShader"``; the fastest one where none is given.

    A device that is lost is noticed by the next call. An object belongs to one thread at a time.
    """

    def __init__(self, adapter: str | None = None) -> None:
        self._adapter = adapter
        self._session: Session | None = None
        self._generation = 0
        self._numbers = 0
        self._interop = Interop(self)
        self._on_lost: list[Callable[[str, str], None]] = []

    @property
    def info(self) -> GpuDeviceInfo | None:
        """The device that is open; None before `open`, after `close`, and once the device is lost."""
        return None if self._session is None else self._session.info

    async def open(self) -> GpuDeviceInfo:
        """Return the open device, or open a fresh one.

        Raises `GpuUnavailableError`: ``WEBGPU_UNSUPPORTED`` where there is no ``wgpu``, ``WEBGPU_NO_ADAPTER``,
        ``WEBGPU_DEVICE_REFUSED``.
        """
        if self._session is None:
            wgpu = load()
            device = request_device(request_adapter(wgpu, self._adapter))
            self._generation += 1
            self._session = Session(wgpu, device, generation=self._generation, first_ticket=self._numbers + 1)
        return self._session.info

    async def compile(
        self, wgsl: str, entry: str, *, constants: Mapping[str, float], bindings: Sequence[GpuBinding]
    ) -> int:
        """Return a pipeline of the open device; the same one for equal arguments.

        Raises `WgslError` with ``WEBGPU_SHADER_INVALID``, `GpuError` with ``WEBGPU_PIPELINE_INVALID``, `DeviceLost`.
        """
        with self._open() as session:
            return session.compile(wgsl, entry, constants, bindings, number=self._number())

    def release(self, pipeline: int) -> None:
        """Let go of a pipeline; again, or after a loss, changes nothing."""
        if self._session is not None:
            self._session.release(pipeline)

    def write(self, handle: int, size: int, data: Any, *, offset: int = 0) -> None:
        """Copy ``data`` into a buffer of ``size`` bytes that begins to exist where it does not.

        Raises `DeviceLost`, `GpuOutOfMemoryError`, `GpuValidationError`.
        """
        with self._open() as session:
            session.write(handle, size, data, offset=offset)

    def submit(self, words: Sequence[int], *, timed: bool = False) -> int:
        """Run a command list and return its ticket; raises `DeviceLost`, the rest is told by `finish`."""
        with self._open() as session:
            number = self._number()
            session.submit(words, timed=timed, number=number)
            return number

    async def finish(
        self, ticket: int, destinations: Sequence[Any] = (), *, time_limit: float | None = None
    ) -> float | None:
        """Wait until a list has run, fill ``destinations``, return the GPU's seconds where it was timed.

        Raises `DeviceLost`, `GpuOutOfMemoryError`, `GpuValidationError`, `GpuTimeoutError`.
        """
        if self._session is not None and ticket < self._session.first_ticket:
            raise DeviceLost("The device that ran this list is gone: another was opened since.")
        seconds = TIME_LIMIT if time_limit is None else time_limit
        with self._open() as session:
            try:
                async with asyncio.timeout(seconds) as limit:
                    return await session.finish(ticket, destinations)
            except TimeoutError:
                if not limit.expired():
                    raise
            message = f"The GPU did not end its work within {seconds} s: its device was given up."
            self._lose(message, release=False)
            raise GpuTimeoutError(f"{message} What takes longer needs a greater `time_limit`.")

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for ``coroutine``; the loop that runs in this thread, if any, stands still meanwhile."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(coroutine)
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(asyncio.run, coroutine).result()

    def on_lost(self, callback: Callable[[str, str], None]) -> None:
        """Call ``callback(reason, message)`` once for each device that is lost and was not closed."""
        self._on_lost.append(callback)

    def counts(self) -> Mapping[str, int]:
        """Return what there is, and how much was done by this device."""
        return dict.fromkeys(_COUNTS, 0) if self._session is None else self._session.counts()

    def close(self) -> None:
        """Let go of the device and all its memory; `open` opens another."""
        session, self._session = self._session, None
        self._interop.forget()
        if session is not None:
            session.close()

    # What the reference contract asks of an interop.

    def is_webgpu_supported(self) -> bool:
        """Return True: whether there is a GPU is known when `open` has looked for it."""
        return True

    async def write_buffer(self, handle: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer; what is no multiple of 4 is filled up with zeros."""
        await self._interop.write(handle, data)

    async def read_buffer(self, handle: object, length: int) -> bytes:
        """Return the first ``length`` bytes of a buffer."""
        return await self._interop.read(handle, length)

    async def execute_kernel(self, wgsl: str, handles: Sequence[object], x: int, y: int, z: int) -> None:
        """Run the only entry point of ``wgsl``; handle i is binding i of group 0."""
        await self._interop.execute(wgsl, handles, x, y, z)

    @contextmanager
    def _open(self) -> Iterator[Session]:
        session = self._session
        if session is None:
            raise DeviceLost(LOST if self._generation else "No device was opened: await open() first.")
        try:
            yield session
        except DeviceLost:
            if self._session is session:
                self._lose(LOST)
            raise

    def _lose(self, message: str, *, release: bool = True) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close(release=release)
            for callback in self._on_lost:
                callback("unknown", message)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
