"""Many dispatches, one submit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..contracts.errors import InvalidArgumentError
from .device_array import DeviceArray
from .dispatch_result import DispatchResult
from .execution.readback import Readback
from .gpu_kernel import GpuKernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .execution.array_home import ArrayHome
    from .execution.host_batch import HostBatch
    from .execution.recording import Recording
    from .execution.run_events import Ran
    from .execution.session import Session
    from .execution.workgroups import Workgroups
    from .kernel_source import Constants


class Pending:
    """What a batch is going to read."""

    def __init__(self, readback: Readback) -> None:
        self._readback = readback
        self._state = "The batch is not over: leave it (`async with`) before looking at what it has read."

    @property
    def array(self) -> NDArray[Any]:
        """The contents; raises `InvalidArgumentError` with ``WEBGPU_BATCH_OPEN`` before the batch is over."""
        if self._state:
            raise InvalidArgumentError(self._state, code="WEBGPU_BATCH_OPEN")
        return self._readback.array

    def settle(self, state: str) -> None:
        """Say that the array is there, or why it is not."""
        self._state = state


class BatchWork(Protocol):
    """What an engine does for a batch."""

    ran: list[Ran]
    """The dispatches."""
    waited: bool
    """Whether it has run to its end; otherwise it was only submitted."""

    async def dispatch(self, kernel: GpuKernel, bindings: Mapping[str, Any], workgroups: Workgroups) -> DispatchResult:
        """Put a dispatch into the batch."""
        ...

    def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> Readback:
        """Put a read into the batch."""
        ...

    async def submit(self, *, timed: bool, time_limit: float | None) -> float | None:
        """Run it all; return the GPU's time in seconds where it was asked for."""
        ...

    def abandon(self, why: str) -> None:
        """Run nothing of it."""
        ...


class GpuBatch:
    """Dispatches and reads that are submitted together, once, where ``async with`` ends; before nothing has run.

    An exception inside means that nothing is run: arrays that the batch was to make cannot be used
    (``WEBGPU_BATCH_CLOSED``), all others are as they were. What is written into arrays meanwhile (`DeviceArray.write`)
    is there before the batch runs.
    """

    def __init__(self, home: ArrayHome, *, timed: bool, time_limit: float | None) -> None:
        self.gpu_time: float | None = None
        """The GPU's time in seconds, where it was asked for and the device can tell."""
        self._home = home
        self._begun = False
        self._timed = timed
        self._time_limit = time_limit
        self._work: BatchWork | None = None
        self._pending: list[Pending] = []
        # What the path of a loop over one kernel needs at hand.
        self._session: Session | None = None
        self._recording: Recording | None = None
        self._words: list[int] = []
        self._ran: list[Ran] = []

    async def __aenter__(self) -> GpuBatch:
        if self._begun:
            raise closed()
        self._begun = True
        self._work = work = await (await self._home.array_engine()).begin_batch()
        self._ran = work.ran
        self._recording = getattr(work, "recording", None)
        if self._recording is not None:
            self._session, self._words = self._recording.session, self._recording.words
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        work, self._work, self._session, self._recording = self._work, None, None, None
        if work is None:
            return
        if error is not None:
            why = f"The batch that was to make it ended with {type(error).__name__}: nothing of it was run."
            work.abandon(why)
            self._settle(why)
            return
        try:
            self.gpu_time = await work.submit(timed=self._timed, time_limit=self._time_limit)
        except BaseException as failure:
            self._settle(f"The batch that was to read it has failed: {failure}")
            raise
        self._settle("")
        for ran in work.ran:
            self._home.events.note(ran)
        if work.waited:
            await self._home.events.tell()

    async def dispatch(
        self,
        wgsl: str | GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        entry: str | None = None,
        constants: Constants | None = None,
    ) -> DispatchResult:
        """Run a kernel when the batch is over; what it may write comes back as device arrays.

        Everything is as in `WebGpuComputeProvider.dispatch`. Raises `InvalidArgumentError` with
        ``WEBGPU_BATCH_CLOSED`` once the batch is over.
        """
        kernel = wgsl
        if kernel.__class__ is not GpuKernel or entry is not None or constants is not None:
            kernel = self._home.kernel(wgsl, entry, constants)
        prepared = kernel.prepared
        if prepared is not None and prepared.session is self._session:
            # What a loop over one kernel does, and nothing else.
            run = prepared.run(workgroups)
            if run is not None and (handles := prepared.handles(bindings, self._recording)) is not None:
                words = self._words
                words += run[0]
                words += handles
                self._ran.append(run[1])
                return DispatchResult({name: bindings[name] for name in prepared.written})
        work = self._require_open()
        return await work.dispatch(self._home.kernel(kernel, None, None), bindings, workgroups)

    def compute(self, twin: Callable[..., Any], operands: Sequence[Any], result: NDArray[Any]) -> DeviceArray:
        """Put what NumPy computes into a batch that is run on the CPU; see `HostBatch.compute`."""
        return cast("HostBatch", self._require_open()).compute(twin, operands, result)

    def read(
        self, array: DeviceArray, out: NDArray[Any] | None = None, start: int = 0, count: int | None = None
    ) -> Pending:
        """Read an array as it is at this point of the batch; arguments and errors are those of `DeviceArray.read`.

        Raises `InvalidArgumentError` with ``WEBGPU_ARGUMENT_INVALID`` for what is no device array.
        """
        work = self._require_open()
        if not isinstance(array, DeviceArray):
            message = f"A batch reads arrays that are on the device, and {type(array).__name__} was given."
            raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
        pending = Pending(work.read(array, out, start, count))
        self._pending.append(pending)
        return pending

    def _require_open(self) -> BatchWork:
        if self._work is None:
            raise closed()
        return self._work

    def _settle(self, state: str) -> None:
        for pending in self._pending:
            pending.settle(state)


def closed() -> InvalidArgumentError:
    """Return the error for what is put into a batch that is not open."""
    message = "The batch is not open: use it within its `async with`, once."
    return InvalidArgumentError(message, code="WEBGPU_BATCH_CLOSED")
