"""Constants."""

from __future__ import annotations

from .choices import Choices
from .types import Array, Kind, Matrix, Scalar, Struct, Type, Vector

_I32 = ("0i", "1i", "-1i", "2i", "7i", "100i", "-13i", "2147483647i", "i32(-2147483648)", "65536i")
_U32 = ("0u", "1u", "2u", "5u", "31u", "32u", "255u", "65535u", "0x80000000u", "4294967295u", "0xdeadbeefu")
_EXACT = ("0.0", "1.0", "-1.0", "0.5", "-2.5", "3.25", "17.0f", "-100.125", "0x1p4f")
_UNIT = ("0.5", "-0.25", "0.875", "1.0f", "-1.0", "0.1", "-0.7f", "0x1.8p-3f", "1e-3")
_BY_KIND: dict[Kind, tuple[str, ...]] = {
    "bool": ("false", "true"),
    "i32": _I32,
    "u32": _U32,
    "exact": _EXACT,
    "unit": _UNIT,
}


def literal(choices: Choices, wanted: Type) -> str:
    """Return a constant expression of a type."""
    if isinstance(wanted, Scalar):
        options = _BY_KIND[wanted.kind]
        return options[choices.below(len(options))]
    if isinstance(wanted, Vector) and choices.below(2):
        return f"{wanted}({literal(choices, wanted.scalar)})"
    if isinstance(wanted, Array | Struct) and choices.below(3) == 0:
        return f"{wanted}()"
    return f"{wanted}({_list(choices, _parts(wanted))})"


def _parts(wanted: Vector | Matrix | Array | Struct) -> list[Type]:
    if isinstance(wanted, Vector):
        return [wanted.scalar] * wanted.size
    if isinstance(wanted, Matrix):
        return [wanted.column] * wanted.columns
    if isinstance(wanted, Array):
        return [wanted.element] * wanted.count
    return [member for _, member in wanted.members]


def _list(choices: Choices, parts: list[Type]) -> str:
    return ", ".join(literal(choices, part) for part in parts)
