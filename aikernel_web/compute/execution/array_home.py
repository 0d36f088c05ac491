"""Everything about arrays and kernels of one provider, wherever they turn out to be."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ...contracts.errors import InvalidArgumentError, KernelError, NotSupportedError
from ..arrays.array_kind import dtype_of, kind_of, shape_of
from ..batch import GpuBatch
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from ..gpu_kernel import GpuKernel
from ..kernel_source import Constants, KernelSources
from .device_engine import DeviceEngine
from .host_engine import HostEngine
from .run_events import RunEvents
from .stored_buffers import StoredBuffers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...contracts.canvas import Canvas
    from ...contracts.events import EventBus
    from ...contracts.gpu import GpuDevice
    from ..array_methods import OnProgress
    from .workgroups import Workgroups

T = TypeVar("T")


class ArrayHome:
    """Owns the arrays and kernels of a provider, which decides by `settle` whether a device or the host has them."""

    def __init__(
        self,
        provider_id: str,
        initialize: Callable[[], Awaitable[None]],
        device: GpuDevice | None,
        bus: EventBus | None,
        *,
        subgroup_size: int,
    ) -> None:
        self.engine: DeviceEngine | HostEngine | None = None
        """What works on arrays; None until it is decided."""
        self.stored: StoredBuffers | None = None
        """What works on the contract's buffers, where there is a device."""
        self.device = device
        self.subgroup_size = subgroup_size
        """Of kernels on the host that ask for none."""
        self.events = RunEvents(provider_id, bus)
        self._provider_id = provider_id
        self._initialize = initialize
        self._bus = bus
        self._sources = KernelSources(self)
        self._on_device: DeviceEngine | None = None

    async def settle_on_device(self) -> None:
        """Have arrays on the device from now on."""
        if self.device is not None:
            # One engine for good: what is under way where the provider is shut down may open the device once more.
            engine = self._on_device = self._on_device or DeviceEngine(self, self.device)
            await engine.ready()
            self.engine, self.stored, self.events.backend = engine, StoredBuffers(self, engine), "webgpu"

    def settle_on_host(self) -> None:
        """Have arrays on the host from now on."""
        self.engine, self.events.backend = HostEngine(self), "cpu-fallback"

    async def close(self) -> None:
        """Forget where arrays are; what only a device had is gone."""
        await self.events.tell()
        if self.engine is not None:
            self.engine.close()
        self.engine = self.stored = None

    async def array_engine(self) -> DeviceEngine | HostEngine:
        """Return what works on arrays, once it is decided.

        Raises `NotSupportedError` with ``WEBGPU_DEVICE_REQUIRED`` where the backend has the low level only.
        """
        if self.engine is None:
            await self._initialize()
            if self.engine is None:
                message = "The backend creates, writes, reads and executes buffers, and has no device for arrays."
                raise NotSupportedError(message, code="WEBGPU_DEVICE_REQUIRED")
        return self.engine

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine from synchronous code; without a device it must not wait for what others do.

        Raises `KernelError` with ``SYNC_UNAVAILABLE``.
        """
        if self.device is not None and not isinstance(self.engine, HostEngine):
            return self.device.run_sync(coroutine)
        try:
            # A kernel lets other tasks in now and then (`asyncio.sleep(0)`), and there are none here.
            while coroutine.send(None) is None:
                pass
        except StopIteration as end:
            answer: T = end.value
            return answer
        coroutine.close()
        message = "Synchronous code cannot wait here for what is done elsewhere: use the asynchronous form with await."
        raise KernelError(message, code="SYNC_UNAVAILABLE")

    def kernel(self, wgsl: str | GpuKernel, entry: str | None, constants: Constants | None) -> GpuKernel:
        """Return a kernel by its text, or the one that is given."""
        return self._sources.get(wgsl, entry, constants)

    async def compile(self, wgsl: str | GpuKernel, entry: str | None, constants: Constants | None) -> GpuKernel:
        """Return a kernel that is ready to run."""
        engine = await self.array_engine()
        kernel = self._sources.get(wgsl, entry, constants)
        await engine.prepare(kernel)
        return kernel

    async def dispatch(
        self,
        wgsl: str | GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        entry: str | None,
        constants: Constants | None,
        keep: bool,
        timed: bool,
        time_limit: float | None,
        progress: OnProgress | None,
    ) -> DispatchResult:
        """Carry out `WebGpuComputeProvider.dispatch`."""
        if time_limit is not None:
            time_limit = seconds(time_limit)
        if progress is not None and (not callable(progress) or inspect.iscoroutinefunction(progress)):
            message = f"progress is {progress!r}: give a function that is no coroutine's, or None."
            raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
        kernel = wgsl
        if kernel.__class__ is not GpuKernel or entry is not None or constants is not None or kernel.owner is not self:
            kernel = self._sources.get(wgsl, entry, constants)
        prepared = kernel.prepared
        if keep and not timed and time_limit is None and prepared is not None:
            # What a loop over one kernel does, and nothing else.
            run, session = prepared.run(workgroups), prepared.session
            if run is not None and not session.lost:
                handles = prepared.handles(bindings, session)
                if handles is not None:
                    session.submit([*run[0], *handles])
                    self.events.note(run[1])
                    return DispatchResult({name: bindings[name] for name in prepared.written})
        engine = self.engine or await self.array_engine()
        return await engine.dispatch(
            kernel,
            bindings,
            workgroups=workgroups,
            keep=keep,
            timed=timed,
            time_limit=time_limit,
            progress=progress,
        )

    async def to_device(self, data: NDArray[Any], *, restore: bool) -> DeviceArray:
        """Carry out `WebGpuComputeProvider.to_device`."""
        engine = self.engine or await self.array_engine()
        given = np.asarray(data)
        array = DeviceArray(self, kind_of(dtype_of(given.dtype), given.shape, copied=restore))
        await engine.upload(array, given)
        if restore and array.copy is None:
            array.copy = np.array(given, order="C")
        return array

    def empty(self, shape: Any, dtype: Any) -> DeviceArray:
        """Carry out `WebGpuComputeProvider.empty`."""
        return DeviceArray(self, kind_of(dtype_of(dtype), shape_of(shape)))

    def batch(self, *, timed: bool, time_limit: float | None) -> GpuBatch:
        """Carry out `WebGpuComputeProvider.batch`."""
        return GpuBatch(self, timed=timed, time_limit=None if time_limit is None else seconds(time_limit))

    async def show(self, array: DeviceArray, canvas: Canvas) -> None:
        """Carry out `WebGpuComputeProvider.show`."""
        engine = await self.array_engine()
        if len(array.shape) != 2:  # noqa: PLR2004
            message = f"The array has the shape {array.shape}: a picture has a height and a width."
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
        height, width = array.shape
        if isinstance(engine, DeviceEngine):
            await canvas.show_buffer(engine.device, await engine.handle_of(array), width=width, height=height)
        else:
            await canvas.show_pixels(await array.read(), width=width, height=height)

    def tell(self, event: str, payload: Mapping[str, str]) -> None:
        """Publish what has happened to the device."""
        if self._bus is not None and self._bus.wants(event):
            self._bus.publish_now(event, {"providerId": self._provider_id, **payload})


def seconds(time_limit: Any) -> float:
    """Return a time limit; raises `InvalidArgumentError` with ``WEBGPU_ARGUMENT_INVALID`` for what is none."""
    given = float(time_limit) if isinstance(time_limit, Real) else 0.0
    if not given > 0:
        message = f"time_limit is {time_limit!r}: give seconds, more than 0, or math.inf for ever."
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
    return given
