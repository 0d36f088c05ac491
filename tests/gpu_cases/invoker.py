"""Compute by name, with arguments as text (reference contract, section 4.8), really carried out."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np

from aikernel_web import WebGpuComputeInvoker
from aikernel_web.contracts.capabilities import CapabilityInvocationRequest

from . import also_on_cpu

SCALE = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(8, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 8u;
  if (i < arrayLength(&out)) {
    out[i] = 3.0 * a[i];
  }
}
"""


async def invoke(gpu: Any, operation: str, **arguments: str) -> Any:
    request = CapabilityInvocationRequest("call", "webgpu.compute", operation, arguments, metadata={"from": "a test"})
    return await WebGpuComputeInvoker(gpu).invoke(request)


def encoded(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def decoded(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


@also_on_cpu
async def case_vectors_are_added_by_name(gpu: Any) -> None:
    a = np.arange(1001, dtype=np.float32)
    result = await invoke(gpu, "compute.vector_add", a=encoded(a), b=encoded(2 * a))
    assert result.succeeded, result.error_message
    np.testing.assert_array_equal(decoded(result.metadata["output"]), 3 * a)
    assert result.output_hash == hashlib.sha256((3 * a).tobytes()).hexdigest()
    assert result.metadata["element_count"] == "1001"
    assert result.metadata["from"] == "a test"
    assert result.metadata["backend"] == ("cpu-fallback" if gpu.using_cpu_fallback else "webgpu")


@also_on_cpu
async def case_a_kernel_of_ones_own_is_dispatched_by_name(gpu: Any) -> None:
    a = np.arange(64, dtype=np.float32)
    result = await invoke(
        gpu,
        "compute.dispatch",
        **{"wgsl": SCALE, "x": "2", "y": "2", "buffer.0": encoded(a), "buffer.1.size": "256", "readback": "1,0"},
    )
    assert result.succeeded, result.error_message
    np.testing.assert_array_equal(decoded(result.metadata["output.1"]), 3 * a)
    np.testing.assert_array_equal(decoded(result.metadata["output.0"]), a)
    assert result.output_hash == hashlib.sha256((3 * a).tobytes() + a.tobytes()).hexdigest()


@also_on_cpu
async def case_a_kernel_that_is_none_fails_by_code(gpu: Any) -> None:
    wgsl = SCALE.replace("out[i] =", "out[i] ==")
    result = await invoke(gpu, "compute.dispatch", **{"wgsl": wgsl, "buffer.0": encoded(np.ones(1))})
    assert not result.succeeded
    assert result.error_code == ("CPU_KERNEL_NOT_SUPPORTED" if gpu.using_cpu_fallback else "WGSL_SYNTAX")
    assert result.output_hash is None


@also_on_cpu
async def case_a_kernel_whose_buffers_are_missing_fails_by_code(gpu: Any) -> None:
    result = await invoke(gpu, "compute.dispatch", **{"wgsl": SCALE, "buffer.0": encoded(np.ones(1))})
    assert not result.succeeded
    assert result.error_code == "WEBGPU_BINDING_MISSING"
