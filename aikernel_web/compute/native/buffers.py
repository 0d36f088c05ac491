"""Buffers by handle, over a pool of a device's buffers by size class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ...contracts.gpu_errors import GpuOutOfMemoryError
from .errors import translated

_SMALLEST: Final = 256
_STEPS: Final = 4
"""Size classes to the doubling: no buffer takes more than a quarter above what it needs."""
_POOLED_MAX: Final = 256 << 20
"""Bytes of free buffers that are kept for the next one."""


@dataclass(slots=True, eq=False)
class Memory:
    """A buffer of the device; ``used`` tells that it may hold what another handle has left."""

    raw: Any
    capacity: int
    used: bool = False


@dataclass(slots=True, eq=False)
class Buffer:
    """What a handle stands for: the first ``size`` bytes of some memory."""

    memory: Memory
    size: int


class Buffers:
    """The buffers of one device. ``on_destroy`` is told the memory that is given back to the system."""

    def __init__(self, device: Any, usage: int, *, largest: int, on_destroy: Callable[[Memory], None]) -> None:
        self._device = device
        self._usage = usage
        self._largest = largest
        self._on_destroy = on_destroy
        self._pool: defaultdict[int, list[Memory]] = defaultdict(list)
        self._of: dict[int, Buffer] = {}
        self.pooled_bytes = 0

    def __contains__(self, handle: int) -> bool:
        return handle in self._of

    def __getitem__(self, handle: int) -> Buffer:
        return self._of[handle]

    def make(self, handle: int, size: int) -> Buffer:
        """Give a handle memory; what is in it is not said. Raises `GpuOutOfMemoryError`."""
        buffer = self._of[handle] = Buffer(self.take(size), size)
        return buffer

    def forget(self, handle: int) -> Memory | None:
        """Take a handle's memory away; `give_back` makes it free once no list that waits uses it."""
        buffer = self._of.pop(handle, None)
        return None if buffer is None else buffer.memory

    def take(self, size: int) -> Memory:
        """Return memory for ``size`` bytes. Raises `GpuOutOfMemoryError`, `GpuValidationError`."""
        capacity = min(_size_class(size), max(self._largest, size))
        if self._pool[capacity]:
            self.pooled_bytes -= capacity
            return self._pool[capacity].pop()
        try:
            return self._create(capacity)
        except GpuOutOfMemoryError:
            if not self.pooled_bytes:
                raise
            self.trim(0)
            return self._create(capacity)

    def give_back(self, memory: Memory) -> None:
        """Keep memory for others, or destroy it where enough is kept."""
        memory.used = True
        self._pool[memory.capacity].append(memory)
        self.pooled_bytes += memory.capacity
        self.trim(_POOLED_MAX)

    def destroy(self, memory: Memory) -> None:
        """Give memory back to the system, once what uses it has run."""
        self._on_destroy(memory)
        # Released and not destroyed: that waits for whoever reads a buffer's state in another thread.
        memory.raw = None

    def trim(self, most: int) -> None:
        """Destroy free memory, the largest first, until no more than ``most`` bytes are kept."""
        for capacity in sorted(self._pool, reverse=True):
            while self._pool[capacity] and self.pooled_bytes > most:
                self.pooled_bytes -= capacity
                self.destroy(self._pool[capacity].pop())

    def close(self) -> None:
        """Give all memory back to the system."""
        self.trim(0)
        while self._of:
            self.destroy(self._of.popitem()[1].memory)

    def counts(self) -> dict[str, int]:
        """Return ``buffers``, ``bytes``, ``pooledBuffers`` and ``pooledBytes``."""
        return {
            "buffers": len(self._of),
            "bytes": sum(buffer.size for buffer in self._of.values()),
            "pooledBuffers": sum(map(len, self._pool.values())),
            "pooledBytes": self.pooled_bytes,
        }

    def _create(self, capacity: int) -> Memory:
        with translated():
            return Memory(self._device.create_buffer(size=capacity, usage=self._usage), capacity)


def _size_class(size: int) -> int:
    if size <= _SMALLEST:
        return _SMALLEST
    step = 1 << max((size - 1).bit_length() - 1, 0)
    step //= _STEPS
    return -(-size // step) * step
