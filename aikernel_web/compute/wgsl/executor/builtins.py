"""Calls of WGSL's own functions in the generated code (section 17), but for those of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import TypeAlias

from ..typed.tree import BuiltinCall
from .builtins_bits import BITS
from .builtins_floats import FLOATS
from .builtins_numbers import NUMBERS
from .builtins_packing import PACKING
from .builtins_subgroups import SUBGROUPS
from .builtins_vectors import VECTORS
from .conversions import bitcast
from .emitter import Atoms, Emitter

Expander: TypeAlias = Callable[[Emitter, BuiltinCall, list[Atoms]], Atoms]

EXPANDERS: Mapping[str, Expander] = MappingProxyType(
    dict(
        chain(
            *(table.items() for table in (BITS, FLOATS, NUMBERS, PACKING, SUBGROUPS, VECTORS)), [("bitcast", bitcast)]
        )
    )
)
"""By name, what writes the code of a call."""


def call(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    """Return the result of a call of a function that has nothing to do with memory."""
    expander = EXPANDERS.get(node.name)
    if expander is None:
        emitter.refuse(node.span, f"{node.name!r} does not run on the CPU")
    return expander(emitter, node, arguments)
