"""Functions of Python's that a module imports, called directly by an instance in the kernel's own thread."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from js import Promise

from ..contracts.engine import ImportHandler
from ..contracts.imports import ClockImport
from .convert import to_object
from .spec import Held
from .wasm_values import PLAIN, conversions, number, returned


class DirectImports:
    """What an inline instance is offered: ``offer`` is the `DirectOffer` of static/process/direct-imports.mjs.

    What a function raises is kept here, for the caller of the export that has called it; JavaScript only learns that it
    has failed.
    """

    def __init__(self, handler: ImportHandler, held: Held) -> None:
        self._handler = handler
        self._held = held
        self._raised: BaseException | None = None
        self._failed: Any = None
        self.offer = {
            "names": [list(pair) for pair in handler.names],
            "functionOf": held.reference(self._function_of),
            "globalOf": held.reference(self._global),
        }

    def take_raised(self) -> BaseException | None:
        """Return what a function has raised and nobody was told of, once."""
        raised, self._raised = self._raised, None
        return raised

    def _fail(self, error: BaseException) -> Any:
        self._raised = error
        return self._failed

    def _global(self, module: str, name: str) -> Any:
        value = number(self._handler.function(module, name))
        return value if type(value) in PLAIN else f"a {type(value).__name__}"

    def _function_of(self, module: str, name: str, signature: Any, failed: Any) -> object:
        self._failed = failed
        function = self._handler.function(module, name)
        if isinstance(function, ClockImport):
            return to_object({"clock": function.fields()})
        if not callable(function):
            return "function, and the host offers a value of that name"
        params, results = tuple(signature.params), tuple(signature.results)
        converted = _converting(function, params)
        waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
        made = self._waiting(converted, results) if waits else self._direct(converted, params, results)
        return to_object({"call": self._held.reference(made), "waits": waits})

    def _direct(
        self, function: Callable[..., Any], params: Sequence[str], results: Sequence[str]
    ) -> Callable[..., Any]:
        # Programs call some of these a thousand times a second: by the number of parameters, because lists of arguments
        # are a third of what such a call costs.
        fail = self._fail

        def call(*args: Any) -> Any:
            try:
                value = function(*args)
                return value if type(value) in PLAIN else returned(value, results)
            except BaseException as error:  # it is for the caller of the export
                return fail(error)

        def call_0() -> Any:
            try:
                value = function()
                return value if type(value) in PLAIN else returned(value, results)
            except BaseException as error:
                return fail(error)

        def call_1(arg: Any) -> Any:
            try:
                value = function(arg)
                return value if type(value) in PLAIN else returned(value, results)
            except BaseException as error:
                return fail(error)

        def call_2(arg: Any, other: Any) -> Any:
            try:
                value = function(arg, other)
                return value if type(value) in PLAIN else returned(value, results)
            except BaseException as error:
                return fail(error)

        by_count = (call_0, call_1, call_2)
        return by_count[len(params)] if len(params) < len(by_count) else call

    def _waiting(self, function: Callable[..., Any], results: Sequence[str]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            later = Promise.withResolvers()

            async def settle() -> None:
                try:
                    later.resolve(returned(await function(*args), results))
                except BaseException as error:
                    later.resolve(self._fail(error))
                    if not isinstance(error, Exception):
                        raise

            self._held.run(settle())
            return later.promise

        return call


def _converting(function: Callable[..., Any], params: Sequence[str]) -> Callable[..., Any]:
    """Return ``function``, its arguments of the kinds that their types in WebAssembly are."""
    each = conversions(params)
    if each is None:
        return function
    return lambda *args: function(*(convert(arg) for convert, arg in zip(each, args, strict=True)))
