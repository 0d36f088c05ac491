"""Functions of constant expressions that look at bits: fields, packing, ``bitcast`` (WGSL, section 17)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from .types import ABSTRACT_INT, F16, F32, I32, U32, Scalar
from .values import NumberFault, fit

_BITS = 32
_MASK = (1 << _BITS) - 1
_FORMS: Final = {I32: "i", U32: "I", F32: "f", F16: "e"}


def check_field(offset: int, count: int) -> None:
    """Refuse a field that ends behind the last of 32 bits."""
    if offset + count > _BITS:
        raise NumberFault(f"{count} bits from bit {offset} on: there are {_BITS}")


def extract_bits(kind: Scalar, value: int, offset: int, count: int) -> int:
    """Return a field of bits as a number, with its sign where the type has one (section 17.5.19)."""
    check_field(offset, count)
    field = value >> offset & ((1 << count) - 1)
    negative = kind == I32 and count and field >> (count - 1)
    return field - (1 << count) if negative else field


def insert_bits(kind: Scalar, value: int, new: int, offset: int, count: int) -> int:
    """Return a number with other bits in a field (section 17.5.33)."""
    check_field(offset, count)
    field = ((1 << count) - 1) << offset
    return int(fit(kind, (value & _MASK & ~field) | (new << offset & field)))


def bitcast(source: Scalar, target: Scalar, numbers: Sequence[Any]) -> tuple[int | float, ...]:
    """Return the values of ``target`` that have the same bits (section 17.2.1)."""
    if source == ABSTRACT_INT:
        if not all(-(1 << 31) <= number <= _MASK for number in numbers):
            raise NumberFault("the value has more than 32 bits")
        source, numbers = U32, [number & _MASK for number in numbers]
    data = struct.pack(f"<{len(numbers)}{_FORMS[source]}", *numbers)
    found = struct.unpack(f"<{len(data) // struct.calcsize(_FORMS[target])}{_FORMS[target]}", data)
    if not all(map(math.isfinite, found)):
        raise NumberFault(f"the bits are no finite {target}")
    return found


def _parts(word: int, form: str) -> tuple[Any, ...]:
    """Return the parts of a word, the lowest first."""
    return struct.unpack(f"<{form}", struct.pack("<I", word))


def _word(form: str, parts: Sequence[Any]) -> int:
    return int(struct.unpack("<I", struct.pack(f"<{form}", *parts))[0])


def _dot4(form: str) -> Callable[[int, int], int]:
    return lambda a, b: sum(left * right for left, right in zip(_parts(a, form), _parts(b, form), strict=True))


def _normed(form: str, least: float, scale: int) -> Callable[[tuple[float, ...]], int]:
    return lambda parts: _word(form, [math.floor(0.5 + min(max(part, least), 1.0) * scale) for part in parts])


def _unnormed(form: str, scale: int) -> Callable[[int], tuple[float, ...]]:
    return lambda word: tuple(fit(F32, max(part / scale, -1.0)) for part in _parts(word, form))


def _low_bytes(parts: tuple[int, ...]) -> int:
    return _word("4B", [part & 0xFF for part in parts])


def _clamped(low: int, high: int) -> Callable[[tuple[int, ...]], int]:
    return lambda parts: _low_bytes(tuple(min(max(part, low), high) for part in parts))


def _halves(word: int) -> tuple[float, ...]:
    found = _parts(word, "2e")
    if not all(map(math.isfinite, found)):
        raise NumberFault("the bits are no finite f16")
    return found


PACKING: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "dot4I8Packed": _dot4("4b"),
        "dot4U8Packed": _dot4("4B"),
        "pack2x16float": lambda parts: _word("2e", [fit(F16, part) for part in parts]),
        "pack2x16snorm": _normed("2h", -1.0, 0x7FFF),
        "pack2x16unorm": _normed("2H", 0.0, 0xFFFF),
        "pack4x8snorm": _normed("4b", -1.0, 0x7F),
        "pack4x8unorm": _normed("4B", 0.0, 0xFF),
        "pack4xI8": _low_bytes,
        "pack4xI8Clamp": _clamped(-0x80, 0x7F),
        "pack4xU8": _low_bytes,
        "pack4xU8Clamp": _clamped(0, 0xFF),
        "unpack2x16float": _halves,
        "unpack2x16snorm": _unnormed("2h", 0x7FFF),
        "unpack2x16unorm": _unnormed("2H", 0xFFFF),
        "unpack4x8snorm": _unnormed("4b", 0x7F),
        "unpack4x8unorm": _unnormed("4B", 0xFF),
        "unpack4xI8": lambda word: _parts(word, "4b"),
        "unpack4xU8": lambda word: _parts(word, "4B"),
    }
)
"""By name: of whole arguments."""
