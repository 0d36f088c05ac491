"""The errors of GPU compute.

KernelError
└── GpuError                       what the GPU, its driver or its device refused; ``code`` says which
    ├── DeviceLost                 WEBGPU_DEVICE_LOST: the device is gone, and what was only in its memory
    ├── GpuOutOfMemoryError        WEBGPU_OUT_OF_MEMORY; a MemoryError too
    ├── GpuTimeoutError            WEBGPU_TIMEOUT: a kernel did not end in time; a TimeoutError too
    ├── GpuValidationError         WEBGPU_VALIDATION: the device refused a command
    └── GpuUnavailableError        WEBGPU_UNSUPPORTED, WEBGPU_NO_ADAPTER, WEBGPU_DEVICE_REFUSED
└── WgslError                      (contracts/shader_errors.py) the text of a shader is not valid
    └── WgslNotSupportedError      it is, and cannot be run here; a NotSupportedError too
"""

from __future__ import annotations

from .errors import KernelError


class GpuError(KernelError):
    """The GPU, its driver or its device refused; ``WEBGPU_INTERNAL`` where it does not say why."""


class DeviceLost(GpuError):  # noqa: N818 - WebGPU's name (GPUDevice.lost)
    """The device is gone, and with it what was only in its memory; the next use has a fresh one."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="WEBGPU_DEVICE_LOST")


class GpuOutOfMemoryError(GpuError, MemoryError):
    """The device has no memory for a buffer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="WEBGPU_OUT_OF_MEMORY")


class GpuTimeoutError(GpuError, TimeoutError):
    """A kernel did not end in the time it was given; its device, if it ran on one, was given up."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="WEBGPU_TIMEOUT")


class GpuValidationError(GpuError):
    """The device refused a command (WebGPU, section 22.1.1)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="WEBGPU_VALIDATION")


class GpuUnavailableError(GpuError):
    """There is no GPU to be had here; the code says at which step."""
