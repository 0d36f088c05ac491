"""Providers: services with an identity, capabilities and a health (reference contract, sections 2.1 and 2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProviderHealthStatus:
    """The health of a provider at one moment."""

    is_healthy: bool
    message: str | None
    checked_at: datetime
    response_time_ms: int


@dataclass(frozen=True, slots=True)
class RateLimitInfo:
    """How often a provider may be asked."""

    window_seconds: int
    requests_per_window: int
    used_requests: int


@dataclass(frozen=True, slots=True)
class ModelCapacityVector:
    """Five capacities of a model; all zero for providers that are none."""

    structural_integrity: float = 0.0
    linguistic_fluidity: float = 0.0
    reasoning_depth: float = 0.0
    fidelity: float = 0.0
    latency_performance: float = 0.0


class ProviderCapabilities(Protocol):
    """What a provider can do."""

    @property
    def supported_operations(self) -> Sequence[str]:
        """The operations, sorted."""
        ...

    @property
    def supported_data_types(self) -> Sequence[str]:
        """The data types, sorted."""
        ...

    def supports_operation(self, operation: str) -> bool:
        """Whether ``operation`` is supported, ignoring case."""
        ...

    def supports_data_type(self, data_type: str) -> bool:
        """Whether ``data_type`` is supported, ignoring case."""
        ...

    @property
    def max_concurrent_connections(self) -> int:
        """How many callers may use the provider at once."""
        ...

    @property
    def rate_limit(self) -> RateLimitInfo | None:
        """The rate limit, or None."""
        ...

    @property
    def vector(self) -> ModelCapacityVector:
        """The capacities of a model."""
        ...

    def get_dynamic_capacities(self, constraints: Mapping[str, str] | None = None) -> Mapping[str, float] | None:
        """Return capacities under ``constraints``, or None."""
        ...

    def get_capability_profile(self) -> Mapping[str, str] | None:
        """Return a profile, or None."""
        ...

    def supports_quantization(self, level: str) -> bool:
        """Whether a model can be quantized to ``level``."""
        ...

    @property
    def supports_query_augmentation(self) -> bool:
        """Whether queries can be augmented."""
        ...

    @property
    def supports_query_decomposition(self) -> bool:
        """Whether queries can be decomposed."""
        ...

    @property
    def supports_query_routing(self) -> bool:
        """Whether queries can be routed."""
        ...

    @property
    def max_query_parts(self) -> int:
        """Into how many parts a query can be decomposed."""
        ...

    @property
    def supported_query_processing_operations(self) -> Sequence[str]:
        """The operations on queries."""
        ...

    def supports_query_processing_operation(self, operation: str) -> bool:
        """Whether ``operation`` on queries is supported."""
        ...

    @property
    def supports_embedding(self) -> bool:
        """Whether texts can be embedded."""
        ...

    @property
    def embedding_dimensions(self) -> int | None:
        """The length of an embedding, or None."""
        ...

    @property
    def supported_embedding_models(self) -> Sequence[str]:
        """The models for embeddings."""
        ...


class Provider(Protocol):
    """A service with an identity, a lifecycle and a health."""

    @property
    def provider_id(self) -> str:
        """The stable id, such as ``wasm.process``."""
        ...

    @property
    def name(self) -> str:
        """The display name."""
        ...

    @property
    def version(self) -> str:
        """The version of the provider."""
        ...

    def get_capabilities(self) -> ProviderCapabilities:
        """Return what the provider can do."""
        ...

    async def is_available(self) -> bool:
        """Whether the provider has been initialised and not shut down."""
        ...

    async def initialize(self) -> None:
        """Make the provider available."""
        ...

    async def shutdown(self) -> None:
        """Make the provider unavailable; it can be initialised again."""
        ...

    async def get_health(self) -> ProviderHealthStatus:
        """Return the health at this moment."""
        ...
