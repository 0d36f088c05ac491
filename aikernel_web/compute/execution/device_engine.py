"""Arrays and kernels on a device: opening it, compiling for it, submitting to it, and its loss."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...contracts.errors import InvalidArgumentError
from ...contracts.events import GPU_DEVICE_LOST, GPU_DEVICE_READY
from ...contracts.gpu import DISPATCH, GpuBinding, GpuDevice
from ...contracts.gpu_errors import DeviceLost, GpuTimeoutError
from ...contracts.shader_errors import WgslError
from ..arrays.marshalling import WORD, bytes_of, encode
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from ..gpu_kernel import GpuKernel, KernelBinding
from ..kernel_source import require_device, require_limit
from ..wgsl.fold import fold_workgroups
from ..wgsl.loop_zeros import zeroed_in_loops
from .device_batch import DeviceBatch
from .prepared import Prepared, Run
from .readback import Readback, rows_of
from .recording import Recording
from .session import Session
from .workgroups import Groups, Workgroups, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..array_methods import OnProgress
    from .array_home import ArrayHome

_GROUPS_LIMIT = "maxComputeWorkgroupsPerDimension"


class DeviceEngine:
    """Runs kernels over arrays on one `GpuDevice`, which may be lost and opened again."""

    def __init__(self, home: ArrayHome, device: GpuDevice) -> None:
        self.device = device
        self.session: Session | None = None
        """The device that is open."""
        self._latest: Session | None = None
        self._unheard: Session | None = None
        """A device that was lost with lists whose end nobody was told of."""
        self._home = home
        self._opening = asyncio.Lock()
        self._merging = asyncio.Lock()
        device.on_lost(self._lost)

    async def ready(self) -> Session:
        """Return the open device, or open a fresh one. Raises `GpuUnavailableError`."""
        if self.session is not None:
            return self.session
        async with self._opening:
            if self.session is None:
                info = await self.device.open()
                self.session = self._latest = Session(self.device, info, self._forget)
                names = (info.adapter.get(key) for key in ("description", "device", "architecture", "vendor"))
                adapter = next((str(name) for name in names if name), "")
                self._home.tell(GPU_DEVICE_READY, {"adapter": adapter, "generation": str(info.generation)})
            return self.session

    async def prepare(self, kernel: GpuKernel) -> Prepared:
        """Return a kernel as the open device has it.

        Raises `WgslError` with ``WEBGPU_SHADER_INVALID``, `GpuError` with ``WEBGPU_PIPELINE_INVALID``, `DeviceLost`,
        and what `require_device` raises.
        """
        session = await self.ready()
        if kernel.prepared is None or kernel.prepared.session is not session:
            require_device(kernel, session.info)
            session.tidy()
            pipeline = await self._compile(session, kernel, kernel.wgsl, kernel.entry, kernel.constants)
            if kernel.prepared is None or kernel.prepared.session is not session:
                kernel.prepared = Prepared(kernel, session, pipeline)
        return kernel.prepared

    async def run_of(self, prepared: Prepared, workgroups: Workgroups) -> Run:
        """Return how workgroups are dispatched.

        Raises `InvalidArgumentError`: ``WEBGPU_WORKGROUPS_INVALID``, ``WEBGPU_LIMIT_EXCEEDED``.
        """
        groups = normalise(workgroups)
        kernel = prepared.kernel
        if 0 in groups:
            return (), (kernel, groups)
        if groups in prepared.runs:
            run = prepared.runs[groups]
        else:
            pipeline, sent = prepared.pipeline, groups
            if max(groups) > prepared.session.info.limits.get(_GROUPS_LIMIT, max(groups)):
                pipeline, sent = await self._fold(prepared, groups)
            run = (DISPATCH, pipeline, *sent, len(prepared.slots)), (kernel, groups)
            prepared.remember(groups, run)
        prepared.remember(workgroups, run)
        return run

    async def dispatch(
        self,
        kernel: GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        keep: bool,
        timed: bool,
        time_limit: float | None,
        progress: OnProgress | None,  # noqa: ARG002 - a device does not tell how far it is
    ) -> DispatchResult:
        """Carry out `WebGpuComputeProvider.dispatch`."""
        prepared = kernel.prepared
        if prepared is None or prepared.session is not self.session:
            prepared = await self.prepare(kernel)
        session = prepared.session
        run = prepared.run(workgroups)
        if run is None:
            run = await self.run_of(prepared, workgroups)
        session.tidy()
        recording = Recording(session, self._home)
        result = DispatchResult()
        reads: dict[str, Readback] = {}
        try:
            for output in recording.bind(prepared, bindings, run):
                if keep:
                    result[output.name] = recording.keep(output)
                else:
                    reads[output.name] = recording.fetch(output)
            ticket = recording.submit(timed=timed)
        except BaseException:
            recording.abandon("The dispatch that was to make the array has failed.")
            raise
        self._home.events.note(run[1])
        if not keep or timed or time_limit is not None:
            result.gpu_time = await self.finish(session, ticket, recording.reads, time_limit)
            result.update((name, readback.array) for name, readback in reads.items())
            await self._home.events.tell()
        return result

    async def finish(
        self, session: Session, ticket: int, reads: Sequence[Readback] = (), time_limit: float | None = None
    ) -> float | None:
        """Wait for a list and complete its reads."""
        destinations = [readback.destination for readback in reads]
        # Whoever waits for a list is told how it ended, and nobody else: its results can be had once.
        if ticket in session.unfinished:
            session.unfinished.remove(ticket)
        session.waiting += 1
        try:
            seconds = await session.device.finish(ticket, destinations, time_limit=time_limit)
        except (DeviceLost, GpuTimeoutError) as error:
            session.lose(str(error))
            raise
        finally:
            session.waiting -= 1
        session.ended = max(session.ended, ticket)
        for readback in reads:
            readback.complete()
        return seconds

    async def synchronize(self) -> None:
        """Wait until everything that was submitted has run; raise what went wrong in it, a loss once."""
        unheard, self._unheard = self._unheard, None
        if unheard is not None:
            why = unheard.lost.rstrip(".")
            raise DeviceLost(f"What was submitted may not have run: its device is gone ({why}): submit it again.")
        session = self.session
        if session is None:
            return
        if session.written or session.waiting:
            session.submit([])  # it ends after what is only written, and after the lists that others wait for
        ends = [self.finish(session, ticket) for ticket in tuple(session.unfinished)]
        for failure in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(failure, BaseException):
                raise failure

    async def upload(self, array: DeviceArray, data: NDArray[Any]) -> None:
        """Put an array that was just made on the device."""
        session = await self.ready()
        session.tidy()
        require_limit(session.info, "maxBufferSize", array.kind.device_bytes, "The array", unit=" bytes")
        if array.kind.words:
            handle = session.take()
            session.write(handle, bytes_of(data))
            array.handle, array.place = handle, session

    async def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> NDArray[Any]:
        """Carry out `DeviceArray.read`."""
        session = await self.ready()
        recording = Recording(session, self._home)
        recording.require(array)
        readback = Readback(array.kind, out, start, count)
        if array.place is None and array.copy is None:
            readback.array[...] = np.zeros((), array.kind.dtype)
        elif readback.words:
            recording.read(recording.place(array), readback)
            await self.finish(session, recording.submit(), recording.reads)
        return readback.array

    async def write(self, array: DeviceArray, data: NDArray[Any], start: int) -> None:
        """Carry out `DeviceArray.write`."""
        session = await self.ready()
        Recording(session, self._home).require(array)
        kind = array.kind
        data = rows_for(array, data)
        begin, end = rows_of(kind.shape, start, len(data))
        if begin == end or not kind.size:
            return
        # The device copies whole words, as it has them: what stands around the new ones comes back first.
        rows = kind.shape[0] if kind.shape else 1
        step = rows if kind.layout is not None else WORD // math.gcd(WORD, kind.row_bytes)
        first, last = begin - begin % step, min(-(-end // step) * step, rows)
        if kind.layout is None and (first, last) == (begin, end):
            await self._put(array, data, begin * kind.row_bytes)
            return
        async with self._merging:  # two that write parts of a word would each bring back what the other has changed
            part = (await self.read(array, None, first, last - first)).reshape(-1, *data.shape[1:])
            part[begin - first : end - first] = data
            await self._put(array, part, first * kind.row_bytes)

    async def _put(self, array: DeviceArray, data: NDArray[Any], offset: int) -> None:
        """Write rows that are whole words, or end with the array."""
        session = await self.ready()
        recording = Recording(session, self._home)
        recording.require(array)
        kind = array.kind
        content = bytes_of(data) if kind.layout is None else encode(kind.layout, data, kind.layout.nbytes)
        if array.copy is not None:
            array.copy.reshape(-1).view(np.uint8)[offset : offset + data.nbytes] = content[: data.nbytes]
        if array.place is None:
            array.handle, array.place = session.take(), session
        elif array.place is not session:
            recording.place(array)
            return
        session.write_into(array.handle, kind.device_bytes, content, offset)

    async def handle_of(self, array: DeviceArray) -> int:
        """Return the buffer that an array has from here on; raises as `read` does."""
        session = await self.ready()
        recording = Recording(session, self._home)
        recording.require(array)
        handle = recording.place(array)
        if recording.words:
            recording.submit()
        return handle

    async def begin_batch(self) -> DeviceBatch:
        """Return what does a batch's work."""
        return DeviceBatch(self, await self.ready(), self._home)

    def close(self) -> None:
        """Forget the device: what is in its memory is gone."""
        self._latest = None
        if self.session is not None:
            self.session.lose("The provider was shut down.")
        self._unheard = None

    async def _fold(self, prepared: Prepared, groups: Groups) -> tuple[int, Groups]:
        """Return the pipeline and the workgroups that do what more workgroups along a dimension would."""
        kernel, session = prepared.kernel, prepared.session
        folded = prepared.folded or fold_workgroups(kernel.shader, kernel.entry_point)
        prepared.folded = folded
        grid = folded.grid(groups, session.info.limits[_GROUPS_LIMIT])
        constants = {**kernel.constants, **folded.constants(groups)}
        pipeline = await self._compile(session, kernel, folded.text, folded.entry, constants)
        prepared.add_folded(groups, pipeline)
        return pipeline, grid

    async def _compile(
        self, session: Session, kernel: GpuKernel, wgsl: str, entry: str, constants: Mapping[str, float]
    ) -> int:
        bindings = [_gpu_binding(binding) for binding in kernel.bindings.values()]
        session.compiling += 1
        text = zeroed_in_loops(wgsl)
        try:
            try:
                return await session.device.compile(text, entry, constants=constants, bindings=bindings)
            except WgslError:
                if text is wgsl:
                    raise
                # The same faults, at their places in the text as it was given.
                return await session.device.compile(wgsl, entry, constants=constants, bindings=bindings)
        except DeviceLost as error:
            session.lose(str(error))
            raise
        finally:
            session.compiling -= 1

    def _forget(self, session: Session) -> None:
        if self.session is session:
            self.session = None
        if session.has_unheard():
            self._unheard = session

    def _lost(self, reason: str, message: str) -> None:
        session, self._latest = self._latest, None
        if session is not None:
            session.lose(f"{reason}: {message}" if message else reason)
            generation = str(session.info.generation)
            self._home.tell(GPU_DEVICE_LOST, {"reason": reason, "message": message, "generation": generation})


def _gpu_binding(binding: KernelBinding) -> GpuBinding:
    storage = "storage" if binding.written else "read-only-storage"
    return binding.group, binding.binding, "uniform" if binding.space == "uniform" else storage


def rows_for(array: DeviceArray, data: object) -> NDArray[Any]:
    """Return what is to be written as rows of an array: one more dimension than a row has."""
    kind = array.kind
    given = np.ascontiguousarray(data)
    if given.dtype != kind.dtype:
        message = f"The array is {kind.dtype}, and {given.dtype} cannot be written into it: convert it (`astype`)."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    row = kind.shape[1:]
    if given.shape[len(given.shape) - len(row) :] != row or given.ndim > len(row) + 1:
        message = f"The array has rows of shape {row}, and the shape {given.shape} cannot be written into it."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    return given.reshape(-1, *row)
