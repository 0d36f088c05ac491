"""Running a kernel in a test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aikernel_web.compute.wgsl.executor.checks import NO_CHECKS, Checks
from aikernel_web.compute.wgsl.executor.kernel import CpuKernel, compile_kernel
from aikernel_web.compute.wgsl.typed.program import program


def compiled(
    text: str, *, uniform: bool = True, checks: Checks = NO_CHECKS, subgroup_size: int = 4, **constants: float
) -> CpuKernel:
    """Compile ``main`` of a shader."""
    return compile_kernel(program(text, uniform=uniform), "main", constants, checks=checks, subgroup_size=subgroup_size)


def run(kernel: CpuKernel | str, groups: tuple[int, int, int], **buffers: NDArray[Any]) -> int:
    """Run a dispatch to its end, in arrays that are changed; return how often it yielded."""
    made = compiled(kernel) if isinstance(kernel, str) else kernel
    memories = {name: buffer.reshape(-1).view(np.uint8) for name, buffer in buffers.items()}
    return sum(1 for _ in made.run(memories, groups))
