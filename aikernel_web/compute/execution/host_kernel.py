"""A kernel as the CPU runs it: a ready one by its twin, any other compiled to Python over NumPy."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

from ...contracts.shader_errors import WgslError, WgslNotSupportedError
from ..kernel_source import require_device
from ..kernels.recognition import recognise
from ..kernels.twins import run_twin
from ..wgsl.refusal import refusal, required
from .host_limits import HOST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..gpu_kernel import GpuKernel
    from ..wgsl.executor.checks import Checks
    from ..wgsl.executor.kernel import CpuKernel, Progress
    from ..wgsl.typed.tree import Program
    from .workgroups import Groups

PROGRAMS_KEPT = 64

Memory = Mapping[str, "NDArray[np.uint8]"]
"""The bytes bound to each variable, whole words; what the kernel may write is writable, and nothing of it is shared."""


class HostKernel:
    """Checked and ready to run; kept by its `GpuKernel`."""

    def __init__(self, kernel: GpuKernel, subgroup_size: int) -> None:
        require_host(kernel)
        self._kernel = kernel
        self._subgroup_size = subgroup_size
        self._ready = recognise(kernel.wgsl)
        self._compiled = None if self._ready else compile_for_host(kernel, subgroup_size)

    def steps(self, memory: Memory, groups: Groups) -> Generator[Progress, None, None]:
        """Run workgroups over memory, yielding now and then how far it is."""
        if self._ready is not None and run_twin(*self._ready, memory, groups):
            return
        if self._compiled is None:
            self._compiled = compile_for_host(self._kernel, self._subgroup_size)
        yield from self._compiled.run(memory, groups)


def require_host(kernel: GpuKernel) -> None:
    """Raise what `require_device` does, and `WgslNotSupportedError` for a language feature that is not there."""
    require_device(kernel, HOST)
    for name in required(kernel.wgsl):
        if name not in HOST.language_features:
            message = f"the CPU has no language feature {name!r}: it has {', '.join(HOST.language_features)}"
            raise refusal(kernel.wgsl, name, message, code="WEBGPU_FEATURE_MISSING")


def prepare(kernel: GpuKernel, subgroup_size: int) -> HostKernel:
    """Return a kernel as the CPU runs it; ``subgroup_size`` is that of its provider.

    Raises `WgslError`; `WgslNotSupportedError`: ``WEBGPU_FEATURE_MISSING``, ``CPU_KERNEL_NOT_SUPPORTED``;
    `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED``, ``CPU_SUBGROUP_SIZE_INVALID``.
    """
    if kernel.on_host is None:
        kernel.on_host = HostKernel(kernel, subgroup_size)
    return kernel.on_host


def compile_for_host(
    kernel: GpuKernel, subgroup_size: int, checks: Checks | None = None, *, uniform: bool = True
) -> CpuKernel:
    """Return a kernel compiled, with what is to be watched while it runs; raises as `prepare` does.

    Without ``uniform`` one whose invocations may not come to its barriers together is compiled too.
    """
    # Ready kernels do without all of this.
    from ..wgsl.executor.checks import NO_CHECKS  # noqa: PLC0415
    from ..wgsl.executor.kernel import compile_kernel  # noqa: PLC0415

    try:
        checked = program_of(kernel.wgsl, uniform=uniform)
        return compile_kernel(
            checked, kernel.entry, kernel.constants, checks=checks or NO_CHECKS, subgroup_size=subgroup_size
        )
    except WgslError as error:
        if error.code == "CPU_KERNEL_NOT_SUPPORTED":
            raise WgslNotSupportedError(error.diagnostics) from None
        raise


@functools.lru_cache(maxsize=PROGRAMS_KEPT)
def program_of(wgsl: str, *, uniform: bool = True) -> Program:
    """Return a checked text: its entry points, and their values of overrides, are compiled one by one."""
    from ..wgsl.typed.program import program  # noqa: PLC0415

    return program(wgsl, uniform=uniform)
