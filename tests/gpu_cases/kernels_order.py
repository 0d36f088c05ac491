"""Sorting and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import also_on_cpu
from ._bounds import BEYOND_ONE_DIMENSION, LENGTHS, code_of, generator, mixed, same


@also_on_cpu
async def case_vectors_of_any_length_are_sorted(gpu: Any) -> None:
    for count in LENGTHS:
        values = mixed(count, seed=count)
        for array in (values, values.view(np.int32), values.view(np.uint32)):
            same(await gpu.kernels.sort(array), np.sort(array))


@also_on_cpu
async def case_hundreds_of_thousands_are_sorted(gpu: Any) -> None:
    values = generator().integers(0, 2**32, 2**18 + 1, np.uint32)
    same(await gpu.kernels.sort(values), np.sort(values))


@also_on_cpu
async def case_orders_that_are_hard_for_sorting_are_sorted(gpu: Any) -> None:
    ramp = np.arange(5000, dtype=np.int32)
    for values in (ramp, ramp[::-1], np.zeros_like(ramp), ramp % 2, np.where(ramp % 1024, ramp, -ramp)):
        same(await gpu.kernels.sort(values), np.sort(values))
    greatest = np.array([2**32 - 1, 0, 2**31, 2**31 - 1, 2**32 - 1] * 500, np.uint32)
    same(await gpu.kernels.sort(greatest), np.sort(greatest))


@also_on_cpu
async def case_nan_comes_last_behind_infinity(gpu: Any) -> None:
    for count in (10, 3000):
        values = mixed(count)
        values[:6] = np.nan, -np.inf, np.inf, -0.0, 0.0, 1e-45
        values.view(np.uint32)[6] = 0xFFC00001
        result = await gpu.kernels.sort(values)
        expected = np.sort(values)
        same(result, expected)
        assert np.isnan(result[-2:]).all()


@also_on_cpu
async def case_subnormal_numbers_are_sorted_by_their_bits(gpu: Any) -> None:
    values = generator().integers(0, 2**23, 2000, np.uint32).view(np.float32)
    same((await gpu.kernels.sort(values)).view(np.uint32), np.sort(values).view(np.uint32))


@also_on_cpu
async def case_nothing_is_sorted_and_only_vectors_are(gpu: Any) -> None:
    same(await gpu.kernels.sort(np.zeros(0, np.int32)), np.zeros(0, np.int32))
    assert await code_of(gpu.kernels.sort(np.zeros((2, 2), np.int32))) == "WEBGPU_BINDING_SHAPE"


@also_on_cpu
async def case_an_operand_is_left_as_it_was(gpu: Any) -> None:
    values = mixed(3000)
    kept = await gpu.to_device(values)
    same(await gpu.kernels.sort(kept), np.sort(values))
    same(await kept.read(), values)


def counted(values: np.ndarray, bins: int, bounds: tuple[float, float]) -> np.ndarray:
    """By the definition: a bin has its lower edge, the last both."""
    edges = np.linspace(*bounds, bins + 1, dtype=np.float32)
    flat = values.ravel()
    inside = flat[(flat >= edges[0]) & (flat <= edges[-1])]
    places = np.minimum(np.searchsorted(edges, inside, "right") - 1, bins - 1)
    return np.bincount(places, minlength=bins).astype(np.uint32)


@also_on_cpu
async def case_histograms_are_numpys_own(gpu: Any) -> None:
    for count in LENGTHS:
        values = generator(count).standard_normal(count, dtype=np.float32)
        for bins in (1, 7, 256):
            counts = await gpu.kernels.histogram(values, bins, (-2, 2.5))
            same(counts, np.histogram(values, bins, (-2, 2.5))[0].astype(np.uint32))


@also_on_cpu
async def case_values_on_and_beside_the_edges_are_counted_exactly(gpu: Any) -> None:
    for bins, bounds in ((10, (0, 1)), (49, (-0.1, 0.7)), (2048, (-1e-3, 3e4)), (2049, (0, 3)), (5000, (1, 1.5))):
        edges = np.linspace(*bounds, bins + 1, dtype=np.float32)
        values = np.concatenate((edges, np.nextafter(edges, np.float32(-9e9)), np.nextafter(edges, np.float32(9e9))))
        same(await gpu.kernels.histogram(values, bins, bounds), counted(values, bins, bounds))


@also_on_cpu
async def case_a_range_narrower_than_its_bins_is_counted_exactly(gpu: Any) -> None:
    values = np.float32(1) + np.arange(9, dtype=np.float32) * np.float32(2**-23)
    bounds = (1, 1 + 4 * 2**-23)
    same(await gpu.kernels.histogram(values, 64, bounds), counted(values, 64, bounds))


@also_on_cpu
async def case_what_is_nan_or_outside_is_not_counted(gpu: Any) -> None:
    values = np.array([np.nan, -np.inf, np.inf, -1, 0, 0.5, 1, 2, 3e38], np.float32)
    values.view(np.uint32)[0] = 0xFFC00000
    same(await gpu.kernels.histogram(values, 2, (0, 1)), np.array([1, 2], np.uint32))
    widest = await gpu.kernels.histogram(values, 4, (-3.4e38, 3.4e38))
    same(widest, np.array([0, 1, 4, 1], np.uint32))


@also_on_cpu
async def case_millions_in_one_bin_are_counted(gpu: Any) -> None:
    values = np.full((3, BEYOND_ONE_DIMENSION // 3), 0.5, np.float32)
    for bins in (3, 3000):
        counts = await gpu.kernels.histogram(values, bins, (0, 1))
        assert counts[bins // 2] == values.size
        assert counts.sum() == values.size


@also_on_cpu
async def case_nothing_is_counted_in_bins_of_zero(gpu: Any) -> None:
    same(await gpu.kernels.histogram(np.zeros(0, np.float32), 3, (0, 1)), np.zeros(3, np.uint32))
    one = np.zeros(1, np.float32)
    for bins, bounds in ((0, (0, 1)), (1, (1, 1)), (1, (2, 1)), (1, (0, np.inf)), (1, (np.nan, 1))):
        assert await code_of(gpu.kernels.histogram(one, bins, bounds)) == "WEBGPU_ARGUMENT_INVALID"
