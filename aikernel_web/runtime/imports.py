"""Functions of Python that a module imports, by module and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..contracts.imports import import_name


class Imports:
    """The `ImportHandler` over a mapping of functions or coroutine functions."""

    def __init__(self, functions: Mapping[str | tuple[str, str], Callable[..., Any]]) -> None:
        self._functions = {import_name(key): function for key, function in functions.items()}
        self.names = tuple(self._functions)

    def call(self, module: str, name: str, args: Sequence[Any]) -> Any:
        """Call the function of that name; a coroutine function answers its coroutine."""
        return self._functions[module, name](*args)
