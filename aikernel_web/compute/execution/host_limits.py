"""What the CPU takes, in the words that tell it of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import GpuDeviceInfo
from .workgroups import AXES

if TYPE_CHECKING:
    from ..gpu_kernel import GpuKernel
    from .workgroups import Groups

HOST: Final = GpuDeviceInfo(
    generation=0,
    features=("shader-f16", "subgroup-size-control", "subgroups"),
    limits={
        "maxComputeInvocationsPerWorkgroup": 1024,
        "maxComputeWorkgroupSizeX": 1024,
        "maxComputeWorkgroupSizeY": 1024,
        "maxComputeWorkgroupSizeZ": 1024,
        "maxComputeWorkgroupStorageSize": 1 << 16,
    },
    language_features=(
        "linear_indexing",
        "packed_4x8_integer_dot_product",
        "pointer_composite_access",
        "subgroup_id",
        "subgroup_uniformity",
        "swizzle_assignment",
        "uniform_buffer_standard_layout",
        "unrestricted_pointer_parameters",
    ),
)
"""The workgroups of the largest GPUs. WebGPU's other limits are of wires and tables, which the CPU has not.

What a GPU has less of than its program needs is told by the GPU: not here, where it would only be in the way.
"""
INVOCATIONS_MAX: Final = 1 << 32
"""Invocations along a dimension: their ids are u32."""


def require_countable(kernel: GpuKernel, groups: Groups) -> None:
    """Raise `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED`` where ids of invocations would pass u32."""
    for axis, count, size in zip(AXES, groups, kernel.workgroup_size, strict=True):
        if count * size > INVOCATIONS_MAX:
            message = (
                f"{count} workgroups of {size} along {axis} are {count * size} invocations, and their ids count to "
                f"{INVOCATIONS_MAX}: give fewer."
            )
            raise InvalidArgumentError(message, code="WEBGPU_LIMIT_EXCEEDED")
