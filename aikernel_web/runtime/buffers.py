"""Bytes of any kind as Python's own."""

from __future__ import annotations

from operator import index

from ..contracts.engine import BytesLike, ForeignBytes

DEFAULT_MEMORY_BYTES = 65536
"""Bytes of the memory that a context has before a module."""


def to_bytes(data: BytesLike) -> bytes:
    """Return ``data`` as bytes of its own; bytes are returned as they are. Raises `TypeError` for what is none."""
    if isinstance(data, bytes):
        return data
    return bytes(data) if isinstance(data, bytearray | memoryview) else _foreign(data).to_bytes()


def length_of(data: BytesLike) -> int:
    """Return the number of bytes without copying them. Raises `TypeError` for what is none."""
    if isinstance(data, memoryview):
        return data.nbytes
    return len(data) if isinstance(data, bytes | bytearray) else _foreign(data).byteLength


def byte_count(memory_bytes: int) -> int:
    """Return the number of bytes that a memory is to have. Raises `TypeError` for what is no number."""
    try:
        return index(memory_bytes)
    except TypeError:
        message = f"a {type(memory_bytes).__name__} is no number of bytes; a module is given by load_module()"
        raise TypeError(message) from None


def _foreign(data: ForeignBytes) -> ForeignBytes:
    if hasattr(data, "byteLength"):
        return data
    advice = "bytes, such as text.encode()" if isinstance(data, str) else "bytes, a bytearray or a memoryview"
    raise TypeError(f"{type(data).__name__} is not bytes: give {advice}")
