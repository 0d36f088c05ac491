"""The capability that the WebGPU provider is to others (reference contract, section 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..contracts.capabilities import CapabilityContract, CapabilityInvocationMode, CapabilityModuleKind
from ..contracts.errors import InvalidArgumentError
from .settings import WebGpuComputeSettings

OPERATIONS = ("compute.dispatch", "compute.vector_add")


@dataclass(frozen=True, slots=True)
class WebGpuComputeCapabilityDescriptor:
    """What is told of one provider."""

    capability_id: str
    adapter_profile: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebGpuComputeCapability:
    """A provider by its id and profile, as hosts outside name it."""

    provider_id: str = "webgpu.compute"
    adapter_profile: str = "wasm-webgpu"

    def to_contract(self) -> CapabilityContract:
        """Return the contract of a provider with default settings and this identity."""
        settings = replace(WebGpuComputeSettings(), provider_id=self.provider_id, adapter_profile=self.adapter_profile)
        descriptor = WebGpuComputeCapabilityDescriptor(self.provider_id, self.adapter_profile, settings.to_metadata())
        return to_contract(descriptor)


def to_contract(descriptor: WebGpuComputeCapabilityDescriptor | None) -> CapabilityContract:
    """Return the contract of the capability that ``descriptor`` describes.

    Raises `InvalidArgumentError` with ``CAPABILITY_DESCRIPTOR_REQUIRED``.
    """
    if descriptor is None:
        raise InvalidArgumentError("There is no descriptor.", code="CAPABILITY_DESCRIPTOR_REQUIRED")
    version = descriptor.metadata.get("version", "")
    return CapabilityContract(
        capability_id=descriptor.capability_id,
        name="WebGPU Compute Provider",
        kind=CapabilityModuleKind.NATIVE_LIBRARY,
        invocation_mode=CapabilityInvocationMode.DIRECT,
        version=version if version and not version.isspace() else "0.1.0",
        entry_point="webgpu_dispatch",
        provided_operations=OPERATIONS,
        required_permissions=("compute.execute", "buffer.read", "buffer.write"),
        metadata=descriptor.metadata,
    )
