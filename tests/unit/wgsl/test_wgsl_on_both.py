"""The CPU's WGSL held against PyPI wgpu's: kernels made by chance, builtins over edge values, published kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from software_gpu import use_software_gpu
from wgsl_builtins import PROBES, Probe
from wgsl_builtins import compared as compared_probe
from wgsl_generator import GeneratedKernel, kernels
from wgsl_generator.inputs import bindings, differences
from wgsl_kernels import alike, find_kernels, results
from wgsl_kernels import compared as compared_kernel
from wgsl_pair import Pair, pair
from wgsl_ready import USES, ByShaders

# Where wgpu has no words for what WGSL has.
NOT_NATIVE = {"kernel_sum_and_maximum_by_subgroups", "kernel_pointers"}
UNHURRIED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    missing = use_software_gpu()
    if missing is not None:
        pytest.skip(missing)
    with pair() as made:
        yield made


async def result_of(provider: Any, kernel: GeneratedKernel) -> dict[str, Any]:
    given_arrays = bindings(kernel.invocations, kernel.record, seed=kernel.invocations)
    return dict(await provider.dispatch(kernel.wgsl, given_arrays, workgroups=kernel.workgroups))


def agree(both: Pair, kernel: GeneratedKernel) -> None:
    ours, theirs = both.run(result_of(both.cpu, kernel)), both.run(result_of(both.gpu, kernel))
    found = differences(ours, theirs)
    assert not found, "\n".join(["the CPU and the GPU do not agree:", *found, kernel.wgsl])


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=UNHURRIED)
@given(kernel=kernels())
def test_kernels_made_by_chance_compute_the_same(both: Pair, kernel: GeneratedKernel) -> None:
    agree(both, kernel)


@pytest.mark.deep
@settings(max_examples=2000, deadline=None, suppress_health_check=UNHURRIED)
@given(kernel=kernels(statements=32))
def test_many_kernels_made_by_chance_compute_the_same(both: Pair, kernel: GeneratedKernel) -> None:
    agree(both, kernel)


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_builtins_compute_the_same_over_edge_values(both: Pair, probe: Probe) -> None:
    wrong = both.run(compared_probe(both.gpu, both.cpu, probe))
    assert not wrong, wrong


@pytest.mark.parametrize(("module", "name"), tuple(find_kernels()))
def test_published_kernels_compute_the_same(both: Pair, module: str, name: str) -> None:
    if name in NOT_NATIVE:
        both.run(results(both.cpu, module, name))
        return
    wrong = both.run(compared_kernel(both.gpu, both.cpu, module, name))
    assert not wrong, wrong


@pytest.mark.parametrize("use", USES)
def test_the_shaders_of_ready_kernels_compute_the_same(both: Pair, use: str) -> None:
    ours, theirs = [np.asarray(both.run(USES[use](ByShaders(gpu)))) for gpu in (both.cpu, both.gpu)]  # type: ignore[arg-type]
    assert alike(ours, theirs), (ours, theirs)
    twin = np.asarray(both.run(USES[use](both.cpu.kernels)))  # type: ignore[arg-type]
    assert alike(ours, twin), (ours, twin)
