"""The base of every runtime provider (reference contract, sections 2.2 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from ..contracts.providers import ModelCapacityVector, ProviderHealthStatus, RateLimitInfo


class WasmProviderCapabilities:
    """Operations and data types, sorted; one connection; nothing of what only model providers have."""

    max_concurrent_connections = 1
    rate_limit: RateLimitInfo | None = None

    def __init__(self, operations: Iterable[str], data_types: Iterable[str]) -> None:
        self.supported_operations = tuple(sorted(operations))
        self.supported_data_types = tuple(sorted(data_types))
        self.vector = ModelCapacityVector()

    def supports_operation(self, operation: str) -> bool:
        """Whether ``operation`` is among the operations, ignoring case."""
        return operation.casefold() in map(str.casefold, self.supported_operations)

    def supports_data_type(self, data_type: str) -> bool:
        """Whether ``data_type`` is among the data types, ignoring case."""
        return data_type.casefold() in map(str.casefold, self.supported_data_types)

    def get_dynamic_capacities(self, constraints: Mapping[str, str] | None = None) -> None:  # noqa: ARG002
        """Return None: nothing here depends on constraints."""
        return None  # noqa: RET501 - the answer is a value of the contract


class WasmProviderBase:
    """Identity, capabilities and lifecycle. No operation is gated on having been initialised."""

    version = "0.1.0"

    def __init__(self, provider_id: str, name: str, *, operations: Iterable[str], data_types: Iterable[str]) -> None:
        self.provider_id = provider_id
        self.name = name
        self._capabilities = WasmProviderCapabilities(operations, data_types)
        self._initialized = False

    def get_capabilities(self) -> WasmProviderCapabilities:
        """Return the operations and data types of this provider."""
        return self._capabilities

    async def is_available(self) -> bool:
        """Whether the provider has been initialised and not shut down."""
        return self._initialized

    async def initialize(self) -> None:
        """Make the provider available."""
        self._initialized = True

    async def shutdown(self) -> None:
        """Make the provider unavailable; it can be initialised again."""
        self._initialized = False

    async def get_health(self) -> ProviderHealthStatus:
        """Return healthy once initialised."""
        message = "The provider is ready." if self._initialized else "The provider has not been initialised."
        return ProviderHealthStatus(self._initialized, message, datetime.now(UTC), 0)
