"""One device from when it was opened until it is lost or closed, with all that was made on it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...contracts.gpu import GpuBinding, GpuDeviceInfo
from ...contracts.gpu_errors import DeviceLost, GpuError, GpuValidationError
from .adapter import describe, let_go, poll_for_a_moment
from .buffers import Buffers
from .errors import LOST, translated
from .lists import WORD, Lists, Staged, Ticket
from .pipelines import Pipelines
from .timestamps import Timestamps
from .words import commands

_UNSENT_MAX: Final = 64 << 20
"""Bytes written from the host that may wait for the next list; wgpu keeps a copy of them until then."""
_MAP_ALIGNMENT: Final = 8
_PATIENCE: Final = 2.0
"""Seconds that closing waits for work that is still running."""


class Session:
    """A device at work. ``first_ticket`` is the least number that its tickets may have."""

    def __init__(self, wgpu: Any, device: Any, *, generation: int, first_ticket: int) -> None:
        self.info: GpuDeviceInfo = describe(wgpu, device, generation)
        self.first_ticket = first_ticket
        self._device = device
        self._read_mode = wgpu.MapMode.READ
        self._pipelines = Pipelines(wgpu, device)
        usage = wgpu.BufferUsage
        largest = self.info.limits["maxBufferSize"] & -_MAP_ALIGNMENT
        self._buffers = Buffers(
            device,
            usage.STORAGE | usage.UNIFORM | usage.INDIRECT | usage.COPY_SRC | usage.COPY_DST,
            largest=largest,
            on_destroy=self._pipelines.unbind,
        )
        self._staging = Buffers(
            device, usage.MAP_READ | usage.COPY_DST, largest=largest, on_destroy=self._pipelines.unbind
        )
        self._lists = Lists(device, self._buffers, self._staging, self._pipelines, largest=largest)
        self._timestamps = Timestamps(wgpu, device) if "timestamp-query" in self.info.features else None
        self._tickets: dict[int, Ticket] = {}
        self._waiting = 0
        self._unsent = 0
        self._submits = 0

    def compile(
        self, wgsl: str, entry: str, constants: Mapping[str, float], bindings: Sequence[GpuBinding], *, number: int
    ) -> int:
        """Return the pipeline's number: ``number`` where it is a new one."""
        return self._pipelines.compile(wgsl, entry, constants, bindings, number=number)

    def release(self, pipeline: int) -> None:
        """Let go of a pipeline."""
        self._pipelines.release(pipeline)

    def write(self, handle: int, size: int, data: Any, *, offset: int) -> None:
        """Copy ``data`` into a buffer that begins to exist where it does not."""
        raw = memoryview(data).cast("B")
        _check_write(handle, size, raw.nbytes, offset)
        if handle in self._buffers:
            buffer = self._buffers[handle]
            if buffer.size != size:
                message = f"The buffer {handle} has {buffer.size} bytes: it cannot be written to as one of {size}."
                raise GpuValidationError(message)
        else:
            buffer = self._buffers.make(handle, size)
            if buffer.memory.used and raw.nbytes < size:
                self._clear(buffer.memory.raw, size)
        if raw.nbytes == size:
            self._lists.spoilt.pop(handle, None)
        if not raw.nbytes:
            return
        with translated():
            self._device.queue.write_buffer(buffer.memory.raw, offset, raw)
            self._unsent += raw.nbytes
            if self._unsent > _UNSENT_MAX:
                self._device.queue.submit([])
                self._unsent = 0

    def submit(self, words: Sequence[int], *, timed: bool, number: int) -> None:
        """Run a command list; what goes wrong but for the device's loss is kept for `finish`."""
        listed = tuple(commands(words))
        ticket = Ticket()
        timestamps = self._timestamps if timed else None
        try:
            encoded = self._lists.encode(listed, ticket, timestamps=timestamps)
            with translated():
                self._device.queue.submit([encoded])
        except DeviceLost:
            raise
        except GpuError as error:
            ticket.error = error
            self._lists.spoil(listed, error)
        self._unsent = 0
        self._submits += 1
        for memory in self._lists.free(listed):
            self._buffers.give_back(memory)
        if ticket.error is not None:
            self._return(ticket)
        if ticket.error is not None or ticket.reads:
            self._tickets[number] = ticket

    async def finish(self, number: int, destinations: Sequence[Any]) -> float | None:
        """Wait for a list, fill ``destinations`` and return the GPU's seconds where it was timed."""
        ticket = self._tickets.pop(number, None) or self._fence()
        if ticket.error is not None:
            raise ticket.error
        self._waiting += 1
        try:
            for staged in ticket.staged:
                await self._map(staged.memory.raw, staged.used)
        finally:
            self._waiting -= 1
        if self._device is None:
            raise DeviceLost("The device was closed before its work was done.")
        for (staged, start, size), destination in zip(ticket.reads, destinations, strict=False):
            target = memoryview(destination).cast("B")
            count = min(size, target.nbytes)
            target[:count] = staged.memory.raw.read_mapped(start, size, copy=False)[:count]
        seconds = None
        if ticket.timed and self._timestamps is not None:
            staged, start, size = ticket.reads[-1]
            seconds = self._timestamps.seconds(bytearray(staged.memory.raw.read_mapped(start, size, copy=False)))
        for staged in ticket.staged:
            staged.memory.raw.unmap()
        self._return(ticket)
        return seconds

    def counts(self) -> dict[str, int]:
        """Return what `GpuDevice.counts` does."""
        return {
            **self._buffers.counts(),
            **self._pipelines.counts(),
            "submits": self._submits,
            "dispatches": self._lists.dispatches,
        }

    def close(self, *, release: bool = True) -> None:
        """Let go of all memory, and of the device unless it may be at work for ever."""
        self._tickets.clear()
        self._pipelines.close()
        self._buffers.close()
        self._staging.close()
        self._timestamps = None
        device, self._device = self._device, None
        del self._lists, self._pipelines, self._buffers, self._staging
        if release and not self._waiting:
            # The last reference waits for the GPU when it goes, which may be for ever.
            releasing = threading.Thread(target=let_go, args=(device,), daemon=True)
            del device
            releasing.start()
            releasing.join(_PATIENCE)
        else:
            device.destroy()

    def _clear(self, raw: Any, size: int) -> None:
        with translated():
            encoder = self._device.create_command_encoder()
            encoder.clear_buffer(raw, 0, size)
            self._device.queue.submit([encoder.finish()])

    def _fence(self) -> Ticket:
        """Return a ticket that ends when all that was submitted has: wgpu tells the end of reads only."""
        staged = Staged(self._staging.take(WORD), WORD)
        self._clear(staged.memory.raw, WORD)
        return Ticket([staged])

    async def _map(self, raw: Any, size: int) -> None:
        try:
            mapped = raw.map_async(self._read_mode, 0, size)
            poll_for_a_moment(self._device)
            await mapped
        except RuntimeError as error:  # a failed promise of wgpu's has no class of its own
            self._require_alive()
            raise GpuError(f"The GPU's results could not be read: {error}", code="WEBGPU_INTERNAL") from None

    def _require_alive(self) -> None:
        """Raise `DeviceLost` where the device is: wgpu has no other way to ask."""
        if self._device is None:
            raise DeviceLost(LOST)
        with translated():
            self._device.create_command_encoder().finish()

    def _return(self, ticket: Ticket) -> None:
        for staged in ticket.staged:
            self._staging.give_back(staged.memory)


def _check_write(handle: int, size: int, count: int, offset: int) -> None:
    if size % WORD or count % WORD or offset % WORD:
        message = f"{count} bytes at {offset} of a buffer of {size} cannot be written: all must be multiples of {WORD}."
        raise GpuValidationError(message)
    if not 0 <= offset <= offset + count <= size:
        raise GpuValidationError(f"{count} bytes at {offset} do not fit into the buffer {handle} of {size}.")
