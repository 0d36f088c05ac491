"""Forms of integer and boolean expressions: scalars and vectors alike."""

from __future__ import annotations

from collections.abc import Callable

from .choices import Choices
from .types import BOOL, Scalar, Type, Vector

Form = Callable[[], str]
Make = Callable[[Type], str]

_DIVISORS = {"i32": ("1i", "3i", "-7i", "1000i"), "u32": ("1u", "3u", "10u", "0x10000u")}
_BITS = (
    "countOneBits",
    "countLeadingZeros",
    "countTrailingZeros",
    "firstLeadingBit",
    "firstTrailingBit",
    "reverseBits",
)
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def _like(wanted: Scalar | Vector, kind: str) -> Scalar | Vector:
    other = Scalar(kind)  # type: ignore[arg-type]
    return Vector(wanted.size, other.kind) if isinstance(wanted, Vector) else other


def integer_forms(choices: Choices, wanted: Scalar | Vector, some: Make, run_time: Make) -> list[Form]:
    """Return forms of i32 and u32."""
    kind, other = wanted.kind, "u32" if wanted.kind == "i32" else "i32"
    unsigned = _like(wanted, "u32")

    def pick(options: tuple[str, ...]) -> str:
        return options[choices.below(len(options))]

    def range_of_bits() -> str:
        # Constants beyond 32 bits together are refused; at run time they are clamped.
        if choices.below(2):
            return f"{choices.below(17)}u, {choices.below(17)}u"
        return f"{run_time(Scalar('u32'))} & 63u, {run_time(Scalar('u32'))} & 63u"

    def amount() -> str:
        # Of a vector naga wants each component that is a constant below 32, the others whatever they are.
        return run_time(unsigned) if isinstance(wanted, Scalar) else f"({run_time(unsigned)} % {unsigned}(40u))"

    forms: list[Form] = [
        lambda: f"({run_time(wanted)} {pick(('+', '-', '*', '&', '|', '^'))} {some(wanted)})",
        lambda: f"({some(wanted)} {pick(('+', '-', '*', '&', '|', '^'))} {run_time(wanted)})",
        lambda: f"(~{run_time(wanted)})",
        lambda: f"({run_time(wanted)} {pick(('/', '%'))} {_spelled(wanted, pick(_DIVISORS[kind]))})",
        lambda: f"({run_time(wanted)} {pick(('/', '%'))} {run_time(wanted)})",
        lambda: f"({run_time(wanted)} {pick(('<<', '>>'))} {amount()})",
        lambda: f"({run_time(wanted)} {pick(('<<', '>>'))} {_spelled(unsigned, f'{choices.below(32)}u')})",
        lambda: f"{pick(_BITS)}({run_time(wanted)})",
        lambda: f"{pick(('min', 'max'))}({run_time(wanted)}, {some(wanted)})",
        lambda: f"abs({run_time(wanted)})",
        lambda: f"clamp({run_time(wanted)}, {run_time(wanted)}, {run_time(wanted)})",
        lambda: f"extractBits({run_time(wanted)}, {range_of_bits()})",
        lambda: f"insertBits({run_time(wanted)}, {some(wanted)}, {range_of_bits()})",
        lambda: f"{wanted}({run_time(_like(wanted, other))})",
        lambda: f"{wanted}({run_time(_like(wanted, 'bool'))})",
        lambda: f"bitcast<{wanted}>({run_time(_like(wanted, other))})",
    ]
    if kind == "i32":
        forms += [
            lambda: f"(-{run_time(wanted)})",
            lambda: f"sign({run_time(wanted)})",
            lambda: f"{wanted}({run_time(_like(wanted, 'exact'))})",
        ]
    if isinstance(wanted, Vector):
        forms += [
            lambda: f"({run_time(wanted)} {pick(('+', '-', '*'))} {some(wanted.scalar)})",
            lambda: f"({some(wanted.scalar)} {pick(('+', '-', '*'))} {run_time(wanted)})",
        ]
        if wanted == Vector(4, "u32"):
            forms.append(lambda: f"unpack4xU8({run_time(Scalar('u32'))})")
        if wanted == Vector(4, "i32"):
            forms.append(lambda: f"unpack4xI8({run_time(Scalar('u32'))})")
        return forms
    vector = Vector(2 + choices.below(3), kind)
    forms.append(lambda: f"dot({run_time(vector)}, {some(vector)})")
    if kind == "u32":
        forms += [
            lambda: f"pack4xU8({run_time(Vector(4, 'u32'))})",
            lambda: f"pack4xI8({run_time(Vector(4, 'i32'))})",
            lambda: f"dot4U8Packed({run_time(wanted)}, {run_time(wanted)})",
        ]
    else:
        forms.append(lambda: f"dot4I8Packed({run_time(Scalar('u32'))}, {run_time(Scalar('u32'))})")
    return forms


def bool_forms(choices: Choices, wanted: Scalar | Vector, some: Make, run_time: Make) -> list[Form]:
    """Return forms of bool."""

    def pick(options: tuple[str, ...]) -> str:
        return options[choices.below(len(options))]

    def compared(kind: str) -> str:
        of = _like(wanted, kind)
        return f"({run_time(of)} {pick(_COMPARISONS)} {some(of)})"

    forms: list[Form] = [
        lambda: compared("u32"),
        lambda: compared("i32"),
        lambda: compared("exact"),
        lambda: f"(!{run_time(wanted)})",
        lambda: f"({run_time(wanted)} {pick(('&', '|', '==', '!='))} {some(wanted)})",
        lambda: f"{wanted}({run_time(_like(wanted, pick(('u32', 'i32', 'exact'))))})",
    ]
    if isinstance(wanted, Scalar):
        vector = Vector(2 + choices.below(3), "bool")
        forms += [
            lambda: f"({run_time(BOOL)} {pick(('&&', '||'))} {some(BOOL)})",
            lambda: f"{pick(('any', 'all'))}({run_time(vector)})",
        ]
    return forms


def _spelled(wanted: Scalar | Vector, literal: str) -> str:
    return f"{wanted}({literal})" if isinstance(wanted, Vector) else literal
