"""Plain numbers for small variables, packed without NumPy: most uniforms are a few of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from .layouts import Layout

_CODES = {"float32": "f", "float16": "e", "int32": "i", "uint32": "I"}

Packer = Callable[[object], bytes | None]


def packer_of(layout: Layout) -> Packer | None:
    """Return what packs a number, or the scalar members of a structure given as a tuple or a dict.

    It answers None for anything else, and for what does not fit: `array_of` tells then what is wrong. There is no
    packer for layouts of anything but scalars.
    """
    members = [(member.name, member.offset, member.layout) for member in layout.members]
    if layout.dims or any(inner.dims or inner.dtype is None for _, _, inner in members):
        return None
    if layout.dtype is not None:
        members = [("", 0, layout)]
    form, end = "<", 0
    for _, offset, inner in members:
        assert inner.dtype is not None  # noqa: S101 - structures were sorted out above
        form += "x" * (offset - end) + _CODES[inner.dtype.name]
        end = offset + inner.size
    pack = struct.Struct(form + "x" * (-(-layout.size // 4) * 4 - end)).pack
    names = tuple(name for name, _, _ in members)

    def pack_scalar(value: object) -> bytes | None:
        try:
            return pack(value)
        except (struct.error, OverflowError, TypeError):
            return None

    def pack_members(value: object) -> bytes | None:
        try:
            if isinstance(value, Mapping):
                return pack(*[value[name] for name in names]) if len(value) == len(names) else None
            return pack(*value) if isinstance(value, tuple | list) else None
        except (struct.error, OverflowError, TypeError, KeyError):
            return None

    return pack_members if layout.dtype is None else pack_scalar
