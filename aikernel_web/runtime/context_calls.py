"""What a context's module imports and exports, and calls of it (reference contract, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..contracts.errors import KernelError
from ..contracts.results import Result, direct
from .context_base import ContextBase, blank
from .module_types import ModuleInfo
from .registered_imports import Key

_NAMES_SHOWN, _NAME_SHOWN = 20, 60
"""Of the names that a module has: how many a message shows, and how many characters of each."""


class ContextCalls(ContextBase):
    """The functions on both sides of the module."""

    @property
    def module(self) -> ModuleInfo | None:
        """The loaded module's imports and exports, with their types."""
        return None if self._guest.module is None else self._guest.module.info

    @property
    def exports(self) -> Mapping[str, Callable[..., Any]]:
        """The functions that can be called, by name: those registered by the host, and the module's."""
        return _Exports(self)

    def try_register_import(self, name: Key, value: object) -> Result[bool]:
        """Offer a function, or a number for a global, to the module's imports from the next instantiation on.

        ``name`` is ``"module.name"``, the pair of both, or a name alone for the module ``env``. Fails with
        ``WASM_CONTEXT_DISPOSED``, ``WASM_NAME_REQUIRED``, ``WASM_OBJECT_REQUIRED``.
        """
        refused = self._refused() or blank(name if isinstance(name, str) else "".join(name))
        if refused is not None:
            return refused
        if value is None:
            return Result.failure(f"Nothing was given for the import {name!r}.", code="WASM_OBJECT_REQUIRED")
        self._guest.imports.register(name, value)
        return Result.success(True)

    register_import = direct(try_register_import)

    def try_register_export(self, name: str, function: Callable[[list[Any]], Any]) -> Result[bool]:
        """Offer a function of the host's under ``name``; it takes one list of values and comes before the module's.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_NAME_REQUIRED``, ``WASM_EXPORT_FUNCTION_REQUIRED``.
        """
        refused = self._refused() or blank(name)
        if refused is not None:
            return refused
        if not callable(function):
            message = f"Nothing that can be called was given for the export {name!r}."
            return Result.failure(message, code="WASM_EXPORT_FUNCTION_REQUIRED")
        self._registered[name] = function
        return Result.success(True)

    register_export = direct(try_register_export)

    def try_resolve_export(self, name: str) -> Result[Callable[[Sequence[Any]], Any]]:
        """Return the function of that name, which takes one list of values: the host's, else the module's.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_NAME_REQUIRED``, ``WASM_EXPORT_NOT_FOUND``, and where the module
        must be instantiated with the codes of `try_instantiate`.
        """
        refused = self._refused() or blank(name)
        if refused is not None:
            return refused
        if name in self._registered:
            registered = self._registered[name]
            return Result.success(lambda values: registered(list(values)))
        try:
            function = self._function(name)
        except KernelError as error:
            return Result.fail(error)
        return Result.success(lambda values: function(*values))

    resolve_export = direct(try_resolve_export)

    def try_instantiate(self) -> Result[bool]:
        """Link and instantiate the module now, where no instance is there; ``_initialize`` is called where exported.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_MODULE_NOT_LOADED``, ``WASM_IMPORT_MISSING``, the code of a trap.
        """
        return self._attempt(lambda: self._guest.instantiate() is not None)

    instantiate = direct(try_instantiate)

    def try_call(self, name: str, *args: Any) -> Result[Any]:
        """Call an export; i64 are exact, several results are a list.

        Fails with the codes of `try_resolve_export`, ``WASM_EXPORT_ARGUMENTS_INVALID``, ``WASM_PROCESS_ENDED``, and the
        code of a trap, after which `exit` is set.
        """
        refused = self._refused() or blank(name)
        if refused is not None:
            return refused
        try:
            if name in self._registered:
                return Result.success(self._registered[name](list(args)))
            return Result.success(self._function(name)(*args))
        except KernelError as error:
            return Result.fail(error)

    call = direct(try_call)

    def _function(self, name: str) -> Callable[..., Any]:
        if not self._guest.has_function(name):
            message = f"There is no exported function {name!r}: {self._instead()}"
            raise KernelError(message, code="WASM_EXPORT_NOT_FOUND")
        return self._guest.function(name)

    def _instead(self) -> str:
        """Say why a function is not there, and what is."""
        if self._guest.module is None:
            return "no module was loaded. Load one first: await context.load_module(...)."
        names = list(self.exports)
        shown = ", ".join(name[:_NAME_SHOWN] for name in names[:_NAMES_SHOWN]) or "none"
        return f"there are {shown}{' and others' if len(names) > _NAMES_SHOWN else ''}."


class _Exports(Mapping[str, Callable[..., Any]]):
    """The functions of a context by name, each taking its arguments one by one."""

    def __init__(self, context: ContextCalls) -> None:
        self._context = context

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._names():
            raise KeyError(name)
        registered = self._context._registered.get(name)
        if registered is not None:
            return lambda *args: registered(list(args))
        return self._context._function(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __repr__(self) -> str:
        return f"<exported functions: {', '.join(self._names()) or 'none'}>"

    def _names(self) -> dict[str, None]:
        module = self._context.module
        names = (*self._context._registered, *(module.exported_functions() if module is not None else ()))
        return dict.fromkeys(names)
