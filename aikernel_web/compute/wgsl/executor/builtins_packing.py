"""Packing and unpacking (WGSL, sections 17.5, 17.9 and 17.10) in the generated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..typed.tree import BuiltinCall
from .emitter import Atoms, Emitter
from .expanders import Expander, functions
from .packing import (
    dot_bytes,
    dot_signed_bytes,
    pack_bytes,
    pack_bytes_clamped,
    pack_halves,
    pack_snorm,
    pack_unorm,
    unpack_bytes,
    unpack_halves,
    unpack_signed_bytes,
    unpack_snorm,
    unpack_unorm,
)
from .shapes import components


def _packed(function: Callable[..., Any]) -> Expander:
    def expand(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
        del node
        return emitter.temp(f"{emitter.use(function)}({', '.join(components(arguments[0]))})")

    return expand


def _unpacked(count: int, function: Callable[..., Any], options: str = "") -> Expander:
    def expand(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
        del node
        return emitter.temps(count, f"{emitter.use(function)}({arguments[0]}{options})")

    return expand


PACKING: Mapping[str, Expander] = MappingProxyType(
    {
        **functions(dot4I8Packed=dot_signed_bytes, dot4U8Packed=dot_bytes),
        "pack2x16float": _packed(pack_halves),
        "pack2x16snorm": _packed(pack_snorm),
        "pack2x16unorm": _packed(pack_unorm),
        "pack4x8snorm": _packed(pack_snorm),
        "pack4x8unorm": _packed(pack_unorm),
        "pack4xI8": _packed(pack_bytes),
        "pack4xI8Clamp": _packed(pack_bytes_clamped),
        "pack4xU8": _packed(pack_bytes),
        "pack4xU8Clamp": _packed(pack_bytes_clamped),
        "unpack2x16float": _unpacked(2, unpack_halves),
        "unpack2x16snorm": _unpacked(2, unpack_snorm, ", count=2"),
        "unpack2x16unorm": _unpacked(2, unpack_unorm, ", count=2"),
        "unpack4x8snorm": _unpacked(4, unpack_snorm, ", count=4"),
        "unpack4x8unorm": _unpacked(4, unpack_unorm, ", count=4"),
        "unpack4xI8": _unpacked(4, unpack_signed_bytes),
        "unpack4xU8": _unpacked(4, unpack_bytes),
    }
)
