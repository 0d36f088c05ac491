"""Arrays and kernels where there is no GPU: arrays are the host's, kernels what the CPU provider has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...contracts.errors import InvalidArgumentError, NotSupportedError
from ..arrays.array_kind import kind_of
from ..arrays.binding_check import array_for, require_distinct, require_kind, require_names
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from .device_engine import rows_for
from .readback import Readback, rows_of
from .session import Session
from .workgroups import Groups, Workgroups, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...contracts.compute import ComputeProvider
    from ..gpu_kernel import GpuKernel
    from .array_home import ArrayHome
    from .run_events import Ran


class HostEngine:
    """Keeps arrays in `DeviceArray.copy`, and is their place."""

    def __init__(self, home: ArrayHome, cpu: ComputeProvider) -> None:
        self._home = home
        self._cpu = cpu

    def release(self, handle: int, words: int) -> None:
        """Free nothing: there are no buffers."""

    async def dispatch(
        self,
        kernel: GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        keep: bool,
        timed: bool,  # noqa: ARG002 - there is no GPU to ask for its time
        time_limit: float | None,  # noqa: ARG002 - what runs here cannot be stopped
    ) -> DispatchResult:
        """Carry out `WebGpuComputeProvider.dispatch` by the CPU provider."""
        groups = normalise(workgroups)
        arrays = self.operands(kernel, bindings, self)
        await self.run(kernel, arrays, groups)
        self._home.events.note((kernel, groups))
        await self._home.events.tell()
        written = [name for name, binding in kernel.bindings.items() if binding.written]
        if not keep:
            return DispatchResult({name: _host(arrays[name]).copy() for name in written})
        return DispatchResult({name: self.keep(arrays[name]) for name in written})

    def operands(self, kernel: GpuKernel, bindings: Mapping[str, Any], place: object) -> dict[str, Any]:
        """Return what a kernel's variables are bound to, checked: device arrays, and copies of the host's."""
        require_names(kernel, bindings)
        arrays: dict[str, Any] = {}
        for name, binding in kernel.bindings.items():
            value = bindings[name]
            if isinstance(value, DeviceArray):
                self.require(value, place)
                require_kind(binding, value.kind, None)
                arrays[name] = value
            else:
                arrays[name] = array_for(binding, value)[0].copy()
        require_distinct([(binding, arrays[name]) for name, binding in kernel.bindings.items()])
        return arrays

    async def run(self, kernel: GpuKernel, arrays: Mapping[str, Any], groups: Groups) -> None:
        """Run a kernel over operands, which have what it has written from then on.

        Raises `NotSupportedError` with ``CPU_KERNEL_NOT_SUPPORTED`` where the CPU provider has no such kernel.
        """
        dispatch = getattr(self._cpu, "dispatch", None)
        if dispatch is None:
            message = "The CPU provider runs no kernels over arrays: it has no `dispatch`."
            raise NotSupportedError(message, code="CPU_KERNEL_NOT_SUPPORTED")
        if 0 in groups:
            return
        contents = {name: self.contents(array) for name, array in arrays.items()}
        outputs = await dispatch(
            kernel.wgsl,
            {name: _plain(array) for name, array in contents.items()},
            workgroups=groups,
            entry=kernel.entry,
            constants=kernel.constants,
        )
        for name, output in outputs.items():
            contents[name][...] = np.asarray(output).reshape(contents[name].shape)

    def contents(self, array: Any) -> NDArray[Any]:
        """Return the elements of an operand, in place."""
        if not isinstance(array, DeviceArray):
            return _host(array)
        if array.copy is None:
            array.copy = np.zeros(array.kind.shape, array.kind.dtype)
        array.place = self
        return _host(array)

    def keep(self, operand: Any) -> DeviceArray:
        """Return an operand as a device array."""
        if isinstance(operand, DeviceArray):
            return operand
        array = DeviceArray(self._home, kind_of(operand.dtype, operand.shape))
        array.copy, array.place = operand, self
        return array

    def require(self, array: DeviceArray, place: object) -> None:
        """Raise where an array cannot be used; as `Recording.require` does."""
        if array.owner is not self._home:
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
        array.copy, array.place = np.array(data, order="C"), self

    async def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> NDArray[Any]:
        """Carry out `DeviceArray.read`."""
        self.require(array, self)
        return self.fill(Readback(array.kind, out, start, count), self.contents(array), start)

    def fill(self, readback: Readback, rows: NDArray[Any], start: int) -> NDArray[Any]:
        """Copy what is to be read."""
        if rows.shape:
            rows = rows[start : start + len(readback.array)] if readback.array.shape else rows[start:]
        readback.array.reshape(-1)[...] = rows.reshape(-1)
        return readback.array

    async def write(self, array: DeviceArray, data: NDArray[Any], start: int) -> None:
        """Carry out `DeviceArray.write`."""
        self.require(array, self)
        rows = rows_for(array, data)
        begin, end = rows_of(array.kind.shape, start, len(rows))
        whole = self.contents(array)
        (whole if array.kind.shape else whole.reshape(1))[begin:end] = rows

    async def synchronize(self) -> None:
        """Wait for nothing: everything has run."""

    async def begin_batch(self) -> HostBatch:
        """Return what does a batch's work."""
        return HostBatch(self)

    def close(self) -> None:
        """Forget nothing: arrays keep what they have."""


class HostBatch:
    """Calls that are made where a batch ends, one after another; the place of arrays that they make."""

    def __init__(self, engine: HostEngine) -> None:
        self.ran: list[Ran] = []
        self.waited = True
        self._engine = engine
        self._calls: list[Callable[[], Awaitable[object]]] = []
        self._made: list[DeviceArray] = []

    def release(self, handle: int, words: int) -> None:
        """Free nothing: there are no buffers."""

    async def dispatch(self, kernel: GpuKernel, bindings: Mapping[str, Any], workgroups: Workgroups) -> DispatchResult:
        """Remember a dispatch."""
        engine, groups = self._engine, normalise(workgroups)
        arrays = engine.operands(kernel, bindings, self)
        written = [name for name, binding in kernel.bindings.items() if binding.written]
        for name in written:
            if not isinstance(arrays[name], DeviceArray):
                array = arrays[name] = engine.keep(arrays[name])
                array.place = self
                self._made.append(array)
        contents = {name: self._contents(array) for name, array in arrays.items()}
        self._calls.append(lambda: engine.run(kernel, contents, groups))
        self.ran.append((kernel, groups))
        return DispatchResult({name: arrays[name] for name in written})

    def compute(self, twin: Callable[..., Any], operands: Sequence[Any], result: NDArray[Any]) -> DeviceArray:
        """Remember to fill ``result`` with what ``twin`` makes of operands; return it as an array."""
        engine = self._engine
        for operand in operands:
            if isinstance(operand, DeviceArray):
                engine.require(operand, self)
        contents = [self._contents(operand) for operand in operands]
        array = engine.keep(result)
        array.place = self
        self._made.append(array)

        async def fill() -> None:
            result[...] = twin(*contents)

        self._calls.append(fill)
        return array

    def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> Readback:
        """Remember a read."""
        self._engine.require(array, self)
        readback, contents = Readback(array.kind, out, start, count), self._contents(array)

        async def fill() -> None:
            self._engine.fill(readback, contents, start)

        self._calls.append(fill)
        return readback

    def _contents(self, operand: Any) -> NDArray[Any]:
        """Return an operand's elements, which are there at the batch's end though the array was destroyed before."""
        begun_here = isinstance(operand, DeviceArray) and operand.place is self
        return _host(operand) if begun_here else self._engine.contents(operand)

    async def submit(self, *, timed: bool, time_limit: float | None) -> float | None:  # noqa: ARG002 - as in `dispatch`
        """Make the calls."""
        try:
            for call in self._calls:
                await call()
        except BaseException as error:
            self.abandon(f"The batch that was to make it ended with {type(error).__name__}.")
            raise
        for array in self._made:
            array.place = self._engine
        return None

    def abandon(self, why: str) -> None:
        """Make no calls."""
        for array in self._made:
            if array.place is not None:
                array.end("WEBGPU_BATCH_CLOSED", why)


def _plain(array: NDArray[Any]) -> Any:
    """Return a single structure as a dict of its members, any other array as it is."""
    if array.shape or array.dtype.names is None:
        return array
    return {name: array[name][()] for name in array.dtype.names}


def _host(array: Any) -> NDArray[Any]:
    host: Any = array.copy if isinstance(array, DeviceArray) else array
    return cast("NDArray[Any]", host)
