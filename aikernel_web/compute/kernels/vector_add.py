"""The sum of two vectors (reference contract, sections 4.2 and 4.10)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...contracts.compute import ComputeKernel
from ...contracts.errors import InvalidArgumentError
from .operation import Operation, Passes, equal_shapes, groups_for, name_of, operand
from .shader import ReadyShader

if TYPE_CHECKING:
    from ..device_array import DeviceArray

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

WORKGROUP_SIZE = 64
ELEMENTS = ("f32", "i32", "u32")


def create_vector_add(element_count: int, workgroup_size: int = WORKGROUP_SIZE) -> ComputeKernel:
    """Return the kernel that adds ``element_count`` float32 elements: buffers a, b, out.

    Raises `InvalidArgumentError` with ``COMPUTE_KERNEL_DISPATCH_INVALID`` where either number is below 1.
    """
    if element_count < 1 or workgroup_size < 1:
        message = f"{element_count} elements in workgroups of {workgroup_size} cannot be added: give 1 or more of both."
        raise InvalidArgumentError(message, code="COMPUTE_KERNEL_DISPATCH_INVALID")
    source = VECTOR_ADD.replace("@workgroup_size(64)", f"@workgroup_size({workgroup_size})")
    return ComputeKernel(source, -(-element_count // workgroup_size))


@functools.cache
def shader(element: str) -> str:
    """Return the WGSL over one type of elements."""
    return VECTOR_ADD.replace("f32", element)


def vector_add(a: Any, b: Any) -> Operation:
    """Plan ``a + b``."""
    a, b = operand(a, "a", ELEMENTS), operand(b, "b", ELEMENTS)
    equal_shapes(a, b, "a", "b")

    async def encode(passes: Passes, a: Any, b: Any) -> DeviceArray:
        out = passes.empty(a.shape, a.dtype)
        groups = groups_for(out.size, WORKGROUP_SIZE)
        return await passes.dispatch(shader(name_of(a.dtype)), groups, a=a, b=b, out=out)

    return Operation((a, b), a.shape, a.dtype, encode, lambda a, b: a + b)


def _run(values: Mapping[str, Any], reach: int, _: int) -> None:
    a, b, out = values["a"], values["b"], values["out"]
    count = min(a.size, b.size, out.size, reach)
    out[:count] = a[:count] + b[:count]


SHADERS = tuple(
    ReadyShader(
        shader(element),
        {"a": element, "b": element, "out": element},
        _run,
        elementwise=True,
    )
    for element in ELEMENTS
)
