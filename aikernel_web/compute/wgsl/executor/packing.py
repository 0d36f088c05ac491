"""Numbers packed into the parts of a u32 and out of them again (WGSL, sections 17.9 and 17.10)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .affine import whole
from .casts import joined_halves, parted_halves
from .extremes import limited

_WORD = 32


def pack_snorm(*parts: Any) -> Any:
    """``pack4x8snorm`` and ``pack2x16snorm``, by the number of parts: from [-1, 1], in steps of 1/127 or 1/32767."""
    return _joined([_steps(part, -1.0, _scale(parts) >> 1).astype(np.int32).view(np.uint32) for part in parts])


def pack_unorm(*parts: Any) -> Any:
    """``pack4x8unorm`` and ``pack2x16unorm``: from [0, 1], in steps of 1/255 or 1/65535."""
    return _joined([_steps(part, 0.0, _scale(parts)).astype(np.uint32) for part in parts])


def pack_bytes(*parts: Any) -> Any:
    """``pack4xI8`` and ``pack4xU8``: the low 8 bits of each."""
    return _joined([whole(part).view(np.uint32) for part in parts])


def pack_bytes_clamped(*parts: Any) -> Any:
    """``pack4xI8Clamp`` and ``pack4xU8Clamp``: the nearest that 8 bits have."""
    found = []
    for part in map(whole, parts):
        limits = np.iinfo(np.int8 if part.dtype.type is np.int32 else np.uint8)
        kind = part.dtype.type
        found.append(np.minimum(np.maximum(part, kind(limits.min)), kind(limits.max)).view(np.uint32))
    return _joined(found)


def pack_halves(low: Any, high: Any) -> Any:
    """``pack2x16float``: each rounded to the nearest f16, and infinite beyond them."""
    return joined_halves(low.astype(np.float16), high.astype(np.float16))


def unpack_snorm(word: Any, *, count: int) -> tuple[Any, ...]:
    """``unpack4x8snorm`` and ``unpack2x16snorm``, by ``count``."""
    least, scale = np.float32(-1), np.float32((1 << (_WORD // count - 1)) - 1)
    return tuple(np.maximum(part.astype(np.float32) / scale, least) for part in _signed_parts(word, count))


def unpack_unorm(word: Any, *, count: int) -> tuple[Any, ...]:
    """``unpack4x8unorm`` and ``unpack2x16unorm``."""
    scale = np.float32((1 << (_WORD // count)) - 1)
    return tuple(part.astype(np.float32) / scale for part in _parts(word, count))


def unpack_signed_bytes(word: Any) -> tuple[Any, ...]:
    """``unpack4xI8``."""
    return _signed_parts(word, 4)


def unpack_bytes(word: Any) -> tuple[Any, ...]:
    """``unpack4xU8``."""
    return _parts(word, 4)


def unpack_halves(word: Any) -> tuple[Any, ...]:
    """``unpack2x16float``."""
    low, high = parted_halves(whole(word))
    return low.astype(np.float32), high.astype(np.float32)


def dot_bytes(left: Any, right: Any) -> Any:
    """``dot4U8Packed``."""
    return _summed(_parts(left, 4), _parts(right, 4))


def dot_signed_bytes(left: Any, right: Any) -> Any:
    """``dot4I8Packed``."""
    return _summed(_signed_parts(left, 4), _signed_parts(right, 4))


def _scale(parts: tuple[Any, ...]) -> int:
    """Return the greatest number of the bits that one of the parts of a word has."""
    return (1 << (_WORD // len(parts))) - 1


def _steps(value: Any, least: float, scale: int) -> Any:
    """Return the step that a number within ``least`` and 1 is nearest to."""
    kept = limited(value, np.float32(least), np.float32(1))
    return np.floor(np.float32(0.5) + np.float32(scale) * kept)


def _joined(parts: list[Any]) -> Any:
    width = _WORD // len(parts)
    mask = np.uint32((1 << width) - 1)
    word = parts[0] & mask
    for at, part in enumerate(parts[1:], 1):
        word = word | ((part & mask) << np.uint32(at * width))
    return word


def _parts(word: Any, count: int) -> tuple[Any, ...]:
    word, width = whole(word), _WORD // count
    mask = np.uint32((1 << width) - 1)
    return tuple((word >> np.uint32(at * width)) & mask for at in range(count))


def _signed_parts(word: Any, count: int) -> tuple[Any, ...]:
    """Return the parts with their signs: each at the top of the word, and down again as an i32."""
    word, width = whole(word), _WORD // count
    down = np.int32(_WORD - width)
    return tuple((word << np.uint32(_WORD - (at + 1) * width)).view(np.int32) >> down for at in range(count))


def _summed(left: tuple[Any, ...], right: tuple[Any, ...]) -> Any:
    total = left[0] * right[0]
    for a, b in zip(left[1:], right[1:], strict=True):
        total = total + a * b
    return total
