"""Messages as web-socket frames: the Python end of static/wire.mjs, which describes the format."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

_EXACT_INTEGER = 2**53


def encode(message: object) -> bytes:
    """Return ``message`` as one frame; bytes travel raw behind the header."""
    parts: list[bytes] = []
    value = _pack(message, parts)
    header = json.dumps({"value": value, "lengths": [len(part) for part in parts]}, allow_nan=False).encode()
    return b"".join((struct.pack("<I", len(header)), header, *parts))


def decode(frame: bytes) -> Any:
    """Return the message of a frame."""
    (length,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + length])
    parts: list[bytes] = []
    offset = 4 + length
    for size in header["lengths"]:
        parts.append(frame[offset : offset + size])
        offset += size
    return _unpack(header["value"], parts)


def _pack(value: object, parts: list[bytes]) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        parts.append(bytes(value))
        return {"$bytes": len(parts) - 1}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_INTEGER:
        return {"$int": str(value)}
    if isinstance(value, Mapping):
        return {f"${key}" if key.startswith("$") else key: _pack(item, parts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, parts) for item in value]
    return value


def _unpack(value: Any, parts: list[bytes]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return parts[value["$bytes"]]
    if "$int" in value:
        return int(value["$int"])
    if "$float" in value:
        return float(value["$float"])
    return {key[1:] if key.startswith("$") else key: _unpack(item, parts) for key, item in value.items()}
