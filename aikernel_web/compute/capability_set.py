"""The capabilities of compute providers (reference contract, section 2.2)."""

from __future__ import annotations

from collections.abc import Iterable

from ..contracts.provider_base import CapabilitySet


class ComputeProviderCapabilities(CapabilitySet):
    """Operations and data types, without blanks and without what differs in case only."""

    def __init__(self, operations: Iterable[str], data_types: Iterable[str]) -> None:
        super().__init__(_distinct(operations), _distinct(data_types))


def _distinct(texts: Iterable[str]) -> list[str]:
    return list({text.casefold(): text for text in reversed(list(texts)) if text and not text.isspace()}.values())
