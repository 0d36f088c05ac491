"""What the reference contract asks of a bridge (section 4.7), by way of a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from js import navigator

from ..contracts.gpu import BUFFER, DISPATCH, READ, GpuDeviceInfo
from ..contracts.gpu_errors import DeviceLost

_FIRST_HANDLE = 1 << 31
"""From here on the handles are those of interop calls; the device's other callers use lower ones."""
_WORD = 4


@dataclass(frozen=True, slots=True)
class _Buffer:
    """What stands behind a caller's handle: the device's own, bytes, and the device that has it."""

    handle: int
    size: int
    generation: int


class _Device(Protocol):
    async def open(self) -> GpuDeviceInfo: ...
    async def compile_plain(self, wgsl: str, buffers: int) -> int: ...
    def release(self, pipeline: int) -> None: ...
    def write(self, handle: int, size: int, data: Any, *, offset: int = 0) -> None: ...
    def submit(self, words: Sequence[int], *, timed: bool = False) -> int: ...
    async def finish(
        self, ticket: int, destinations: Sequence[Any] = (), *, time_limit: float | None = None
    ) -> float | None: ...


class InteropBuffers:
    """A `GpuInterop` over a device.

    Buffers are made when their handles are first used, of the handle's own ``size`` where it has one, and live until
    the device is closed, as in the reference. What was on a device that was lost since is not zeros but an error.
    """

    def __init__(self, device: _Device) -> None:
        self._device = device
        self._buffers: dict[object, _Buffer] = {}
        self._handles = count(_FIRST_HANDLE)
        self._users: Counter[tuple[str, int]] = Counter()
        """How many calls are under way with a text and so many buffers: they have one pipeline."""

    def is_webgpu_supported(self) -> bool:
        """Whether this page has WebGPU."""
        return getattr(navigator, "gpu", None) is not None

    async def write_buffer(self, handle: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer."""
        generation = (await self._device.open()).generation
        whole = len(data) >= getattr(handle, "size", len(data))
        if whole and handle in self._buffers and self._buffers[handle].generation != generation:
            del self._buffers[handle]
        buffer = self._buffer(handle, len(data), generation)
        odd = len(data) % _WORD
        if odd and not whole:
            # Only whole words can be written: the last one keeps what lies behind the data.
            start = len(data) - odd
            data += (await self._read(buffer, start // _WORD, 1))[odd:]
        self._device.write(buffer.handle, buffer.size, data + bytes(-len(data) % _WORD))

    async def read_buffer(self, handle: object, length: int) -> bytes:
        """Return the first ``length`` bytes of a buffer, or all of it where it has less."""
        buffer = self._buffer(handle, length, (await self._device.open()).generation)
        return bytes(await self._read(buffer, 0, -(-min(length, buffer.size) // _WORD)))[:length]

    async def execute_kernel(self, wgsl: str, handles: Sequence[object], x: int, y: int, z: int) -> None:
        """Run the only entry point of ``wgsl``; handle i is binding i of group 0, and the kernel uses each of them."""
        generation = (await self._device.open()).generation
        buffers = [self._buffer(handle, 0, generation) for handle in handles]
        kind, pipeline = (wgsl, len(buffers)), 0
        words = [word for buffer in buffers for word in (BUFFER, buffer.handle, buffer.size // _WORD)]
        self._users[kind] += 1
        try:
            pipeline = await self._device.compile_plain(*kind)
            words += [DISPATCH, pipeline, x, y, z, len(buffers), *(buffer.handle for buffer in buffers)]
            await self._device.finish(self._device.submit(words))
        finally:
            self._users[kind] -= 1
            if not self._users[kind]:
                del self._users[kind]
                self._device.release(pipeline)

    def clear(self) -> None:
        """Forget all buffers."""
        self._buffers.clear()

    def _buffer(self, handle: object, length: int, generation: int) -> _Buffer:
        known = self._buffers.get(handle)
        if known is None:
            size = max(int(getattr(handle, "size", length)), 1)
            known = _Buffer(next(self._handles), -(-size // _WORD) * _WORD, generation)
            self._buffers[handle] = known
        elif known.generation != generation:
            message = "The buffer was in the memory of a GPU device that was lost: write all of it again."
            raise DeviceLost(message)
        return known

    async def _read(self, buffer: _Buffer, start: int, words: int) -> bytearray:
        data = bytearray(words * _WORD)
        ticket = self._device.submit(
            [BUFFER, buffer.handle, buffer.size // _WORD, READ, buffer.handle, start, words],
        )
        await self._device.finish(ticket, [data])
        return data
