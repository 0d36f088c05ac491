"""Numbers across the boundary, by the types of WebAssembly: an i64 is an int, an f64 with a whole value is a float."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pyodide.ffi import to_js

from ..contracts.errors import KernelError

PLAIN = frozenset({int, float, bool, type(None)})
"""The types that JavaScript sees as a number, or as nothing."""
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"i64": int, "f32": float, "f64": float}


def conversions(types: Sequence[str]) -> list[Callable[[Any], Any]] | None:
    """Return what makes of JavaScript's numbers those of these types; None where they are so already."""
    if not any(kind in _CONVERSIONS for kind in types):
        return None
    return [_CONVERSIONS.get(kind, int) for kind in types]


def number(value: Any) -> Any:
    """Return ``value``, a number of any kind (NumPy's too), as an int or a float; anything else as it is."""
    if type(value) in PLAIN:
        return value
    if hasattr(value, "__index__"):
        return int(value)
    return float(value) if hasattr(value, "__float__") else value


def returned(value: Any, results: Sequence[str]) -> Any:
    """Return what an import's function has returned as JavaScript takes it.

    Raises `KernelError` with ``WASM_IMPORT_FAILED`` for an awaitable, which only a coroutine function may answer.
    """
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        message = "A function that a module imports returned an awaitable; make it a coroutine function (async def)."
        raise KernelError(message, code="WASM_IMPORT_FAILED")
    if not results:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return to_js([number(item) for item in value])
    value = number(value)
    if type(value) not in PLAIN:
        message = f"A function that a module imports returned a {type(value).__name__}, which is no number."
        raise KernelError(message, code="WASM_IMPORT_FAILED")
    return value
