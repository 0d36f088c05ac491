"""Functions of integers and floats, and those of truths (WGSL, sections 17.3 and 17.5), in the generated code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..typed.tree import BuiltinCall
from ..types import U32
from ..values import FLOATS
from .blend import blend
from .emitter import Atoms, Emitter
from .expanders import Expander, by_function
from .extremes import greater, lesser, limited
from .integers import greatest, least, magnitude, sign, within
from .kinds import component
from .shapes import each, leaves

_OF_FLOATS: Mapping[str, Expander] = MappingProxyType(
    {
        "abs": by_function(np.absolute),
        "clamp": by_function(limited),
        "max": by_function(greater),
        "min": by_function(lesser),
        "sign": by_function(np.sign),
    }
)
_OF_INTEGERS: Mapping[str, Expander] = MappingProxyType(
    {
        "abs": by_function(magnitude),
        "clamp": by_function(within),
        "max": by_function(greatest),
        "min": by_function(least),
        "sign": by_function(sign),
    }
)


def _by_kind(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    kind = component(node.arguments[0].type)
    if node.name == "abs" and kind == U32:
        return arguments[0]
    return (_OF_FLOATS if kind in FLOATS else _OF_INTEGERS)[node.name](emitter, node, arguments)


def _select(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    otherwise, chosen, condition = arguments
    name = emitter.use(blend)
    return each(lambda old, new, where: emitter.temp(f"{name}({where}, {new}, {old})"), otherwise, chosen, condition)


def _joined(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    """Write ``all`` and ``any``."""
    truths = leaves(arguments[0])
    return truths[0] if len(truths) == 1 else emitter.temp((" & " if node.name == "all" else " | ").join(truths))


NUMBERS: Mapping[str, Expander] = MappingProxyType(
    {**dict.fromkeys(_OF_FLOATS, _by_kind), "all": _joined, "any": _joined, "select": _select}
)
