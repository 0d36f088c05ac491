"""Kernels over arrays, as methods of a provider: the same on a GPU and on the CPU."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ..contracts.provider_base import ProviderBase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..contracts.canvas import Canvas
    from .batch import GpuBatch
    from .debugging.report import DebugReport
    from .device_array import DeviceArray
    from .dispatch_result import DispatchResult
    from .execution.array_home import ArrayHome
    from .execution.workgroups import Workgroups
    from .gpu_kernel import GpuKernel
    from .kernel_source import Constants
    from .kernels.ready import ReadyKernels

T = TypeVar("T")

OnProgress: TypeAlias = Callable[[int, int], object]
"""Takes how many invocations have run, and how many there are."""


class ArrayMethods(ProviderBase):
    """What a provider does with arrays and kernels, by way of its `ArrayHome`."""

    using_cpu_fallback: bool
    """Whether the CPU computes."""

    async def dispatch(
        self,
        wgsl: str | GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        entry: str | None = None,
        constants: Constants | None = None,
        keep: bool = False,
        timed: bool = False,
        time_limit: float | None = None,
        progress: OnProgress | None = None,
    ) -> DispatchResult:
        """Run a kernel over arrays and return what it may write, by the names of its variables.

        On the CPU other tasks go on while a kernel runs, and the task may be cancelled; a host's array that the kernel
        only reads is not copied, and must stay as it is until then. What was cancelled, or took too long, may have
        written a part of the device arrays that it was given to write.

        Args:
            wgsl: the shader, or what `compile` has returned.
            bindings: by variable: NumPy's arrays (a copy goes to the device), device arrays, and for uniforms numbers,
                tuples and dicts too. An ``array<vec3<f32>>`` is an (n, 3) array; matrices are arrays of their columns;
                structures have structured dtypes, whose members may stand anywhere.
            workgroups: along x, y and z; more than a dimension has are spread by themselves.
            entry: the entry point, where there are several.
            constants: values of overrides, by name or id.
            keep: leave the results on the device, as device arrays, and do not wait for the kernel: what goes wrong is
                told when they are read, and by `synchronize`. On the CPU the kernel has run before the call returns.
            timed: measure the GPU's time: ``result.gpu_time``.
            time_limit: the device is given up when nothing of its work has ended for so many seconds; 60 unless given,
                ``math.inf`` for ever. On the CPU the dispatch may take so long; unless given, a part of it 60 seconds.
            progress: called as ``progress(done, all)`` with invocations, some times a second, while the CPU runs the
                kernel; a GPU does not tell how far it is.

        Raises `WgslError`; `InvalidArgumentError`: ``WEBGPU_ENTRY_UNKNOWN``, ``WEBGPU_CONSTANT_UNKNOWN``,
        ``WEBGPU_CONSTANT_MISSING``, ``WEBGPU_CONSTANT_INVALID``, ``WEBGPU_BINDING_MISSING``,
        ``WEBGPU_BINDING_UNKNOWN``, ``WEBGPU_BINDING_DTYPE``, ``WEBGPU_BINDING_SHAPE``, ``WEBGPU_BINDING_SIZE``,
        ``WEBGPU_BINDING_ALIASED``, ``WEBGPU_WORKGROUPS_INVALID``, ``WEBGPU_ARGUMENT_INVALID`` (the time limit, the
        progress), ``WEBGPU_LIMIT_EXCEEDED``, ``WEBGPU_ARRAY_DESTROYED``, ``WEBGPU_ARRAY_FOREIGN``; `NotSupportedError`:
        ``WEBGPU_FEATURE_MISSING``, ``WEBGPU_BINDING_NOT_SUPPORTED``; `GpuError` and what is below it.
        """
        return await self._arrays.dispatch(
            wgsl,
            bindings,
            workgroups=workgroups,
            entry=entry,
            constants=constants,
            keep=keep,
            timed=timed,
            time_limit=time_limit,
            progress=progress,
        )

    async def debug(
        self,
        wgsl: str | GpuKernel,
        bindings: Mapping[str, Any],
        *,
        workgroups: Workgroups,
        entry: str | None = None,
        constants: Constants | None = None,
        invocation: Sequence[int] | None = None,
        workgroup: Sequence[int] | None = None,
        races: bool = True,
        bounds: bool = True,
        time_limit: float | None = None,
    ) -> DebugReport:
        """Run a kernel on the CPU, wherever others run, and tell what it did: ``print(await gpu.debug(...))``.

        Nothing that was given is written: what the kernel writes is in the report's ``outputs``, as NumPy's arrays. It
        takes longer than a dispatch, and the trace of a long kernel is long: give few workgroups.

        Args:
            wgsl: as for `dispatch`, and so are ``bindings``, ``workgroups``, ``entry``, ``constants``, ``time_limit``.
            bindings: variables by name; of device arrays their contents are taken.
            workgroups: along x, y and z.
            entry: the entry point, where there are several.
            constants: values of overrides.
            invocation: trace the invocation with this ``global_invocation_id``: (x, y, z), or fewer.
            workgroup: trace all invocations of the workgroup with this ``workgroup_id``.
            races: find invocations that access the same memory, one of them to write, in no order that barriers or
                atomics give them.
            bounds: find accesses outside of arrays, which a dispatch clamps (WGSL, section 15.7.1).
            time_limit: seconds that the run may take.

        Raises what `dispatch` does before a kernel runs; ``WEBGPU_ARGUMENT_INVALID`` for an invocation or a workgroup
        that is none of those which run.
        """
        from .debugging.session import debug  # noqa: PLC0415 - who does not debug does not load it

        return await debug(
            self._arrays,
            wgsl,
            bindings,
            workgroups=workgroups,
            entry=entry,
            constants=constants,
            invocation=invocation,
            workgroup=workgroup,
            races=races,
            bounds=bounds,
            time_limit=time_limit,
        )

    async def compile(self, wgsl: str, *, entry: str | None = None, constants: Constants | None = None) -> GpuKernel:
        """Return a kernel that `dispatch` takes in place of the text; raises what `dispatch` does of texts."""
        return await self._arrays.compile(wgsl, entry, constants)

    async def to_device(self, data: NDArray[Any], *, restore: bool = False) -> DeviceArray:
        """Return a copy of an array on the device.

        With ``restore`` the host has a copy too, from which a fresh device gets it after a loss, as long as no kernel
        has written it. Raises `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED``; `DeviceLost`.
        """
        return await self._arrays.to_device(data, restore=restore)

    def empty(self, shape: int | Sequence[int], dtype: str | np.dtype[Any] | type = "f32") -> DeviceArray:
        """Return an array on the device, all zeros, of NumPy's dtypes or ``f32``, ``f16``, ``i32``, ``u32``.

        Its memory is taken when it is first used. Raises `InvalidArgumentError`: ``WEBGPU_BINDING_SHAPE``,
        ``WEBGPU_BINDING_DTYPE``.
        """
        return self._arrays.empty(shape, dtype)

    def batch(self, *, timed: bool = False, time_limit: float | None = None) -> GpuBatch:
        """Return what ``async with`` makes a batch of: many dispatches and reads, one submit at the end."""
        return self._arrays.batch(timed=timed, time_limit=time_limit)

    async def vector_add(self, a: Any, b: Any, *, keep: bool = False) -> Any:
        """Return ``a + b``; see `ReadyKernels.vector_add`."""
        return await self.kernels.vector_add(a, b, keep=keep)

    async def synchronize(self) -> None:
        """Wait until all that was submitted has run, and raise what went wrong in the latest of it."""
        await (await self._arrays.array_engine()).synchronize()

    async def present(
        self, array: Any, canvas: Canvas, *, palette: Any = None, bounds: tuple[float, float] | None = None
    ) -> None:
        """Show a (height, width) array as a picture on a canvas of the page: what is on the device, from there.

        ``palette`` gives colours to values between ``bounds``; see `aikernel_web.compute.present.present`.
        """
        from .present import present  # noqa: PLC0415 - NumPy is loaded where arrays are used

        await present(self, array, canvas, palette=palette, bounds=bounds)

    async def show(self, array: DeviceArray, canvas: Canvas) -> None:
        """Show a (height, width) array of uint32 colours on a canvas, from the device's own memory; see `present`."""
        await self._arrays.show(array, canvas)

    @functools.cached_property
    def kernels(self) -> ReadyKernels:
        """Ready kernels: ``gpu.kernels.matmul(a, b)`` and others."""
        from .kernels.ready import ReadyKernels  # noqa: PLC0415 - NumPy is loaded where arrays are used

        return ReadyKernels(self)

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait from synchronous code for anything of this provider's, such as ``gpu.run_sync(gpu.kernels.sum(a))``.

        Raises `KernelError` with ``SYNC_UNAVAILABLE`` where that cannot be, and says why.
        """
        return self._arrays.run_sync(coroutine)

    def dispatch_sync(self, wgsl: str | GpuKernel, bindings: Mapping[str, Any], **options: Any) -> DispatchResult:
        """Do as `dispatch`, from synchronous code; raises as `run_sync` does."""
        return self.run_sync(self.dispatch(wgsl, bindings, **options))

    def compile_sync(self, wgsl: str, **options: Any) -> GpuKernel:
        """Do as `compile`, from synchronous code; raises as `run_sync` does."""
        return self.run_sync(self.compile(wgsl, **options))

    def to_device_sync(self, data: NDArray[Any], *, restore: bool = False) -> DeviceArray:
        """Do as `to_device`, from synchronous code; raises as `run_sync` does."""
        return self.run_sync(self.to_device(data, restore=restore))

    def vector_add_sync(self, a: Any, b: Any, *, keep: bool = False) -> Any:
        """Do as `vector_add`, from synchronous code; raises as `run_sync` does."""
        return self.run_sync(self.vector_add(a, b, keep=keep))

    def synchronize_sync(self) -> None:
        """Do as `synchronize`, from synchronous code; raises as `run_sync` does."""
        self.run_sync(self.synchronize())

    def debug_sync(self, wgsl: str | GpuKernel, bindings: Mapping[str, Any], **options: Any) -> DebugReport:
        """Do as `debug`, from synchronous code; raises as `run_sync` does."""
        return self.run_sync(self.debug(wgsl, bindings, **options))

    @functools.cached_property
    def _arrays(self) -> ArrayHome:
        return self._array_home()

    def _array_home(self) -> ArrayHome:
        """Return what owns the arrays; called once, when it is first needed."""
        raise NotImplementedError
