"""Comparisons of the page's GPU with the CPU, made by the page's own interpreter: a call does many.

The text of this module runs there; beside it are those of `wgsl_builtins`, `wgsl_accuracy`, `wgsl_intervals`,
`wgsl_kernels` and `wgsl_generator.inputs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import wgsl_builtins
import wgsl_inputs  # wgsl_generator.inputs, whose neighbours stay on the host
import wgsl_kernels

from aikernel_web import WebGpuComputeProvider
from aikernel_web.compute.settings import WebGpuComputeSettings

Generated = tuple[int, str, int, tuple[int, int, int], list[Any]]

cpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))


async def both_are_there(gpu: Any) -> bool:
    """Whether there are a GPU and a CPU to compare."""
    await gpu.initialize()
    await cpu.initialize()
    return cpu.using_cpu_fallback and not gpu.using_cpu_fallback


async def generated(gpu: Any, kernels: Iterable[Generated]) -> dict[str, list[str]]:
    """Run kernels, given by seed, text, invocations, workgroups and dtype of records; return what differs by seed."""
    found = {}
    for seed, wgsl, invocations, workgroups, record in kernels:
        given = wgsl_inputs.bindings(invocations, record, seed)
        try:
            ours, theirs = [await each.dispatch(wgsl, given, workgroups=workgroups) for each in (cpu, gpu)]
            wrong = wgsl_inputs.differences(ours, theirs)
        except Exception as error:
            wrong = [repr(error)]
        if wrong:
            found[str(seed)] = wrong
    return found


async def builtins(gpu: Any) -> dict[str, str]:
    """Return what differs by probe."""
    found = {str(probe): await wgsl_builtins.compared(gpu, cpu, probe) for probe in wgsl_builtins.PROBES}
    return {probe: wrong for probe, wrong in found.items() if wrong}


async def published(gpu: Any, module: str, name: str) -> str:
    """Return what differs of a kernel of `wgsl_kernels`, or nothing."""
    return await wgsl_kernels.compared(gpu, cpu, module, name)
