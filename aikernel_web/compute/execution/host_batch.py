"""What the CPU does for a batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..arrays.array_kind import kind_of
from ..arrays.marshalling import bytes_of
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from .host_operand import contents_of, fill, memory_of
from .host_run import HostRun
from .readback import Readback

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..gpu_kernel import GpuKernel
    from .host_engine import HostEngine
    from .run_events import Ran
    from .workgroups import Workgroups

Call = Callable[[HostRun], Awaitable[object]]


class HostBatch:
    """Calls that are made where a batch ends, one after another; the place of arrays that they make."""

    def __init__(self, engine: HostEngine) -> None:
        self.ran: list[Ran] = []
        self.waited = True
        self._engine = engine
        self._calls: list[Call] = []
        self._made: list[DeviceArray] = []

    def release(self, handle: int, words: int) -> None:
        """Free nothing: there are no buffers."""

    async def dispatch(self, kernel: GpuKernel, bindings: Mapping[str, Any], workgroups: Workgroups) -> DispatchResult:
        """Remember a dispatch."""
        engine = self._engine
        host_kernel = await engine.prepare(kernel)
        groups = engine.groups(kernel, workgroups)
        operands = engine.operands(kernel, bindings, self, groups=groups)
        outputs = {}
        for operand in operands:
            if operand.binding.written:
                outputs[operand.binding.name] = array = engine.keep(operand, self)
                if operand.array is None:
                    self._made.append(array)
        self._calls.append(lambda run: engine.run(host_kernel, operands, groups, run))
        self.ran.append((kernel, groups))
        return DispatchResult(outputs)

    def compute(self, twin: Callable[..., Any], operands: Sequence[Any], result: NDArray[Any]) -> DeviceArray:
        """Remember to fill an array like ``result`` with what ``twin`` makes of operands; return it."""
        engine = self._engine
        for operand in operands:
            if isinstance(operand, DeviceArray):
                engine.require(operand, self)
        # The bytes of arrays are there at the batch's end though the array was destroyed before.
        given = [(memory_of(it), it.kind) if isinstance(it, DeviceArray) else it for it in operands]
        array = DeviceArray(engine.home, kind_of(result.dtype, result.shape))
        raw = bytes_of(result)
        array.copy, array.place = raw, self
        self._made.append(array)

        async def call(run: HostRun) -> None:
            contents = [contents_of(*it) if isinstance(it, tuple) else it for it in given]
            contents_of(raw, array.kind)[...] = twin(*contents)
            await run.rest()

        self._calls.append(call)
        return array

    def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> Readback:
        """Remember a read."""
        self._engine.require(array, self)
        readback, raw = Readback(array.kind, out, start, count), memory_of(array)

        async def call(_: HostRun) -> None:
            fill(readback, raw)

        self._calls.append(call)
        return readback

    async def submit(self, *, timed: bool, time_limit: float | None) -> float | None:  # noqa: ARG002 - there is no GPU
        """Make the calls."""
        engine = self._engine
        try:
            async with engine.turn:
                run = HostRun(engine.pace, time_limit)
                for call in self._calls:
                    await call(run)
        except BaseException as error:
            self.abandon(f"The batch that was to make it ended with {type(error).__name__}.")
            raise
        for array in self._made:
            array.place = engine
        return None

    def abandon(self, why: str) -> None:
        """Make no calls."""
        for array in self._made:
            if array.place is not None:
                array.end("WEBGPU_BATCH_CLOSED", why)
