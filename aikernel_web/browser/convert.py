"""Values across the boundary between Python and JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from js import Object
from pyodide.ffi import JsProxy, jsnull, to_js

from ..contracts.errors import KernelError

_DEPTH_LIMIT = 64


def to_object(value: object) -> Any:
    """Convert ``value`` to plain JavaScript: dicts become objects, bytes become ``Uint8Array`` (one copy)."""
    return to_js(value, dict_converter=Object.fromEntries, create_pyproxies=False)


def optional(value: Any) -> Any:
    """Return ``value``, or None for JavaScript's ``null``, which Pyodide tells apart from ``undefined``."""
    return None if value is jsnull else value


def plain(value: Any) -> Any:
    """Return a plain value of JavaScript's as Python's: objects as dicts, arrays as lists, ``Uint8Array`` as bytes."""
    return _bytes_inside(value.to_py() if isinstance(value, JsProxy) else optional(value))


def _bytes_inside(value: Any) -> Any:
    if isinstance(value, memoryview):
        return value.tobytes()
    if isinstance(value, dict):
        return {key: _bytes_inside(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_bytes_inside(item) for item in value]
    return optional(value)


def portable(value: object) -> object:
    """Return ``value`` reduced to what can leave the interpreter: None, bool, int, float, str, bytes, lists and dicts.

    Raises `KernelError` with ``PYTHON_VALUE_NOT_PORTABLE`` for anything else, naming its type.
    """
    return _portable(value, _DEPTH_LIMIT)


def _portable(value: object, depth: int) -> object:  # noqa: PLR0911 - one case a kind of value
    if depth == 0:
        message = f"The value is nested more than {_DEPTH_LIMIT} levels deep, or contains itself."
        raise KernelError(message, code="PYTHON_VALUE_NOT_PORTABLE")
    value = optional(value)
    if value is None or isinstance(value, bool | float | str | bytes):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, JsProxy):
        return _portable(value.to_py(), depth - 1) if not _is_opaque(value) else _refuse(value)
    if isinstance(value, Mapping):
        return {_key(key): _portable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item, depth - 1) for item in value]
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return _portable(value.tolist(), depth - 1)
    return _refuse(value)


def _is_opaque(value: JsProxy) -> bool:
    return isinstance(value.to_py(), JsProxy)


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(_refuse(key))


def _refuse(value: object) -> object:
    message = (
        f"A value of type {type(value).__name__!r} cannot leave the kernel's Python: "
        "return None, a bool, a number, a string, bytes, or lists and dicts (with string keys) of these."
    )
    raise KernelError(message, code="PYTHON_VALUE_NOT_PORTABLE")
