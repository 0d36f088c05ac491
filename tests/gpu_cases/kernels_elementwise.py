"""Vector addition, axpy and transposes: ready kernels in which each element has a result of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web.compute.kernels import VECTOR_ADD

from . import also_on_cpu
from ._bounds import BEYOND_ONE_DIMENSION, EPS, LENGTHS, TINY, code_of, generator, mixed, same, within


@also_on_cpu
async def case_vectors_of_any_length_are_added(gpu: Any) -> None:
    for count in LENGTHS:
        a, b = mixed(count, seed=count), mixed(count, seed=count + 1)
        exact = a.astype(np.float64) + b
        within(await gpu.kernels.vector_add(a, b), exact, EPS * np.abs(exact) + TINY)


@also_on_cpu
async def case_more_elements_are_added_than_one_dimension_of_workgroups_reaches(gpu: Any) -> None:
    a = np.arange(BEYOND_ONE_DIMENSION, dtype=np.uint32)
    same(await gpu.kernels.vector_add(a, a), 2 * a)


@also_on_cpu
async def case_integers_wrap_when_they_are_added(gpu: Any) -> None:
    a = np.array([2**31 - 1, -(2**31), -1, 5], np.int32)
    same(await gpu.kernels.vector_add(a, np.ones(4, np.int32)), np.array([-(2**31), -(2**31) + 1, 0, 6], np.int32))
    b = np.array([2**32 - 1, 0], np.uint32)
    same(await gpu.kernels.vector_add(b, b), np.array([2**32 - 2, 0], np.uint32))


@also_on_cpu
async def case_nan_and_infinities_are_added_as_numpy_adds_them(gpu: Any) -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1, -0.0, 3.4e38], np.float32)
    a, b = (array.ravel() for array in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        expected = a + b
    same(await gpu.kernels.vector_add(a, b), expected)


@also_on_cpu
async def case_arrays_of_any_strides_and_byte_order_are_taken(gpu: Any) -> None:
    whole = generator().standard_normal((40, 30), dtype=np.float32)
    for view in (whole[::2, ::-3], whole.T, np.asfortranarray(whole), whole.astype(">f4"), whole[3]):
        same(await gpu.kernels.vector_add(view, view), (view + view).astype(np.float32))
    for view in (whole[::2, ::-3], whole.T, whole[:, :1]):
        same(await gpu.kernels.transpose(view), view.T)


@also_on_cpu
async def case_empty_arrays_have_empty_results(gpu: Any) -> None:
    empty = np.zeros((3, 0), np.float32)
    same(await gpu.kernels.vector_add(empty, empty), empty)
    same(await gpu.kernels.axpy(2, empty, empty), empty)
    same(await gpu.kernels.transpose(empty), empty.T)
    kept = await gpu.kernels.vector_add(empty, empty, keep=True)
    same(await kept.read(), empty)


@also_on_cpu
async def case_axpy_is_within_its_bound(gpu: Any) -> None:
    for count, alpha in ((1, 0.1), (257, -1e10), (100_003, 1 / 3)):
        x, y = mixed(count, seed=1), mixed(count, seed=2)
        product = float(np.float32(alpha)) * x.astype(np.float64)
        bound = EPS * (np.abs(product) + np.abs(product + y)) * (1 + EPS) + 2 * TINY
        within(await gpu.kernels.axpy(alpha, x, y), product + y, bound)


@also_on_cpu
async def case_axpy_that_cancels_is_within_its_bound(gpu: Any) -> None:
    x = generator().standard_normal(5000, dtype=np.float32)
    y = (-np.float32(1.1) * x).astype(np.float32)
    product = float(np.float32(1.1)) * x.astype(np.float64)
    bound = EPS * (np.abs(product) + np.abs(product + y)) * (1 + EPS) + 2 * TINY
    within(await gpu.kernels.axpy(1.1, x, y), product + y, bound)


@also_on_cpu
async def case_matrices_of_any_shape_are_transposed_bit_for_bit(gpu: Any) -> None:
    random = generator()
    for shape in ((1, 1), (1, 100), (100, 1), (31, 33), (32, 32), (65, 257), (1000, 3)):
        floats = random.standard_normal(shape, dtype=np.float32)
        floats.flat[0] = np.nan
        same(await gpu.kernels.transpose(floats), floats.T)
        integers = random.integers(0, 2**32, shape, np.uint32)
        same(await gpu.kernels.transpose(integers), integers.T)
        same(await gpu.kernels.transpose(integers.view(np.int32)), integers.view(np.int32).T)


@also_on_cpu
async def case_results_stay_on_the_device_and_are_operands_again(gpu: Any) -> None:
    a = generator().standard_normal((50, 70), dtype=np.float32)
    once = await gpu.kernels.transpose(a, keep=True)
    assert (once.shape, once.dtype) == ((70, 50), np.dtype(np.float32))
    twice = await gpu.kernels.vector_add(once, once, keep=True)
    same(await gpu.kernels.transpose(twice), 2 * a)
    same(await once.read(), a.T)


@also_on_cpu
async def case_several_operations_are_recorded_in_one_batch(gpu: Any) -> None:
    a = generator().integers(0, 100, 5000).astype(np.int32)
    async with gpu.batch() as batch:
        doubled = await gpu.kernels.vector_add(a, a, batch=batch)
        sums = await gpu.kernels.prefix_sum(doubled, batch=batch)
        ordered = await gpu.kernels.sort(doubled, batch=batch)
        pending = batch.read(sums)
    same(pending.array, np.cumsum(2 * a, dtype=np.int32))
    same(await ordered.read(), np.sort(2 * a))


@also_on_cpu
async def case_an_operation_in_a_batch_sees_what_was_dispatched_before_it(gpu: Any) -> None:
    a = np.arange(100, dtype=np.float32)
    world = await gpu.to_device(a)
    async with gpu.batch() as batch:
        given = a.copy()
        await batch.dispatch(VECTOR_ADD, {"a": given, "b": given, "out": world}, workgroups=2)
        total = await gpu.kernels.sum(world, batch=batch)
        more = await gpu.kernels.vector_add(given, given, batch=batch)
        given[:] = 0
        nothing = await gpu.kernels.sum(a[:0], batch=batch)
    same(await total.read(), np.array([2 * a.sum()], np.float32))
    same(await more.read(), 2 * a)
    same(await nothing.read(), np.zeros(1, np.float32))


@also_on_cpu
async def case_what_is_destroyed_before_its_batch_ends_was_used_as_it_was(gpu: Any) -> None:
    a = np.arange(100, dtype=np.float32)
    world = await gpu.to_device(a)
    async with gpu.batch() as batch:
        doubled = await gpu.kernels.vector_add(world, world, batch=batch)
        out = gpu.empty(100, "f32")
        await batch.dispatch(VECTOR_ADD, {"a": world, "b": doubled, "out": out}, workgroups=2)
        pending = batch.read(doubled)
        world.destroy()
        doubled.destroy()
    same(pending.array, 2 * a)
    same(await out.read(), 3 * a)


@also_on_cpu
async def case_what_does_not_fit_is_refused_by_code(gpu: Any) -> None:
    kernels, one, two = gpu.kernels, np.zeros(1, np.float32), np.zeros(2, np.float32)
    assert await code_of(kernels.vector_add(one, two)) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(kernels.vector_add(one, np.zeros(1, np.int32))) == "WEBGPU_BINDING_DTYPE"
    assert await code_of(kernels.vector_add([1.0], [2.0])) == "WEBGPU_BINDING_DTYPE"
    assert await code_of(kernels.axpy(1, np.zeros(1), np.zeros(1))) == "WEBGPU_BINDING_DTYPE"
    assert await code_of(kernels.transpose(one)) == "WEBGPU_BINDING_SHAPE"
