"""The GPU's time for a list: from the beginning of its first compute pass to the end of its last."""

from __future__ import annotations

from array import array
from typing import Any, ClassVar

from .adapter import nanoseconds_per_tick

_SECONDS = 1e-9


class Timestamps:
    """The two timestamps that every timed list of a device writes: lists run one after another."""

    BYTES: ClassVar[int] = 16

    def __init__(self, wgpu: Any, device: Any) -> None:
        self._queries = device.create_query_set(type="timestamp", count=2)
        usage = wgpu.BufferUsage.QUERY_RESOLVE | wgpu.BufferUsage.COPY_SRC
        self._resolved = device.create_buffer(size=self.BYTES, usage=usage)
        self._tick = nanoseconds_per_tick(device)

    def writes(self, *, first: bool) -> dict[str, Any]:
        """Return what a compute pass is to write."""
        written = {"query_set": self._queries, "end_of_pass_write_index": 1}
        return written | {"beginning_of_pass_write_index": 0} if first else written

    def resolve(self, encoder: Any, target: Any, offset: int) -> None:
        """Have the timestamps copied to ``offset`` of ``target`` when the passes have run."""
        encoder.resolve_query_set(self._queries, 0, 2, self._resolved, 0)
        encoder.copy_buffer_to_buffer(self._resolved, 0, target, offset, self.BYTES)

    def seconds(self, data: bytes | bytearray) -> float:
        """Return the time between two timestamps."""
        began, ended = array("Q", data)
        return (ended - began) * self._tick * _SECONDS
