"""The contract's buffers on a device: bytes, and a store on the host beside them (reference contract, section 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...contracts.errors import InvalidArgumentError
from ..arrays.array_kind import kind_of
from ..arrays.binding_check import require_distinct, require_size
from ..arrays.marshalling import WORD, bytes_of
from ..device_array import DeviceArray
from .recording import Recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...contracts.compute import ComputeBuffer, ComputeKernel
    from .array_home import ArrayHome
    from .device_engine import DeviceEngine
    from .session import Session

_BYTE = np.dtype(np.uint8)


class StoredBuffer:
    """What a device keeps beside a `ComputeBuffer`: its ``native_buffer``."""

    def __init__(self, array: DeviceArray) -> None:
        self.array = array
        self.current = True
        """Whether the host's store has the contents; from a kernel's write until the next read it has not."""
        self.changes = 0
        """Counts what was written, by the host and by kernels: what is read meanwhile is not the contents any more."""


class StoredBuffers:
    """Creates, writes, reads and runs kernels over buffers; those whose host store is current survive a loss."""

    def __init__(self, home: ArrayHome, engine: DeviceEngine) -> None:
        self._home = home
        self._engine = engine

    def create(self, size: int) -> StoredBuffer:
        """Return what a buffer of ``size`` bytes is to the device; memory is taken when it is first used."""
        return StoredBuffer(DeviceArray(self._home, kind_of(_BYTE, (size,))))

    async def write(self, buffer: ComputeBuffer, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer, on the host and on the device. Raises `DeviceLost`."""
        session, stored = await self._engine.ready(), self._of(buffer)
        while len(data) % WORD and not stored.current:
            # The device takes whole words: what stands behind the data in the last one comes back first.
            await self._fetch(session, stored, buffer)
        buffer.write(data)
        stored.changes += 1
        stored.current = stored.current or len(data) == buffer.size
        if stored.array.place is not session:
            self._place(Recording(session, self._home), stored, buffer)
        elif data:
            part = _store_of(buffer)[: -(-len(data) // WORD) * WORD]
            session.write_into(stored.array.handle, stored.array.kind.device_bytes, bytes_of(part), 0)

    async def read(self, buffer: ComputeBuffer, target: memoryview) -> None:
        """Copy a buffer to the front of ``target``; its host store is current then. Raises `DeviceLost`."""
        contents = await self._fetch(await self._engine.ready(), self._of(buffer), buffer)
        target[: buffer.size] = contents.data

    async def execute(self, kernel: ComputeKernel, buffers: Sequence[ComputeBuffer]) -> None:
        """Run a kernel and wait for it; buffer i is binding i of group 0, and only what the kernel uses is bound.

        Raises `WgslError`, `InvalidArgumentError`: ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_SIZE``,
        ``WEBGPU_BINDING_ALIASED``, ``WEBGPU_LIMIT_EXCEEDED``; `DeviceLost`; what the device refuses.
        """
        prepared = await self._engine.prepare(self._home.kernel(kernel.source, None, None))
        words, _ = await self._engine.run_of(prepared, kernel.dispatch)
        session = prepared.session
        bound = []
        for slot in prepared.slots:
            binding = slot.binding
            if binding.group or binding.binding >= len(buffers):
                message = (
                    f"The kernel uses {slot.name!r}, group {binding.group}, binding {binding.binding}: buffers are "
                    f"bound to group 0 in their order, and {len(buffers)} were given."
                )
                raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
            stored = self._of(buffers[binding.binding])
            require_size(binding, stored.array.kind.device_bytes, session.info)
            bound.append((slot, stored, buffers[binding.binding]))
        require_distinct([(slot, stored.array) for slot, stored, _ in bound])
        recording = Recording(session, self._home)
        try:
            handles = [self._place(recording, stored, buffer) for _, stored, buffer in bound]
            for slot, stored, _ in bound:
                stored.changes += slot.written
                stored.current = stored.current and not slot.written
            recording.words += (*words, *handles)
            ticket = recording.submit()
        except BaseException:
            recording.abandon("The kernel was not run.")
            raise
        await self._engine.finish(session, ticket)

    async def _fetch(self, session: Session, stored: StoredBuffer, buffer: ComputeBuffer) -> NDArray[Any]:
        """Return the contents; the host's store has them too, unless they were changed while they were read."""
        store = _store_of(buffer)
        if stored.array.place is session:
            changes = stored.changes
            contents = await self._engine.read(stored.array, None, 0, None)
            if stored.changes != changes:
                return contents
            store[:] = contents
            stored.current = True
        elif not stored.current:
            Recording(session, self._home).require(stored.array)
        return store

    def _place(self, recording: Recording, stored: StoredBuffer, buffer: ComputeBuffer) -> int:
        """Return the handle of a buffer that may be used, with what the host's store has where it has no memory yet."""
        array = stored.array
        if stored.current and array.place is not recording.session and array.place is not recording:
            store = _store_of(buffer)
            array.place, array.copy = None, store if store.any() else None
        recording.require(array)
        return recording.place(array)

    def _of(self, buffer: ComputeBuffer) -> StoredBuffer:
        """Return what the device has of a buffer; one that was made where there was no device gets that now."""
        if not isinstance(buffer.native_buffer, StoredBuffer):
            if buffer.native_buffer is not None:
                message = "The buffer was made by another backend: create it with this provider."
                raise InvalidArgumentError(message, code="WEBGPU_ARRAY_FOREIGN")
            buffer.native_buffer = self.create(buffer.size)
        return buffer.native_buffer


def _store_of(buffer: ComputeBuffer) -> NDArray[Any]:
    return np.frombuffer(buffer.as_memory(), _BYTE)
