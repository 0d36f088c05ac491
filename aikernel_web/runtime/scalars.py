"""Numbers as they lie in linear memory: little-endian (WebAssembly core, section 4.3.2)."""

from __future__ import annotations

import struct

from ..contracts.errors import InvalidArgumentError

SCALARS = {
    "i8": struct.Struct("<b"),
    "u8": struct.Struct("<B"),
    "i16": struct.Struct("<h"),
    "u16": struct.Struct("<H"),
    "i32": struct.Struct("<i"),
    "u32": struct.Struct("<I"),
    "i64": struct.Struct("<q"),
    "u64": struct.Struct("<Q"),
    "f32": struct.Struct("<f"),
    "f64": struct.Struct("<d"),
}
"""Types by name: signed and unsigned integers, and floats, with their bits."""


def scalar(kind: str) -> struct.Struct:
    """Return the form of a type. Raises `InvalidArgumentError` with ``WASM_VALUE_INVALID``."""
    found = SCALARS.get(kind)
    if found is None:
        message = f"{kind!r} is no type of a value in memory: there are {', '.join(SCALARS)}."
        raise InvalidArgumentError(message, code="WASM_VALUE_INVALID")
    return found


def encode_scalar(kind: str, value: float) -> bytes:
    """Return ``value`` as it lies in memory.

    Raises `InvalidArgumentError` with ``WASM_VALUE_INVALID`` for what the type cannot hold.
    """
    try:
        return scalar(kind).pack(value)
    except (struct.error, OverflowError, TypeError) as error:
        raise InvalidArgumentError(f"{value!r} cannot be a {kind}: {error}.", code="WASM_VALUE_INVALID") from None
