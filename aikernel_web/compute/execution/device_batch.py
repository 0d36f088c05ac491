"""What a device does for a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...contracts.gpu_errors import DeviceLost
from ..batch import closed
from ..dispatch_result import DispatchResult
from .readback import Readback
from .recording import Recording

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..device_array import ArrayOwner, DeviceArray
    from ..gpu_kernel import GpuKernel
    from .device_engine import DeviceEngine
    from .run_events import Ran
    from .session import Session
    from .workgroups import Workgroups


class DeviceBatch:
    """One command list that grows dispatch by dispatch."""

    def __init__(self, engine: DeviceEngine, session: Session, owner: ArrayOwner) -> None:
        self.ran: list[Ran] = []
        self.waited = False
        self.recording = Recording(session, owner)
        self._engine = engine
        self._session = session
        self._open = True
        session.batches += 1

    def __del__(self) -> None:
        if self._open:  # nobody has left it
            self.abandon("The batch that was to make it was never left.")

    async def dispatch(self, kernel: GpuKernel, bindings: Mapping[str, Any], workgroups: Workgroups) -> DispatchResult:
        """Put a dispatch into the list."""
        prepared = await self._engine.prepare(kernel)
        if prepared.session is not self._session:
            raise DeviceLost(f"The batch was begun on a device that is gone ({self._session.lost})")
        run = await self._engine.run_of(prepared, workgroups)
        if not self._open:
            raise closed()
        outputs = self.recording.bind(prepared, bindings, run)
        self.ran.append(run[1])
        return DispatchResult({output.name: self.recording.keep(output) for output in outputs})

    def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> Readback:
        """Put a read into the list."""
        self.recording.require(array)
        readback = Readback(array.kind, out, start, count)
        if array.place is None and array.copy is None:
            readback.array[...] = np.zeros((), array.kind.dtype)
        elif readback.words:
            self.recording.read(self.recording.place(array), readback)
        return readback

    async def submit(self, *, timed: bool, time_limit: float | None) -> float | None:
        """Submit the list; wait for it where anything is to come back."""
        self._close()
        recording = self.recording
        if recording.is_empty:
            return None
        try:
            ticket = recording.submit(timed=timed)
        except BaseException:
            recording.abandon("The batch that was to make the array was refused.")
            raise
        if recording.reads or timed or time_limit is not None:
            self.waited = True
            return await self._engine.finish(self._session, ticket, recording.reads, time_limit)
        return None

    def abandon(self, why: str) -> None:
        """Submit nothing."""
        self._close()
        self.recording.abandon(why)

    def _close(self) -> None:
        self._open = False
        self._session.batches -= 1
