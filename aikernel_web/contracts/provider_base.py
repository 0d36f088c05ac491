"""What all providers have in common: capabilities and the lifecycle (reference contract, sections 2.2 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from .errors import InvalidArgumentError
from .providers import ModelCapacityVector, ProviderHealthStatus, RateLimitInfo


class CapabilitySet:
    """Operations and data types, sorted by code point; one connection; nothing of what only model providers have.

    Raises `InvalidArgumentError` with ``PROVIDER_CAPABILITIES_REQUIRED`` where a list is None.
    """

    max_concurrent_connections = 1
    rate_limit: RateLimitInfo | None = None
    max_query_parts = 0
    supported_query_processing_operations: tuple[str, ...] = ()
    supports_query_augmentation = False
    supports_query_decomposition = False
    supports_query_routing = False
    supports_embedding = False
    embedding_dimensions: int | None = None
    supported_embedding_models: tuple[str, ...] = ()

    def __init__(self, operations: Iterable[str], data_types: Iterable[str]) -> None:
        if operations is None or data_types is None:
            message = "Operations and data types must be lists: give empty ones where there are none."
            raise InvalidArgumentError(message, code="PROVIDER_CAPABILITIES_REQUIRED")
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

    def get_capability_profile(self) -> None:
        """Return None: there is no profile."""
        return None  # noqa: RET501 - the answer is a value of the contract

    def supports_quantization(self, level: str) -> bool:  # noqa: ARG002
        """Return False: there is no model to quantize."""
        return False

    def supports_query_processing_operation(self, operation: str) -> bool:  # noqa: ARG002
        """Return False: there are no queries."""
        return False


class ProviderBase:
    """Identity, capabilities and lifecycle. No operation is gated on having been initialised."""

    version = "0.1.0"

    def __init__(self, provider_id: str, name: str, capabilities: CapabilitySet) -> None:
        self.provider_id = provider_id
        self.name = name
        self._capabilities = capabilities
        self._initialized = False

    def get_capabilities(self) -> CapabilitySet:
        """Return the operations and data types of this provider."""
        return self._capabilities

    async def is_available(self) -> bool:
        """Whether the provider has been initialised and not shut down."""
        return self._initialized

    async def initialize(self) -> None:
        """Make the provider available."""
        self._initialized = True

    def begin(self, *, initialized: bool) -> None:
        """Take over whether whoever makes the provider has been initialised."""
        self._initialized = initialized

    async def shutdown(self) -> None:
        """Make the provider unavailable; it can be initialised again."""
        self._initialized = False

    async def get_health(self) -> ProviderHealthStatus:
        """Return healthy once initialised."""
        message = "The provider is ready." if self._initialized else "The provider has not been initialised."
        return ProviderHealthStatus(self._initialized, message, datetime.now(UTC), 0)
