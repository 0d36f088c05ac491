"""The settings of the WebGPU provider (reference contract, section 4.5)."""

from __future__ import annotations

from dataclasses import dataclass

from .subgroup_size import SUBGROUP_SIZE, require_subgroup_size


@dataclass(frozen=True, slots=True)
class WebGpuComputeSettings:
    """Identity and behaviour of a `WebGpuComputeProvider`.

    ``cpu_subgroup_size`` is that of kernels on the CPU which have no ``@subgroup_size``: see `CpuComputeProvider`.
    """

    provider_id: str = "webgpu.compute"
    name: str = "WebGPU Compute Provider"
    version: str = "0.1.0"
    adapter_profile: str = "webgpu-browser"
    force_cpu_fallback: bool = False
    backend_name: str | None = "browser-webgpu"
    cpu_subgroup_size: int = SUBGROUP_SIZE

    def __post_init__(self) -> None:
        require_subgroup_size(self.cpu_subgroup_size)

    def to_metadata(self) -> dict[str, str]:
        """Return what describes the provider to others, sorted by key; a blank backend is left out."""
        metadata = {"adapter_profile": self.adapter_profile}
        if self.backend_name and not self.backend_name.isspace():
            metadata["backend"] = self.backend_name
        metadata["fallback"] = "cpu" if self.force_cpu_fallback else "webgpu-or-cpu"
        metadata["version"] = self.version
        return metadata
