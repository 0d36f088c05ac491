"""The base of every runtime provider (reference contract, sections 2.2 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable

from ..contracts.provider_base import CapabilitySet, ProviderBase


class WasmProviderCapabilities(CapabilitySet):
    """The capabilities of a runtime provider."""


class WasmProviderBase(ProviderBase):
    """A runtime provider: identity, capabilities, lifecycle."""

    def __init__(self, provider_id: str, name: str, *, operations: Iterable[str], data_types: Iterable[str]) -> None:
        super().__init__(provider_id, name, WasmProviderCapabilities(operations, data_types))
