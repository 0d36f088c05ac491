"""Functions of floats (WGSL, section 17.5) in the generated code, component by component."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..typed.tree import BuiltinCall
from .emitter import Atoms, Emitter
from .expanders import Expander, by_text, functions
from .floats import parted, quantized, saturated, scaled, smoothstep, step
from .shapes import each


def _pairs(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    """Write ``frexp`` and ``modf``, whose results have two members."""
    function = emitter.use(parted if node.name == "frexp" else np.modf)
    (value,) = arguments
    if isinstance(value, str):
        return emitter.temps(2, f"{function}({value})")
    return tuple(zip(*(emitter.temps(2, f"{function}({part})") for part in value), strict=True))


def _mix(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    """Write ``mix`` by the standard's formula: with a multiplication less, a number is lost beside a large one."""
    del node
    left, right, part = arguments
    rest = each(lambda atom: emitter.temp(f"1.0 - {atom}"), part)
    return each(lambda a, b, of_a, of_b: emitter.temp(f"{a} * {of_a} + {b} * {of_b}"), left, right, rest, part)


FLOATS: Mapping[str, Expander] = MappingProxyType(
    {
        **functions(
            acos=np.arccos,
            acosh=np.arccosh,
            asin=np.arcsin,
            asinh=np.arcsinh,
            atan=np.arctan,
            atan2=np.arctan2,
            atanh=np.arctanh,
            ceil=np.ceil,
            cos=np.cos,
            cosh=np.cosh,
            exp=np.exp,
            exp2=np.exp2,
            floor=np.floor,
            ldexp=scaled,
            log=np.log,
            log2=np.log2,
            pow=np.power,
            quantizeToF16=quantized,
            round=np.rint,
            saturate=saturated,
            sin=np.sin,
            sinh=np.sinh,
            smoothstep=smoothstep,
            sqrt=np.sqrt,
            step=step,
            tan=np.tan,
            tanh=np.tanh,
            trunc=np.trunc,
        ),
        "degrees": by_text("{0} * 57.29577951308232"),
        "fma": by_text("{0} * {1} + {2}"),
        "fract": by_text("{0} - {floor}({0})", floor=np.floor),
        "frexp": _pairs,
        "inverseSqrt": by_text("1.0 / {sqrt}({0})", sqrt=np.sqrt),
        "mix": _mix,
        "modf": _pairs,
        "radians": by_text("{0} * 0.017453292519943295"),
    }
)
