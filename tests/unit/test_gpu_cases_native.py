"""The shared cases of GPU compute (tests/gpu_cases) on WebGpuNativeBackend, and on the CPU those that hold there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from gpu_cases import Found, find_cases, run_case
from software_gpu import use_software_gpu

from aikernel_web import CpuComputeProvider, WebGpuComputeProvider, WebGpuNativeBackend
from aikernel_web.compute.settings import WebGpuComputeSettings

CASES = tuple(find_cases())
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs coroutines in one loop, whose thread has no loop of a browser's."""
    runner = asyncio.Runner()
    with ThreadPoolExecutor(1) as executor:
        yield lambda coroutine: executor.submit(runner.run, coroutine).result()
        executor.submit(runner.close).result()


@pytest.fixture(scope="module")
def native(run: Run) -> Iterator[WebGpuComputeProvider]:
    missing = use_software_gpu()
    if missing is not None:
        pytest.skip(missing)
    provider = WebGpuComputeProvider(backend=WebGpuNativeBackend())
    yield provider
    run(provider.shutdown())
    import wgpu  # noqa: PLC0415 - an extra

    gc.collect()
    left = wgpu.diagnostics.object_counts.get_dict()
    assert left["total"]["count"] == 0, left


@pytest.fixture(scope="module", params=["fallback", "cpu"])
def cpu(request: pytest.FixtureRequest) -> WebGpuComputeProvider | CpuComputeProvider:
    if request.param == "cpu":
        return CpuComputeProvider()
    return WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_natively(run: Run, native: WebGpuComputeProvider, case: Found) -> None:
    _tell(run(run_case(native, case.module, case.name)))


@pytest.mark.parametrize("case", [case for case in CASES if case.on_cpu], ids=str)
def test_on_the_cpu(run: Run, cpu: WebGpuComputeProvider | CpuComputeProvider, case: Found) -> None:
    _tell(run(run_case(cpu, case.module, case.name, on_cpu=True)))


def _tell(outcome: tuple[str, str]) -> None:
    if outcome[0] == "skipped":
        pytest.skip(outcome[1])
    if outcome[0] == "failed":
        pytest.fail(outcome[1], pytrace=False)
