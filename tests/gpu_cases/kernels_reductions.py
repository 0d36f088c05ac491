"""Sum, dot product, minimum, maximum, the maximum's index, and prefix sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import also_on_cpu
from ._bounds import (
    BEYOND_ONE_DIMENSION,
    LENGTHS,
    TINY,
    cancelling,
    code_of,
    gamma,
    generator,
    mixed,
    same,
    within,
)

NAN, INF = float("nan"), float("inf")


def levels(count: int, block: int) -> int:
    found = 1
    while count > block:
        count, found = -(-count // block), found + 1
    return found


def sum_bound(values: np.ndarray, roundings: int = 0) -> float:
    """What `ReadyKernels.sum` states; ``roundings`` more for what the terms have of their own."""
    terms = np.abs(values.astype(np.float64))
    return gamma(roundings + 31 * levels(values.size, 4096)) * float(terms.sum()) + 2 * values.size * TINY


@also_on_cpu
async def case_sums_of_any_length_are_within_their_bound(gpu: Any) -> None:
    for count in LENGTHS:
        for values in (mixed(count, seed=count), cancelling(count, seed=count)):
            within(await gpu.kernels.sum(values), values.astype(np.float64).sum(), sum_bound(values))


@also_on_cpu
async def case_the_sum_of_millions_is_within_its_bound(gpu: Any) -> None:
    values = generator().random(BEYOND_ONE_DIMENSION, np.float32)
    within(await gpu.kernels.sum(values), values.sum(dtype=np.float64), sum_bound(values))


@also_on_cpu
async def case_sums_that_cancel_to_nothing_are_exact_in_small_integers(gpu: Any) -> None:
    values = generator().integers(-1000, 1000, 10_000).astype(np.float32)
    values = np.concatenate((values, -values))
    assert await gpu.kernels.sum(values) == 0


@also_on_cpu
async def case_integers_are_summed_in_their_own_type(gpu: Any) -> None:
    for dtype in (np.int32, np.uint32):
        values = generator().integers(0, 2**32, (100, 333), np.uint32).view(dtype)
        total = await gpu.kernels.sum(values)
        assert total == values.sum(dtype=dtype)
        assert total.dtype == dtype


@also_on_cpu
async def case_nan_and_infinities_go_through_sums(gpu: Any) -> None:
    for special, expected in (((NAN,), NAN), ((INF,), INF), ((-INF,), -INF), ((INF, -INF), NAN)):
        values = np.ones(20_000, np.float32)
        values[7 : 7 + 9001 * len(special) : 9001] = special
        same(await gpu.kernels.sum(values), np.float32(expected))
        same(await gpu.kernels.dot(values, np.ones_like(values)), np.float32(expected))


@also_on_cpu
async def case_dot_products_are_within_their_bound(gpu: Any) -> None:
    for count in (1, 255, 8192, 8193, 100_003):
        a, b = mixed(count, seed=3), mixed(count, seed=4)
        products = a.astype(np.float64) * b
        within(await gpu.kernels.dot(a, b), products.sum(), sum_bound(products, 1))
    a, b = cancelling(50_000), generator().standard_normal(50_000, dtype=np.float32)
    a = a[: b.size]
    products = a.astype(np.float64) * b[: a.size]
    within(await gpu.kernels.dot(a, b[: a.size]), products.sum(), sum_bound(products, 1))


@also_on_cpu
async def case_integers_are_multiplied_and_summed_modulo_their_range(gpu: Any) -> None:
    a = generator().integers(-(2**31), 2**31, 9000).astype(np.int32)
    assert await gpu.kernels.dot(a, a) == (a * a).sum(dtype=np.int32)


@also_on_cpu
async def case_sums_and_products_of_nothing_are_zero(gpu: Any) -> None:
    empty = np.zeros(0, np.float32)
    same(await gpu.kernels.sum(empty), np.float32(0))
    same(await gpu.kernels.dot(empty, empty), np.float32(0))
    same(await gpu.kernels.prefix_sum(empty), empty)


@also_on_cpu
async def case_extremes_of_any_length_are_exact(gpu: Any) -> None:
    for count in LENGTHS:
        values = mixed(count, seed=count)
        for array in (values, values.view(np.int32), values.view(np.uint32), values[:: -(1 + count // 3)]):
            assert await gpu.kernels.min(array) == array.min()
            assert await gpu.kernels.max(array) == array.max()
            assert await gpu.kernels.argmax(array) == array.argmax()


@also_on_cpu
async def case_extremes_of_millions_are_exact(gpu: Any) -> None:
    values = generator().standard_normal(BEYOND_ONE_DIMENSION, dtype=np.float32).reshape(1, -1)
    values[0, -1] = 100
    assert await gpu.kernels.argmax(values) == values.size - 1
    assert await gpu.kernels.max(values) == 100
    assert await gpu.kernels.min(values) == values.min()


@also_on_cpu
async def case_nan_wins_over_every_extreme_whatever_its_sign(gpu: Any) -> None:
    values = mixed(20_000)
    values[[1, 2]] = INF, -INF
    for bits in (0x7FC00000, 0xFFC00000, 0x7F800001):
        values.view(np.uint32)[[15_000, 19_000]] = bits
        assert np.isnan(await gpu.kernels.min(values))
        assert np.isnan(await gpu.kernels.max(values))
        assert await gpu.kernels.argmax(values) == 15_000


@also_on_cpu
async def case_infinities_are_extremes(gpu: Any) -> None:
    values = mixed(9000)
    values[[100, 8500]] = INF, -INF
    assert await gpu.kernels.max(values) == INF
    assert await gpu.kernels.min(values) == -INF
    lowest = np.full(300, -INF, np.float32)
    assert await gpu.kernels.max(lowest) == -INF
    assert await gpu.kernels.argmax(lowest) == 0


@also_on_cpu
async def case_the_first_of_equal_maxima_is_found(gpu: Any) -> None:
    for dtype in (np.float32, np.int32, np.uint32):
        values = np.zeros(30_000, dtype)
        assert await gpu.kernels.argmax(values) == 0
        values[[29_999, 8191, 4096, 20_000]] = 7
        assert await gpu.kernels.argmax(values) == 4096
    zeros = np.array([-1, -0.0, 0.0], np.float32)
    assert await gpu.kernels.argmax(zeros) == 1


@also_on_cpu
async def case_nothing_has_no_extremes(gpu: Any) -> None:
    empty = np.zeros(0, np.float32)
    for method in (gpu.kernels.min, gpu.kernels.max, gpu.kernels.argmax):
        assert await code_of(method(empty)) == "WEBGPU_ARGUMENT_INVALID"


@also_on_cpu
async def case_a_reduction_may_stay_on_the_device(gpu: Any) -> None:
    total = await gpu.kernels.sum(np.full(10_000, 2, np.uint32), keep=True)
    assert total.shape == (1,)
    same(await total.read(), np.array([20_000], np.uint32))
    place = await gpu.kernels.argmax(np.arange(10_000, dtype=np.int32), keep=True)
    same(await place.read(), np.array([9999], np.uint32))


def prefix_bound(values: np.ndarray) -> np.ndarray:
    """What `ReadyKernels.prefix_sum` states."""
    return gamma(7 + 40 * levels(values.size, 2048)) * np.abs(values.astype(np.float64)).cumsum() + values.size * TINY


@also_on_cpu
async def case_prefix_sums_of_any_length_are_within_their_bound(gpu: Any) -> None:
    for count in LENGTHS:
        for values in (mixed(count, seed=count), cancelling(count, seed=count)):
            exact = values.astype(np.float64).cumsum()
            bound = prefix_bound(values)
            within(await gpu.kernels.prefix_sum(values), exact, bound)
            before = np.concatenate(([0.0], exact[:-1]))
            within(await gpu.kernels.prefix_sum(values, exclusive=True), before, bound)


@also_on_cpu
async def case_prefix_sums_of_integers_are_exact_and_flat(gpu: Any) -> None:
    for dtype in (np.int32, np.uint32):
        values = generator().integers(0, 2**32, (77, 2049), np.uint32).view(dtype)
        sums = values.cumsum(dtype=dtype)
        same(await gpu.kernels.prefix_sum(values), sums)
        same(await gpu.kernels.prefix_sum(values, exclusive=True), np.concatenate(([0], sums[:-1])).astype(dtype))


@also_on_cpu
async def case_prefix_sums_take_as_many_levels_as_they_need(gpu: Any) -> None:
    ones = np.ones(2048 * 2048 + 1, np.uint32)
    same(await gpu.kernels.prefix_sum(ones), np.arange(1, ones.size + 1, dtype=np.uint32))
    same(await gpu.kernels.prefix_sum(ones, exclusive=True), np.arange(ones.size, dtype=np.uint32))


@also_on_cpu
async def case_what_is_not_finite_stays_in_prefix_sums(gpu: Any) -> None:
    values = np.ones(10_000, np.float32)
    values[5000] = INF
    values[7000] = -INF
    sums = await gpu.kernels.prefix_sum(values)
    same(sums[:5000], np.arange(1, 5001, dtype=np.float32))
    assert (sums[5000:7000] == INF).all()
    assert np.isnan(sums[7000:]).all()
