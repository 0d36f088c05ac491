"""The kernel's own GPU provider: made when it is first used, gone with a reset."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import Kernel


class PageWithoutGpu:
    """An interop of a page that has no WebGPU: nothing else is asked of it."""

    def is_webgpu_supported(self) -> bool:
        return False

    async def write_buffer(self, *given: object) -> None:
        raise AssertionError(given)

    async def read_buffer(self, *given: object) -> bytes:
        raise AssertionError(given)

    async def execute_kernel(self, *given: object) -> None:
        raise AssertionError(given)


def test_starting_a_kernel_loads_nothing_of_compute() -> None:
    code = (
        "import sys, aikernel_web.kernel\n"
        "print([name for name in sys.modules if 'compute.' in name or 'numpy' in name])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_provider_is_made_once_from_a_way_to_a_gpu_of_its_own() -> None:
    made: list[PageWithoutGpu] = []

    def make_gpu() -> PageWithoutGpu:
        made.append(PageWithoutGpu())
        return made[-1]

    async def body() -> list[Any]:
        kernel = Kernel(WasmtimeEngine(), make_gpu=make_gpu)
        await kernel.start()
        before = len(made)
        gpu = kernel.gpu
        sums = await gpu.vector_add(np.ones(3, np.float32), np.ones(3, np.float32))
        found = [before, len(made), kernel.gpu is gpu, sums.tolist(), gpu.using_cpu_fallback]
        await kernel.reset()
        return [*found, kernel.gpu is gpu, len(made)]

    assert run_async(body()) == [0, 1, True, [2.0, 2.0, 2.0], True, False, 2]


def test_a_kernel_without_a_way_to_a_gpu_computes_on_the_cpu() -> None:
    async def body() -> list[Any]:
        kernel = Kernel(WasmtimeEngine())
        sums = await kernel.gpu.vector_add(np.ones(2, np.float32), np.ones(2, np.float32))
        return [sums.tolist(), kernel.gpu.using_cpu_fallback, bool(kernel.gpu.fallback_reason)]

    assert run_async(body()) == [[2.0, 2.0], True, True]
