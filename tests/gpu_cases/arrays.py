"""Arrays that stay on the device."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from aikernel_web.compute.kernels import VECTOR_ADD

from . import also_on_cpu, needs_feature
from .dispatch import COPY, DOUBLE, PACKED, PARTICLES, code_of, moved, particles, raised, raised_now


@also_on_cpu
async def case_an_array_goes_to_the_device_and_comes_back(gpu: Any) -> None:
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    d = await gpu.to_device(data)
    assert (d.shape, d.dtype, d.size, d.nbytes, len(d)) == ((3, 4), np.float32, 12, 48, 3)
    data[:] = 0
    np.testing.assert_array_equal(await d.read(), np.arange(12).reshape(3, 4))


@also_on_cpu
async def case_every_dtype_that_numpy_has_plainly_is_kept(gpu: Any) -> None:
    for dtype in ("f2", "f4", "f8", "i1", "u1", "i2", "i4", "u4", "i8", "c8", "?", ">f4", "S5", PACKED):
        data = np.zeros(7, dtype)
        data.view(np.uint8)[:] = np.arange(data.nbytes, dtype=np.uint8) % (2 if dtype == "?" else 251)
        back = await (await gpu.to_device(data)).read()
        assert back.dtype == data.dtype
        assert back.tobytes() == data.tobytes()
    assert await code_of(gpu.to_device(np.array([object()]))) == "WEBGPU_BINDING_DTYPE"


@also_on_cpu
async def case_empty_is_all_zeros_of_any_shape(gpu: Any) -> None:
    for shape, dtype in ((5, "f32"), ((2, 3), "u32"), ((), np.int32), (0, "f32"), ((4, 0), "i32"), ([3], "f16")):
        e = gpu.empty(shape, dtype)
        back = await e.read()
        assert back.shape == (tuple(shape) if isinstance(shape, tuple | list) else (shape,))
        assert not back.any()
    for shape, dtype, code in ((-1, "f32", "WEBGPU_BINDING_SHAPE"), (1, "f33", "WEBGPU_BINDING_DTYPE")):
        assert raised_now(lambda shape=shape, dtype=dtype: gpu.empty(shape, dtype)).code == code


@also_on_cpu
async def case_parts_are_read_by_rows(gpu: Any) -> None:
    data = np.arange(60, dtype=np.float32).reshape(10, 6)
    d = await gpu.to_device(data)
    np.testing.assert_array_equal(await d.read(start=3), data[3:])
    np.testing.assert_array_equal(await d.read(start=2, count=4), data[2:6])
    assert (await d.read(start=10)).shape == (0, 6)
    out = np.zeros((2, 6), np.float32)
    assert await d.read(out, start=8) is out
    np.testing.assert_array_equal(out, data[8:])
    for start, count in ((-1, None), (11, None), (5, 6), (0, -1)):
        assert await code_of(d.read(start=start, count=count), "10") == "WEBGPU_ARRAY_RANGE"
    assert await code_of(d.read(np.zeros(60)), "float64") == "WEBGPU_BINDING_DTYPE"
    assert await code_of(d.read(np.zeros(59, np.float32)), "60") == "WEBGPU_BINDING_SHAPE"
    assert await code_of(d.read(np.zeros((10, 12), np.float32)[:, ::2])) == "WEBGPU_BINDING_SHAPE"


@also_on_cpu
async def case_parts_need_not_begin_at_whole_words(gpu: Any) -> None:
    data = np.arange(23).astype(np.uint8)
    d = await gpu.to_device(data)
    for start, count in ((1, 1), (1, 6), (2, 21), (3, 4), (22, 1)):
        np.testing.assert_array_equal(await d.read(start=start, count=count), data[start : start + count])
    for start, count in ((1, 1), (5, 7), (20, 3), (21, 2)):
        data[start : start + count] = 100 + start
        await d.write(data[start : start + count], start)
        np.testing.assert_array_equal(await d.read(), data)


@also_on_cpu
async def case_parts_are_written_by_rows(gpu: Any) -> None:
    d = gpu.empty((4, 3))
    await d.write(np.ones((2, 3), np.float32), 1)
    await d.write(np.full(3, 7, np.float32), 3)
    assert (await d.read()).tolist() == [[0] * 3, [1] * 3, [1] * 3, [7] * 3]
    assert await code_of(d.write(np.ones((2, 3), np.float32), 3), "4") == "WEBGPU_ARRAY_RANGE"
    assert await code_of(d.write(np.ones((1, 3))), "float64") == "WEBGPU_BINDING_DTYPE"
    assert await code_of(d.write(np.ones((1, 2), np.float32)), "(3,)") == "WEBGPU_BINDING_SHAPE"
    whole = await gpu.to_device(np.float32(3))
    assert whole.shape == ()
    await whole.write(np.float32(4))
    assert (await whole.read()) == 4


@also_on_cpu
async def case_results_stay_on_the_device_and_are_inputs_of_the_next(gpu: Any) -> None:
    a = await gpu.to_device(np.arange(100, dtype=np.float32))
    out = gpu.empty(100)
    result = await gpu.dispatch(
        VECTOR_ADD, {"a": a, "b": np.ones(100, np.float32), "out": out}, workgroups=2, keep=True
    )
    assert result["out"] is out
    second = {"a": out, "b": a, "out": np.zeros(100, np.float32)}
    result = await gpu.dispatch(VECTOR_ADD, second, workgroups=2, keep=True)
    np.testing.assert_array_equal(await result["out"].read(), 2 * np.arange(100) + 1)
    result = await gpu.dispatch(VECTOR_ADD, {"a": out, "b": out, "out": gpu.empty(100)}, workgroups=2)
    np.testing.assert_array_equal(result["out"], 2 * np.arange(100) + 2)


@also_on_cpu
async def case_a_kept_result_in_the_shaders_layout_is_read_in_the_hosts(gpu: Any) -> None:
    shader = COPY.replace("TYPE", "vec3<f32>")
    source = np.arange(30, dtype=np.float32).reshape(10, 3)
    kept = (await gpu.dispatch(shader, {"source": source, "target_": np.zeros_like(source)}, workgroups=1, keep=True))[
        "target_"
    ]
    assert kept.shape == (10, 3)
    np.testing.assert_array_equal(await kept.read(), source)
    np.testing.assert_array_equal(await kept.read(start=2, count=3), source[2:5])
    source[4] = 9
    await kept.write(source[4:5], 4)
    again = await gpu.dispatch(shader, {"source": kept, "target_": np.zeros_like(source)}, workgroups=1)
    np.testing.assert_array_equal(again["target_"], source)
    refused = gpu.dispatch(DOUBLE, {"data": kept}, workgroups=1)
    assert await code_of(refused, "'data'", "array<f32>") == "WEBGPU_BINDING_SHAPE"


@also_on_cpu
async def case_a_device_array_must_have_the_shaders_layout(gpu: Any) -> None:
    shader = COPY.replace("TYPE", "vec3<f32>")
    dense = await gpu.to_device(np.zeros((10, 3), np.float32))
    refused = gpu.dispatch(shader, {"source": dense, "target_": np.zeros((10, 3), np.float32)}, workgroups=1)
    assert await code_of(refused, "'source'", "vec3<f32>", "dtype") == "WEBGPU_BINDING_SHAPE"
    kernel = await gpu.compile(PARTICLES)
    before = particles(10)
    padded = await gpu.to_device(before.astype(kernel.bindings["before"].dtype))
    packed = await gpu.to_device(before)
    bindings = {"after": np.zeros(10, PACKED), "change": (2, 10, (1, 2, 3))}
    refused = gpu.dispatch(kernel, bindings | {"before": packed}, workgroups=1)
    assert await code_of(refused, "'before'") == "WEBGPU_BINDING_SHAPE"
    # A matrix of three rows has no dtype that is as the shader has it: what a kernel has written is.
    refused = gpu.dispatch(kernel, bindings | {"before": padded}, workgroups=1)
    assert await code_of(refused, "'before'") == "WEBGPU_BINDING_SHAPE"
    kept = await gpu.dispatch(kernel, bindings | {"before": before}, workgroups=1, keep=True)
    np.testing.assert_array_equal(await kept["after"].read(), moved(before))


@also_on_cpu
async def case_a_destroyed_array_says_so(gpu: Any) -> None:
    d = await gpu.to_device(np.ones(4, np.float32))
    d.destroy()
    d.destroy()
    assert await code_of(d.read()) == "WEBGPU_ARRAY_DESTROYED"
    assert await code_of(d.write(np.ones(4, np.float32))) == "WEBGPU_ARRAY_DESTROYED"
    refused = gpu.dispatch(VECTOR_ADD, {"a": d, "b": np.ones(4, np.float32), "out": gpu.empty(4)}, workgroups=1)
    assert await code_of(refused) == "WEBGPU_ARRAY_DESTROYED"


@also_on_cpu
async def case_an_array_is_no_numpy_array_by_accident(gpu: Any) -> None:
    d = await gpu.to_device(np.ones(4, np.float32))
    assert "read" in str(raised_now(lambda: np.asarray(d), TypeError))


async def case_memory_of_what_nobody_has_is_given_back(gpu: Any) -> None:
    await gpu.synchronize()
    keep = await gpu.to_device(np.zeros(64, np.float32))
    await keep.read()
    before = gpu.counts()
    for _ in range(50):
        d = await gpu.to_device(np.zeros(1 << 18, np.float32))
        await gpu.dispatch(DOUBLE, {"data": d}, workgroups=1, keep=True)
    del d
    gc.collect()
    await keep.read()
    after = gpu.counts()
    assert after["buffers"] == before["buffers"], (before, after)
    assert after["bytes"] == before["bytes"]


async def case_much_that_is_dropped_is_freed_without_a_dispatch(gpu: Any) -> None:
    before = gpu.counts()["bytes"]
    for _ in range(40):
        await gpu.to_device(np.zeros(1 << 20, np.float32))
    assert gpu.counts()["bytes"] <= before + (100 << 20)


@also_on_cpu
async def case_an_array_of_another_provider_is_refused(gpu: Any) -> None:
    from aikernel_web import WebGpuComputeProvider  # noqa: PLC0415

    other = WebGpuComputeProvider()
    theirs = await other.to_device(np.ones(4, np.float32))
    refused = gpu.dispatch(DOUBLE, {"data": theirs}, workgroups=1)
    assert await code_of(refused) == "WEBGPU_ARRAY_FOREIGN"
    kernel = await other.compile(DOUBLE)
    result = await gpu.dispatch(kernel, {"data": np.ones(4, np.float32)}, workgroups=1)
    assert result["data"].tolist() == [2.0] * 4


@also_on_cpu
async def case_a_write_does_not_reach_what_was_submitted_before(gpu: Any) -> None:
    d = await gpu.to_device(np.ones(1000, np.float32))
    out = gpu.empty(1000)
    for value in range(2, 6):
        await gpu.dispatch(VECTOR_ADD, {"a": d, "b": d, "out": out}, workgroups=16, keep=True)
        await d.write(np.full(1000, value, np.float32))
    np.testing.assert_array_equal(await out.read(), np.full(1000, 8))


async def case_an_array_that_is_too_large_names_the_limit(gpu: Any) -> None:
    most = gpu.info.limits["maxBufferSize"]
    if most > 1 << 31:
        return
    error = await raised(gpu.to_device(np.zeros(most // 4 + 1, np.float32)))
    assert error.code == "WEBGPU_LIMIT_EXCEEDED"
    assert "maxBufferSize" in str(error)
    assert str(most) in str(error)


@also_on_cpu
@needs_feature("shader-f16")
async def case_half_precision_arrays_are_inputs(gpu: Any) -> None:
    d = await gpu.to_device(np.arange(7).astype(np.float16))
    shader = "enable f16;\n" + DOUBLE.replace("f32", "f16").replace("2.0", "2.0h")
    result = await gpu.dispatch(shader, {"data": d}, workgroups=1)
    assert result["data"].tolist() == [0, 2, 4, 6, 8, 10, 12]


@also_on_cpu
async def case_vectors_are_added_as_arrays(gpu: Any) -> None:
    a = np.arange(1001, dtype=np.float32)
    np.testing.assert_array_equal(await gpu.vector_add(a, a), 2 * a)
    kept = await gpu.vector_add(await gpu.to_device(a), a, keep=True)
    np.testing.assert_array_equal(await kept.read(), 2 * a)
