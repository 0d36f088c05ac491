"""Functions of the host that a program imports."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from ..contracts.imports import ClockImport, import_name

if TYPE_CHECKING:
    from .process import HostProcess

P = ParamSpec("P")
R = TypeVar("R")

ImportName: TypeAlias = str | tuple[str, str]
Imports: TypeAlias = Mapping[ImportName, Callable[..., Any] | ClockImport]


class WithProcess:
    """A function that takes the calling process before the arguments of the import. Made by `with_process`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        """Call the function as it is."""
        return self.function(*args)


def with_process(function: Callable[Concatenate[HostProcess, P], R]) -> WithProcess:
    """Give ``function`` the calling `HostProcess` as its first argument when it is used as an import.

    So an import can read the memory that its arguments point into, and call exports while the program waits for it,
    also in a program that `HostKernel.run` runs:

        @with_process
        def show(process, pointer, length):
            print(process.memory.read(pointer, length).decode())

        kernel.run("prog.wasm", imports={"env.show": show})
    """
    return WithProcess(function)


class HostImports:
    """The imports of one program, by module and name."""

    def __init__(self, functions: Imports) -> None:
        self._functions = {import_name(key): function for key, function in functions.items()}
        for pair, function in self._functions.items():
            if not callable(function) and not isinstance(function, ClockImport):
                given = f"The import {'.'.join(pair)} is given as {type(function).__name__!r}"
                raise TypeError(f"{given}: give a function, or a ClockImport.")
        self.names: list[list[object]] = [
            [*pair, function.fields()] if isinstance(function, ClockImport) else list(pair)
            for pair, function in self._functions.items()
        ]

    def answer(self, process: HostProcess, module: str, name: str, args: Sequence[Any]) -> Any:
        """Call the function for ``process`` and return what can cross to it."""
        function: Any = self._functions[module, name]
        taken = (process, *args) if isinstance(function, WithProcess) else args
        return results_of(function(*taken))


def results_of(value: object) -> object:
    """Return what an import answers, as it crosses: None, a number, or a list of numbers.

    Raises `TypeError` for anything else.
    """
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [number(item) for item in value]
    return number(value)


def number(value: Any) -> int | float:
    """Return ``value`` as a plain number; NumPy's numbers and enumerations are numbers too."""
    if hasattr(value, "__index__"):
        return operator.index(value)
    if hasattr(value, "__float__") and not isinstance(value, str):
        return float(value)
    raise TypeError(f"a value of type {type(value).__name__!r} cannot cross to WebAssembly: give a number")
