"""Ready kernels in WGSL (reference contract, sections 4.2 and 4.10)."""

from __future__ import annotations

from ..contracts.compute import ComputeKernel
from ..contracts.errors import InvalidArgumentError

VECTOR_ADD = """\
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i < arrayLength(&out)) {
    out[i] = a[i] + b[i];
  }
}
"""
"""``out = a + b`` over float32; what lies beyond the end of the arrays is left alone."""


def create_vector_add(element_count: int, workgroup_size: int = 64) -> ComputeKernel:
    """Return the kernel that adds ``element_count`` float32 elements: buffers a, b, out.

    Raises `InvalidArgumentError` with ``COMPUTE_KERNEL_DISPATCH_INVALID`` where either number is below 1.
    """
    if element_count < 1 or workgroup_size < 1:
        message = f"{element_count} elements in workgroups of {workgroup_size} cannot be added: give 1 or more of both."
        raise InvalidArgumentError(message, code="COMPUTE_KERNEL_DISPATCH_INVALID")
    source = VECTOR_ADD.replace("@workgroup_size(64)", f"@workgroup_size({workgroup_size})")
    return ComputeKernel(source, -(-element_count // workgroup_size))
