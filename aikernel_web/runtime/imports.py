"""Functions of Python that a module imports, by module and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..contracts.imports import ClockImport, import_name


class Imports:
    """The `ImportHandler` over a mapping of functions, coroutine functions and clocks."""

    def __init__(self, functions: Mapping[str | tuple[str, str], Callable[..., Any] | ClockImport]) -> None:
        self._functions = {import_name(key): function for key, function in functions.items()}
        self.names = tuple(self._functions)

    def call(self, module: str, name: str, args: Sequence[Any]) -> Any:
        """Call the function of that name; a coroutine function answers its coroutine."""
        function: Any = self._functions[module, name]
        return function(*args)

    def function(self, module: str, name: str) -> Any:
        """Return the function of that name."""
        return self._functions[module, name]
