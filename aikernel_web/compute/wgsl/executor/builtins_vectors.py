"""Functions of vectors and matrices as wholes (WGSL, sections 17.4 and 17.5) in the generated code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..typed.tree import BuiltinCall
from ..types import F16
from .blend import blend
from .emitter import Atoms, Emitter
from .expanders import Expander
from .floats import half_length, refracted
from .kinds import component
from .matrices import cross, determinant, transpose
from .shapes import components, dot, each


def _dot(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    return emitter.temp(dot(arguments[0], arguments[1]))


def _cross(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    return cross(emitter, arguments[0], arguments[1])


def _length(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    (value,) = arguments
    if isinstance(value, str):
        return emitter.temp(f"{emitter.use(np.absolute)}({value})")
    if component(node.arguments[0].type) == F16:
        return emitter.temp(f"{emitter.use(half_length)}({', '.join(components(value))})")
    return emitter.temp(f"{emitter.use(np.sqrt)}({dot(value, value)})")


def _distance(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    return _length(emitter, node, [each(lambda a, b: emitter.temp(f"{a} - {b}"), *arguments)])


def _normalize(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    size = _length(emitter, node, arguments)
    return each(lambda part: emitter.temp(f"{part} / {size}"), arguments[0])


def _face_forward(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    value, incident, reference = arguments
    toward = emitter.temp(f"{dot(incident, reference)} < 0.0")
    return each(lambda part: emitter.temp(f"{emitter.use(blend)}({toward}, {part}, -{part})"), value)


def _reflect(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    value, normal = arguments
    twice = emitter.temp(f"2.0 * ({dot(normal, value)})")
    return each(lambda part, along: emitter.temp(f"{part} - {twice} * {along}"), value, normal)


def _refract(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    value, normal, ratio = arguments
    along = emitter.temp(dot(normal, value))
    rest = emitter.temp(f"1.0 - {ratio} * {ratio} * (1.0 - {along} * {along})")
    across = emitter.temp(f"{ratio} * {along} + {emitter.use(np.sqrt)}({rest})")
    name = emitter.use(refracted)
    return each(lambda part, up: emitter.temp(f"{name}({rest}, {ratio} * {part} - {across} * {up})"), value, normal)


def _determinant(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    return determinant(emitter, arguments[0])


def _transpose(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del emitter, node
    return transpose(arguments[0])


VECTORS: Mapping[str, Expander] = MappingProxyType(
    {
        "cross": _cross,
        "determinant": _determinant,
        "distance": _distance,
        "dot": _dot,
        "faceForward": _face_forward,
        "length": _length,
        "normalize": _normalize,
        "reflect": _reflect,
        "refract": _refract,
        "transpose": _transpose,
    }
)
