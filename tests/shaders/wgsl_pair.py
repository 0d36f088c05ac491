"""Two providers that run the same kernels on this machine: PyPI wgpu's over a Vulkan driver, and the CPU's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from aikernel_web import WebGpuComputeProvider, WebGpuNativeBackend
from aikernel_web.compute.settings import WebGpuComputeSettings

T = TypeVar("T")


class Pair:
    """``gpu`` and ``cpu``; `run` runs a coroutine over both, in a thread without a loop of a browser's."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._runner = asyncio.Runner()
        self.gpu = WebGpuComputeProvider(backend=WebGpuNativeBackend())
        self.cpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._executor.submit(self._runner.run, coroutine).result()

    def close(self) -> None:
        self.run(self.gpu.shutdown())
        self._executor.submit(self._runner.close).result()


@contextmanager
def pair() -> Iterator[Pair]:
    with ThreadPoolExecutor(1) as executor:
        made = Pair(executor)
        try:
            for provider, on_cpu in ((made.gpu, False), (made.cpu, True)):
                made.run(provider.initialize())
                assert provider.using_cpu_fallback == on_cpu, provider.fallback_reason
            yield made
        finally:
            made.close()
