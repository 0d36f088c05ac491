"""What a context offers to its module's imports: what was registered, and what its options bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..contracts.engine import ImportHandler
from ..contracts.imports import ClockImport
from .imports import Imports

DEFAULT_MODULE = "env"
"""The module of an import that is registered by one name: what compilers use for functions without one."""

Key = str | tuple[str, str]


def pair_of(key: Key) -> tuple[str, str]:
    """Return (module, name) of a pair, of ``"module.name"`` split at the first dot, or of a name in ``env``."""
    if not isinstance(key, str):
        return key
    module, dot, name = key.partition(".")
    return (module, name) if module and dot and name else (DEFAULT_MODULE, key)


class RegisteredImports:
    """The `ImportHandler` of a context: functions, clocks, and numbers for globals; the last one registered counts.

    Other objects are kept and offered to nobody.
    """

    def __init__(self, base: Mapping[Key, Any] | ImportHandler | None = None) -> None:
        self._base = Imports(base) if isinstance(base, Mapping) else base
        self._objects: dict[tuple[str, str], Any] = {}

    def register(self, key: Key, value: object) -> None:
        """Offer ``value`` from the next instantiation on."""
        self._objects[pair_of(key)] = value

    def clear(self) -> None:
        """Offer nothing any more."""
        self._objects.clear()
        self._base = None

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """The pairs that are offered: those whose object is a function, a number or a clock."""
        own = [
            pair
            for pair, value in self._objects.items()
            if callable(value) or isinstance(value, int | float | ClockImport)
        ]
        return (*own, *(pair for pair in (self._base.names if self._base else ()) if pair not in self._objects))

    def call(self, module: str, name: str, args: Sequence[Any]) -> Any:
        """Call the function of that name."""
        if (module, name) not in self._objects and self._base is not None:
            return self._base.call(module, name, args)
        return self._objects[module, name](*args)

    def function(self, module: str, name: str) -> Any:
        """Return the function, clock or number of that name."""
        if (module, name) not in self._objects and self._base is not None:
            return self._base.function(module, name)
        return self._objects[module, name]
