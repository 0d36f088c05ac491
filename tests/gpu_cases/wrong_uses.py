"""What a person gets wrong first: each is refused with a code before anything runs, in words that say what to do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from aikernel_web.compute.kernels import VECTOR_ADD

from . import also_on_cpu
from .dispatch import DOUBLE, code_of

ONES = np.ones(4, np.float32)
THREE = {"a": ONES, "b": ONES, "out": ONES}


@also_on_cpu
async def case_bindings_that_are_no_dict_are_refused_the_second_time_too(gpu: Any) -> None:
    given: Any = [ONES, ONES, ONES]
    for _ in range(2):
        refused = gpu.dispatch(VECTOR_ADD, given, workgroups=1, keep=True)
        assert await code_of(refused, "a, b, out", "list was given") == "WEBGPU_BINDING_MISSING"
        await gpu.dispatch(VECTOR_ADD, THREE, workgroups=1, keep=True)


@also_on_cpu
async def case_a_variable_that_nothing_uses_is_to_be_left_out(gpu: Any) -> None:
    shader = f"@group(0) @binding(1) var<uniform> scale: f32;\n{DOUBLE}"
    refused = gpu.dispatch(shader, {"data": ONES, "scale": 2.0}, workgroups=1)
    assert await code_of(refused, "'scale'", "no entry point uses it", "leave it out") == "WEBGPU_BINDING_UNKNOWN"
    assert (await gpu.dispatch(shader, {"data": ONES}, workgroups=1))["data"].tolist() == [2.0] * 4


@also_on_cpu
async def case_constants_and_entries_of_wrong_types_are_refused(gpu: Any) -> None:
    shader = f"override factor: f32;\n{DOUBLE}"
    for wrong, part in (([1], "dict"), (3, "dict"), ({"factor": [1]}, "a number"), ({"factor": "x"}, "a number")):
        refused = gpu.dispatch(shader, {"data": ONES}, workgroups=1, constants=wrong)
        assert await code_of(refused, part) == "WEBGPU_CONSTANT_INVALID"
    refused = gpu.dispatch(shader, {"data": ONES}, workgroups=1, entry=["main"])
    assert await code_of(refused, "['main']") == "WEBGPU_ENTRY_UNKNOWN"


@also_on_cpu
async def case_a_shader_that_is_no_text_is_refused(gpu: Any) -> None:
    for wrong in (None, b"", [VECTOR_ADD]):
        refused = gpu.dispatch(wrong, THREE, workgroups=1)
        assert await code_of(refused, type(wrong).__name__) == "COMPUTE_KERNEL_SOURCE_REQUIRED"


@also_on_cpu
async def case_a_time_limit_is_a_time(gpu: Any) -> None:
    for wrong in (0, -1, math.nan, "2"):
        refused = gpu.dispatch(VECTOR_ADD, THREE, workgroups=1, time_limit=wrong)
        assert await code_of(refused, repr(wrong), "seconds") == "WEBGPU_ARGUMENT_INVALID"
    for right in (math.inf, np.float32(60)):
        result = await gpu.dispatch(VECTOR_ADD, THREE, workgroups=1, time_limit=right)
        assert result["out"].tolist() == [2.0] * 4


@also_on_cpu
async def case_progress_is_a_function_that_returns(gpu: Any) -> None:
    async def later(done: int, count: int) -> None:
        raise AssertionError(done, count)

    for wrong in (3, later):
        refused = gpu.dispatch(VECTOR_ADD, THREE, workgroups=1, progress=wrong)
        assert await code_of(refused, "progress") == "WEBGPU_ARGUMENT_INVALID"


@also_on_cpu
async def case_a_batch_is_entered_once_and_reads_device_arrays(gpu: Any) -> None:
    async def read(array: Any) -> None:
        async with gpu.batch() as batch:
            batch.read(array)

    assert await code_of(read(ONES), "ndarray") == "WEBGPU_ARGUMENT_INVALID"
    batch = gpu.batch()
    async with batch:
        pass
    assert await code_of(batch.__aenter__(), "once") == "WEBGPU_BATCH_CLOSED"


@also_on_cpu
async def case_an_array_is_read_into_an_array(gpu: Any) -> None:
    array = await gpu.to_device(ONES)
    assert await code_of(array.read(out=[]), "list", "NumPy array") == "WEBGPU_BINDING_DTYPE"


@also_on_cpu
async def case_only_what_has_a_height_and_a_width_is_shown(gpu: Any) -> None:
    array = await gpu.to_device(np.zeros(4, np.uint32))
    assert await code_of(gpu.show(array, None), "(4,)", "height") == "WEBGPU_BINDING_SHAPE"


@also_on_cpu
async def case_ready_kernels_take_numbers_where_numbers_belong(gpu: Any) -> None:
    kernels = gpu.kernels
    world = np.zeros((3, 3), np.uint32)
    for refused, parts in (
        (kernels.axpy(ONES, ONES, ONES), ("alpha", "a number")),
        (kernels.histogram(ONES, 1.5, (0, 1)), ("bins", "1.5", "a whole number")),
        (kernels.histogram(ONES, 2, 1), ("bounds", "two numbers")),
        (kernels.mandelbrot(100), ("shape", "100", "two numbers")),
        (kernels.mandelbrot((4, 4), center=(1, 2)), ("center", "(1, 2)")),
        (kernels.life(world, steps=1.5), ("steps", "a whole number")),
        (kernels.conv2d(ONES.reshape(2, 2), ONES.reshape(2, 2), stride=0.5), ("stride", "a whole number")),
    ):
        assert await code_of(refused, *parts) == "WEBGPU_ARGUMENT_INVALID"
