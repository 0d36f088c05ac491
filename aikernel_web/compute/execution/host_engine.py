"""Arrays and kernels where there is no GPU: arrays are in the host's memory, kernels are run by NumPy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...contracts.errors import InvalidArgumentError
from ..arrays.binding_check import require_distinct, require_names
from ..arrays.marshalling import encode
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from .device_engine import rows_for
from .host_batch import HostBatch
from .host_kernel import HostKernel, prepare
from .host_limits import require_countable
from .host_operand import HostOperand, contents_of, device_operand, fill, host_operand, memory_of
from .host_run import HostRun, Pace
from .readback import Readback, rows_of
from .session import Session
from .workgroups import Groups, Workgroups, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..array_methods import OnProgress
    from ..gpu_kernel import GpuKernel
    from .array_home import ArrayHome


class HostEngine:
    """Keeps the bytes of arrays in `DeviceArray.copy`, as a device would have them, and is their place.

    What is done to arrays is done in the order in which it was asked for, as on a device: a kernel lets other tasks in,
    and they wait for their turn.
    """

    def __init__(self, home: ArrayHome) -> None:
        self.turn = asyncio.Lock()
        self.pace = Pace()
        self.home = home

    def release(self, handle: int, words: int) -> None:
        """Free nothing: there are no buffers."""

    async def prepare(self, kernel: GpuKernel) -> HostKernel:
        """Return a kernel as the CPU runs it; raises as `host_kernel.prepare` does."""
        return prepare(kernel, self.home.subgroup_size)

    async def dispatch(
        self,
        kernel: GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        keep: bool,
        timed: bool,  # noqa: ARG002 - there is no GPU to ask for its time
        time_limit: float | None,
        progress: OnProgress | None,
    ) -> DispatchResult:
        """Carry out `ArrayMethods.dispatch`."""
        host_kernel = await self.prepare(kernel)
        groups = self.groups(kernel, workgroups)
        operands = self.operands(kernel, bindings, self, groups=groups)
        async with self.turn:
            await self.run(host_kernel, operands, groups, HostRun(self.pace, time_limit, progress))
        self.home.events.note((kernel, groups))
        await self.home.events.tell()
        written = [operand for operand in operands if operand.binding.written]
        if keep:
            return DispatchResult({operand.binding.name: self.keep(operand, self) for operand in written})
        return DispatchResult({operand.binding.name: operand.result() for operand in written})

    def groups(self, kernel: GpuKernel, workgroups: Workgroups) -> Groups:
        """Return workgroups along x, y and z; raises as `require_countable` does."""
        groups = normalise(workgroups)
        require_countable(kernel, groups)
        return groups

    def operands(
        self, kernel: GpuKernel, bindings: Mapping[str, Any], place: object, *, groups: Groups
    ) -> list[HostOperand]:
        """Return what a kernel's variables are bound to, checked.

        ``place`` is the engine, or the batch that the kernel is to run in: what is given for a batch is copied.
        """
        require_names(kernel, bindings)
        bound = 0 not in groups
        operands = []
        for name, binding in kernel.bindings.items():
            value = bindings[name]
            if isinstance(value, DeviceArray):
                self.require(value, place)
                operands.append(device_operand(binding, value, bound=bound))
                value.place = value.place or self
            else:
                own = binding.written or place is not self
                operands.append(host_operand(binding, value, own=own, bound=bound))
        require_distinct([(operand.binding, operand.array) for operand in operands])
        return operands

    async def run(self, kernel: HostKernel, operands: Sequence[HostOperand], groups: Groups, run: HostRun) -> None:
        """Run a kernel over operands, which have what it has written from then on."""
        if 0 not in groups:
            memory = {operand.binding.name: operand.raw for operand in operands}
            await run.drive(kernel.steps(memory, groups))

    def keep(self, operand: HostOperand, place: Any) -> DeviceArray:
        """Return an operand as a device array, which is in ``place``."""
        if operand.array is not None:
            return operand.array
        array = DeviceArray(self.home, operand.kind)
        array.copy, array.place = operand.raw, place
        return array

    def require(self, array: DeviceArray, place: object) -> None:
        """Raise where an array cannot be used; as `Recording.require` does."""
        if array.owner is not self.home:
            message = "The array belongs to another provider: read it there and give the NumPy array."
            raise InvalidArgumentError(message, code="WEBGPU_ARRAY_FOREIGN")
        if array.ended is not None:
            code, message = array.ended
            raise InvalidArgumentError(message, code=code)
        if isinstance(array.place, Session) and array.copy is None:
            raise array.place.refuse()
        if isinstance(array.place, HostBatch) and array.place is not place:
            message = "The array begins in a batch that is still open: leave the batch (`async with`) first."
            raise InvalidArgumentError(message, code="WEBGPU_BATCH_OPEN")

    async def upload(self, array: DeviceArray, data: NDArray[Any]) -> None:
        """Keep a copy."""
        array.place = self
        contents_of(memory_of(array), array.kind)[...] = data

    async def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> NDArray[Any]:
        """Carry out `DeviceArray.read`."""
        self.require(array, self)
        readback = Readback(array.kind, out, start, count)
        async with self.turn:
            fill(readback, memory_of(array))
            return readback.array

    async def write(self, array: DeviceArray, data: NDArray[Any], start: int) -> None:
        """Carry out `DeviceArray.write`."""
        self.require(array, self)
        kind = array.kind
        rows = rows_for(array, data)
        begin, end = rows_of(kind.shape, start, len(rows))
        async with self.turn:
            array.place = self
            raw = memory_of(array)
            contents = contents_of(raw, kind)
            (contents if kind.shape else contents.reshape(1))[begin:end] = rows
            if kind.layout is not None:
                raw[:] = encode(kind.layout, contents, kind.layout.nbytes)

    async def synchronize(self) -> None:
        """Wait until all that was begun has run."""
        async with self.turn:
            pass

    async def begin_batch(self) -> HostBatch:
        """Return what does a batch's work."""
        return HostBatch(self)

    def close(self) -> None:
        """Forget nothing: arrays keep what they have."""
