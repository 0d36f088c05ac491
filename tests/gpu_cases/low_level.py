"""The contract's buffers on a real device (reference contract, sections 4.1 and 4.6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web import ComputeKernel, DisposedError, KernelError

from . import also_on_cpu
from .dispatch import DOUBLE, code_of, raised


async def filled(gpu: Any, data: bytes) -> Any:
    """Return a buffer with ``data``."""
    buffer = await gpu.create_buffer(len(data))
    await gpu.write_buffer(buffer, data)
    return buffer


async def contents(gpu: Any, buffer: Any) -> bytes:
    """Return what a buffer holds."""
    out = bytearray(buffer.size)
    await gpu.read_buffer(buffer, out)
    return bytes(out)


@also_on_cpu
async def case_buffers_of_any_size_begin_as_zeros_and_keep_what_is_written(gpu: Any) -> None:
    for size in (0, 1, 3, 4, 5, 1023, 4096):
        buffer = await gpu.create_buffer(size)
        assert await contents(gpu, buffer) == bytes(size)
        data = bytes(i % 251 for i in range(size))
        await gpu.write_buffer(buffer, data)
        assert await contents(gpu, buffer) == data
        if size > 2:
            await gpu.write_buffer(buffer, b"\xff\xfe")
            assert await contents(gpu, buffer) == b"\xff\xfe" + data[2:]


async def case_a_kernel_runs_over_buffers_and_the_hosts_store_is_current_after_a_read(gpu: Any) -> None:
    buffer = await filled(gpu, np.arange(64, dtype=np.float32).tobytes())
    await gpu.execute_kernel(ComputeKernel(DOUBLE, 1), buffer)
    assert np.frombuffer(buffer.as_memory(), np.float32)[3] == 3
    expected = (2 * np.arange(64, dtype=np.float32)).tobytes()
    assert await contents(gpu, buffer) == expected
    assert bytes(buffer.as_memory()) == expected


@also_on_cpu
async def case_a_part_is_written_over_what_a_kernel_wrote(gpu: Any) -> None:
    buffer = await filled(gpu, np.ones(64, np.float32).tobytes())
    await gpu.execute_kernel(ComputeKernel(DOUBLE, 1), buffer)
    await gpu.write_buffer(buffer, b"\0\0\0")
    expected = bytearray(np.full(64, 2, np.float32).tobytes())
    expected[:3] = b"\0\0\0"
    assert await contents(gpu, buffer) == bytes(expected)


@also_on_cpu
async def case_only_what_the_kernel_uses_is_bound(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read> unused: array<f32>;
    @group(0) @binding(2) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(1) fn main() { out[0] = 7u; }
    """
    buffers = [await gpu.create_buffer(size) for size in (0, 1, 4)]
    await gpu.execute_kernel(ComputeKernel(shader, 1), *buffers)
    assert await contents(gpu, buffers[2]) == b"\7\0\0\0"


@also_on_cpu
async def case_buffers_that_do_not_fit_are_refused(gpu: Any) -> None:
    kernel = ComputeKernel(DOUBLE, 1)
    assert await code_of(gpu.execute_kernel(kernel), "'data'", "binding 0") == "WEBGPU_BINDING_MISSING"
    empty = await gpu.create_buffer(0)
    assert await code_of(gpu.execute_kernel(kernel, empty), "'data'", "4 bytes") == "WEBGPU_BINDING_SIZE"
    shader = """
    @group(0) @binding(0) var<storage, read> a: array<u32>;
    @group(0) @binding(1) var<storage, read_write> b: array<u32>;
    @compute @workgroup_size(1) fn main() { b[0] = a[0]; }
    """
    one = await gpu.create_buffer(4)
    assert await code_of(gpu.execute_kernel(ComputeKernel(shader, 1), one, one), "'a'") == "WEBGPU_BINDING_ALIASED"
    error = await raised(gpu.execute_kernel(ComputeKernel("fn main( {}", 1), one), KernelError)
    # The contract has a code of its own for what the CPU does not run.
    assert error.code == ("CPU_KERNEL_NOT_SUPPORTED" if gpu.using_cpu_fallback else "WGSL_SYNTAX")
    assert "1:10: " in str(error)


@also_on_cpu
async def case_a_disposed_buffer_is_refused(gpu: Any) -> None:
    buffer = await filled(gpu, bytes(4))
    buffer.dispose()
    for use in (contents(gpu, buffer), gpu.write_buffer(buffer, bytes(4))):
        assert (await raised(use, KernelError)).code == "COMPUTE_BUFFER_DISPOSED"
        assert issubclass(DisposedError, KernelError)


@also_on_cpu
async def case_workgroups_beyond_a_dimension_are_spread(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> count: atomic<u32>;
    @compute @workgroup_size(1) fn main() { atomicAdd(&count, 1u); }
    """
    buffer = await gpu.create_buffer(4)
    await gpu.execute_kernel(ComputeKernel(shader, 70_001), buffer)
    assert int.from_bytes(await contents(gpu, buffer), "little") == 70_001
