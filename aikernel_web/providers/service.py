"""The base of the providers that serve one target: a context, or a process (reference contract, section 3.6)."""

from __future__ import annotations

from typing import ClassVar, Self

from ..contracts.targets import Target
from ..runtime.provider_base import WasmProviderBase
from ..runtime.targets import Targetable, as_target


class ServiceProvider(WasmProviderBase):
    """Identity and capabilities are the class's; ``target`` None is a fresh context of its own, without a bus."""

    PROVIDER_ID: ClassVar[str]
    NAME: ClassVar[str]
    OPERATIONS: ClassVar[tuple[str, ...]]
    DATA_TYPES: ClassVar[tuple[str, ...]]

    def __init__(self, target: Targetable = None) -> None:
        super().__init__(self.PROVIDER_ID, self.NAME, operations=self.OPERATIONS, data_types=self.DATA_TYPES)
        self.target: Target = as_target(target)

    @classmethod
    def create(cls) -> Self:
        """Return a provider with a context of its own (reference contract, section 7)."""
        return cls()
