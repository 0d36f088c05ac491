"""Matrix products and convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from . import also_on_cpu, needs_feature
from ._bounds import TINY, cancelling, code_of, gamma, generator, mixed, same, within

SHAPES = ((1, 1, 1), (1, 300, 1), (3, 1, 5), (64, 64, 64), (63, 65, 7), (65, 8, 129), (128, 9, 64), (130, 257, 67))


async def check_product(gpu: Any, a: np.ndarray, b: np.ndarray) -> None:
    wide = a.astype(np.float64), b.astype(np.float64)
    bound = gamma(a.shape[1]) * (np.abs(wide[0]) @ np.abs(wide[1])) + 2 * a.shape[1] * TINY
    within(await gpu.kernels.matmul(a, b), wide[0] @ wide[1], bound)


@also_on_cpu
async def case_matrices_of_any_shape_are_multiplied_within_the_bound(gpu: Any) -> None:
    random = generator()
    for rows, inner, columns in SHAPES:
        a = random.standard_normal((rows, inner), dtype=np.float32)
        b = random.standard_normal((inner, columns), dtype=np.float32)
        await check_product(gpu, a, b)


@also_on_cpu
async def case_products_of_huge_and_small_numbers_are_within_the_bound(gpu: Any) -> None:
    await check_product(gpu, mixed(70 * 90).reshape(70, 90), mixed(90 * 80, seed=1).reshape(90, 80))


@also_on_cpu
async def case_products_that_cancel_are_within_the_bound(gpu: Any) -> None:
    a = np.stack([cancelling(512, seed=row) for row in range(20)])
    await check_product(gpu, a, np.ones((a.shape[1], 33), np.float32))


@also_on_cpu
async def case_matrices_of_any_strides_are_multiplied(gpu: Any) -> None:
    random = generator()
    a = random.standard_normal((90, 70), dtype=np.float32)
    b = random.standard_normal((70, 90), dtype=np.float32)
    await check_product(gpu, a.T, b.T)
    await check_product(gpu, a[::3, ::-2], b[::-2, 5::7])


@also_on_cpu
async def case_nan_and_infinities_go_through_products(gpu: Any) -> None:
    a = np.ones((66, 70), np.float32)
    b = np.ones((70, 66), np.float32)
    a[0, 3], a[65, 69], b[4, 65] = np.nan, np.inf, -np.inf
    with np.errstate(all="ignore"):
        expected = a @ b
    same(await gpu.kernels.matmul(a, b), expected)


@also_on_cpu
async def case_a_product_over_nothing_is_zero_and_one_of_nothing_is_empty(gpu: Any) -> None:
    same(
        await gpu.kernels.matmul(np.ones((3, 0), np.float32), np.ones((0, 2), np.float32)), np.zeros((3, 2), np.float32)
    )
    same(
        await gpu.kernels.matmul(np.ones((0, 3), np.float32), np.ones((3, 2), np.float32)), np.zeros((0, 2), np.float32)
    )


@also_on_cpu
@needs_feature("shader-f16")
async def case_half_floats_are_multiplied_and_summed_in_float32(gpu: Any) -> None:
    random = generator()
    for rows, inner, columns in SHAPES:
        a = random.standard_normal((rows, inner)).astype(np.float16)
        b = random.standard_normal((inner, columns)).astype(np.float16)
        wide = a.astype(np.float64), b.astype(np.float64)
        exact = wide[0] @ wide[1]
        bound = (
            (gamma(inner) * (np.abs(wide[0]) @ np.abs(wide[1]))) * (1 + 2.0**-10) + 2.0**-10 * np.abs(exact) + 2.0**-24
        )
        result = await gpu.kernels.matmul(a, b)
        assert result.dtype == np.float16
        within(result, exact, bound)
    # 4096 is where float16 no longer counts one by one.
    ones = np.ones((1, 6000), np.float16)
    assert await gpu.kernels.matmul(ones, ones.T) == 6000


async def case_half_floats_are_refused_by_a_device_without_them(gpu: Any) -> None:
    if "shader-f16" not in gpu.info.features:
        ones = np.ones((2, 2), np.float16)
        assert await code_of(gpu.kernels.matmul(ones, ones)) == "WEBGPU_FEATURE_MISSING"


@also_on_cpu
async def case_matrices_that_do_not_fit_are_refused_by_code(gpu: Any) -> None:
    a = np.ones((2, 3), np.float32)
    assert await code_of(gpu.kernels.matmul(a, a)) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(gpu.kernels.matmul(a, a[0])) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(gpu.kernels.matmul(a, a.T.astype(np.float16))) == "WEBGPU_BINDING_DTYPE"
    assert await code_of(gpu.kernels.matmul(a.astype(np.int32), a.T.astype(np.int32))) == "WEBGPU_BINDING_DTYPE"


def convolution(image: np.ndarray, kernel: np.ndarray, mode: str, stride: int) -> np.ndarray:
    """In float64, from windows: channels before, outputs first."""
    height, width = kernel.shape[-2:]
    if mode == "same":
        above, before = height // 2, width // 2
        image = np.pad(image, ((0, 0), (above, height - 1 - above), (before, width - 1 - before)))
    if image.shape[-2] < height or image.shape[-1] < width:
        shape = (max(0, image.shape[-2] - height + 1), max(0, image.shape[-1] - width + 1))
        return np.zeros((kernel.shape[0], *shape))[:, ::stride, ::stride]
    windows = sliding_window_view(image.astype(np.float64), (height, width), axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, kernel.astype(np.float64))[:, ::stride, ::stride]


async def check_convolution(gpu: Any, image: np.ndarray, kernel: np.ndarray, mode: str, stride: int) -> None:
    terms = kernel[0].size
    bound = gamma(terms) * convolution(np.abs(image), np.abs(kernel), mode, stride) + 2 * terms * TINY
    exact = convolution(image, kernel, mode, stride)
    within(await gpu.kernels.conv2d(image, kernel, mode=mode, stride=stride), exact, bound)
    turned = kernel[..., ::-1, ::-1]
    within(await gpu.kernels.conv2d(image, turned, mode=mode, stride=stride, flip=True), exact, bound)


@also_on_cpu
async def case_convolutions_of_all_modes_and_strides_are_within_the_bound(gpu: Any) -> None:
    for image_shape, kernel_shape in (
        ((1, 1, 1), (1, 1, 1, 1)),
        ((1, 20, 31), (1, 1, 3, 3)),
        ((3, 17, 9), (4, 3, 4, 2)),
        ((2, 5, 5), (1, 2, 5, 5)),
        ((1, 3, 40), (2, 1, 1, 7)),
        ((1, 4, 4), (1, 1, 6, 3)),
    ):
        image = mixed(int(np.prod(image_shape)), seed=1).reshape(image_shape)
        kernel = generator().standard_normal(kernel_shape, dtype=np.float32)
        for mode in ("valid", "same"):
            for stride in (1, 2, 3):
                await check_convolution(gpu, image, kernel, mode, stride)


@also_on_cpu
async def case_an_image_without_channels_has_a_result_without(gpu: Any) -> None:
    image = generator().integers(0, 9, (30, 40)).astype(np.float32)
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], np.float32)
    expected = convolution(image[None], kernel[None, None], "same", 1)[0]
    same(await gpu.kernels.conv2d(image[:, ::-1], kernel[:, ::-1], mode="same"), expected[:, ::-1].astype(np.float32))


@also_on_cpu
async def case_a_row_convolved_with_a_row_is_what_numpy_convolves(gpu: Any) -> None:
    row, weights = np.arange(1, 12, dtype=np.float32), np.array([1, 10, 100, 1000], np.float32)
    for mode in ("valid", "same"):
        result = await gpu.kernels.conv2d(row[None], weights[None], mode=mode, flip=True)
        same(result[0], np.convolve(row, weights, mode))


@also_on_cpu
async def case_images_and_kernels_that_do_not_fit_are_refused_by_code(gpu: Any) -> None:
    image = np.ones((2, 5, 5), np.float32)
    conv2d = gpu.kernels.conv2d
    assert await code_of(conv2d(image, np.ones((3, 3), np.float32))) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(conv2d(image, np.ones((1, 3, 3, 3), np.float32))) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(conv2d(image[0], np.ones((0, 3), np.float32))) == "WEBGPU_BINDING_SHAPE"
    assert await code_of(conv2d(image[0], image[0], mode="full")) == "WEBGPU_ARGUMENT_INVALID"
    assert await code_of(conv2d(image[0], image[0], stride=0)) == "WEBGPU_ARGUMENT_INVALID"
