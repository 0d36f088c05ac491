"""Capabilities as others discover and invoke them (reference contract, sections 4.8 and 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol


class CapabilityModuleKind(IntEnum):
    """What kind of thing offers a capability."""

    UNKNOWN = 0
    CLI_EXECUTABLE = 1
    MANAGED_ASSEMBLY = 2
    NATIVE_LIBRARY = 3
    DSL_ROM = 4
    REMOTE_ENDPOINT = 5


class CapabilityInvocationMode(IntEnum):
    """How a capability is invoked."""

    UNKNOWN = 0
    DIRECT = 1
    SANDBOX = 2
    ASSEMBLY_REFERENCE = 3
    NATIVE_ABI = 4
    DSL_PIPELINE = 5
    REMOTE = 6


@dataclass(frozen=True, slots=True)
class CapabilityContract:
    """What a capability is, offers and needs."""

    capability_id: str
    name: str
    kind: CapabilityModuleKind
    invocation_mode: CapabilityInvocationMode
    version: str
    entry_point: str
    provided_operations: tuple[str, ...]
    required_permissions: tuple[str, ...]
    metadata: Mapping[str, str]
    artifact_uri: str | None = None
    artifact_hash: str | None = None


@dataclass(frozen=True, slots=True)
class CapabilityInvocationRequest:
    """A wish to have an operation carried out; arguments and metadata are text."""

    invocation_id: str
    capability_id: str
    operation: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    input_hash: str | None = None
    replay_log_hash: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CapabilityInvocationResult:
    """What came of a `CapabilityInvocationRequest`."""

    invocation_id: str
    capability_id: str
    succeeded: bool
    output_hash: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    replay_log_hash: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class CapabilityModuleInvoker(Protocol):
    """Carries out the operations of a capability."""

    async def invoke(self, request: CapabilityInvocationRequest) -> CapabilityInvocationResult:
        """Carry out ``request``; what goes wrong is in the result."""
        ...
