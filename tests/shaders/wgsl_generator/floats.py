"""Forms of float expressions: exact ones, which come out equal everywhere, and unit ones, which come out close."""

from __future__ import annotations

from collections.abc import Callable

from .choices import Choices
from .types import UNIT, Matrix, Scalar, Type, Vector

Form = Callable[[], str]
Make = Callable[[Type], str]

# Of values between -1 and 1, to values between -1 and 1, with slopes below 4 and no step: what comes in rounded goes
# out rounded little more. Denominators and arguments of logarithms and roots stay away from 0.
_UNIT_CALLS = (
    "sin({0} * 3.0)",
    "cos({0} * 2.0)",
    "tanh({0} * 2.0)",
    "(tan({0}) * 0.5)",
    "(asin({0} * 0.5))",
    "(acos({0} * 0.5) * 0.25)",
    "atan({0})",
    "(sinh({0}) * 0.5)",
    "(cosh({0}) * 0.5)",
    "(asinh({0} * 2.0) * 0.5)",
    "(acosh({0} + 3.0) * 0.4)",
    "(atanh({0} * 0.5))",
    "(exp({0}) * 0.3)",
    "(exp2({0}) * 0.5)",
    "(log({0} + 2.0) * 0.5)",
    "(log2({0} + 3.0) * 0.5)",
    "(sqrt({0} + 2.0) * 0.5)",
    "(inverseSqrt({0} + 2.0))",
    "(radians({0}) * 50.0)",
    "(degrees({0}) * 0.01)",
    "abs({0})",
    "(-{0})",
    "saturate({0})",
    "(modf({0} * 0.5).fract)",
    "(1.0 / ({0} + 3.0))",
    "sign({0} + 4.0)",
)
_UNIT_PAIRS = (
    "(({0} + {1}) * 0.5)",
    "(({0} - {1}) * 0.5)",
    "({0} * {1})",
    "({0} / ({1} + 3.0))",
    "min({0}, {1})",
    "max({0}, {1})",
    "(atan2({0}, {1} + 2.5))",
    "(pow({0} + 2.0, {1}) * 0.3)",
    "(smoothstep(ONE * -2.0, ONE * 2.0, {0}) * {1})",
    "mix({0}, {1}, ONE * 0.375)",
    "(fma({0}, {1}, {0}) * 0.5)",
    "clamp({0}, ONE * -0.5, {1} * 0.25 + ONE * 0.5)",
    "ldexp({0}, INTS(-2))",
)


def _like(wanted: Scalar | Vector, kind: str) -> Scalar | Vector:
    other = Scalar(kind)  # type: ignore[arg-type]
    return Vector(wanted.size, other.kind) if isinstance(wanted, Vector) else other


def exact_forms(choices: Choices, wanted: Scalar | Vector, some: Make, run_time: Make) -> list[Form]:
    """Return forms of exact floats: multiples of 1/8 that stay below 4096, so that no result is rounded."""

    def pick(*options: str) -> str:
        return options[choices.below(len(options))]

    def kept(text: str) -> str:
        return f"clamp({text}, {wanted}(-4096.0), {wanted}(4096.0))"

    def step() -> str:
        return f"step({run_time(wanted)}, {some(wanted)})"

    return [
        lambda: kept(f"{run_time(wanted)} {pick('+', '-')} {some(wanted)}"),
        lambda: kept(f"floor({run_time(wanted)}) * floor({some(wanted)})"),
        lambda: f"(-{run_time(wanted)})",
        lambda: f"{pick('floor', 'ceil', 'trunc', 'round', 'abs', 'sign', 'fract')}({run_time(wanted)})",
        lambda: f"{pick('min', 'max')}({run_time(wanted)}, {some(wanted)})",
        step,
        lambda: f"{wanted}({run_time(_like(wanted, 'i32'))} % {_like(wanted, 'i32')}(1000i))",
        lambda: f"({wanted}({run_time(_like(wanted, 'u32'))} & {_like(wanted, 'u32')}(4095u)) * 0.125)",
        lambda: f"{wanted}({run_time(_like(wanted, 'bool'))})",
    ]


def unit_forms(choices: Choices, wanted: Scalar | Vector, some: Make, run_time: Make) -> list[Form]:
    """Return forms of unit floats."""
    ints = str(_like(wanted, "i32"))

    def filled(template: str) -> str:
        text = template.replace("ONE", f"{wanted}(1.0)").replace("INTS", ints)
        return text.format(run_time(wanted), some(wanted))

    forms: list[Form] = [
        lambda: filled(_UNIT_PAIRS[choices.below(len(_UNIT_PAIRS))]),
        lambda: filled(_UNIT_CALLS[choices.below(len(_UNIT_CALLS))]),
        lambda: f"({run_time(_like(wanted, 'exact'))} * (1.0 / 4096.0))",
        lambda: f"({wanted}({run_time(_like(wanted, 'i32'))}) * 0x1p-31f)",
    ]
    if isinstance(wanted, Scalar):
        vector = Vector(2 + choices.below(3), "unit")
        forms += [
            lambda: f"(dot({run_time(vector)}, {some(vector)}) * 0.25)",
            lambda: f"(length({run_time(vector)} + vec{vector.size}<f32>(2.0)) * 0.15)",
            lambda: f"(distance({run_time(vector)}, {some(vector)} + vec{vector.size}<f32>(4.0)) * 0.08)",
            lambda: f"(determinant({run_time(Matrix(vector.size, vector.size))}) * 0.04)",
        ]
        return forms
    columns = 2 + choices.below(3)
    matrix, turned = Matrix(columns, wanted.size), Matrix(wanted.size, columns)
    other = Vector(columns, "unit")
    forms += [
        lambda: f"({run_time(wanted)} * {some(UNIT)})",
        lambda: f"normalize({run_time(wanted)} + {wanted}(2.0))",
        lambda: f"({run_time(matrix)} * {some(other)} * 0.25)",
        lambda: f"({some(other)} * {run_time(turned)} * 0.25)",
        lambda: f"(reflect({run_time(wanted)}, normalize({some(wanted)} + {wanted}(2.0))) * 0.1)",
    ]
    if wanted.size == 3:
        forms.append(lambda: f"(cross({run_time(wanted)}, {some(wanted)}) * 0.5)")
    return forms


def matrix_forms(choices: Choices, wanted: Matrix, some: Make, run_time: Make) -> list[Form]:
    """Return forms of matrices, whose elements are unit floats."""
    inner = 2 + choices.below(3)
    left, right = Matrix(inner, wanted.rows), Matrix(wanted.columns, inner)

    def made_of(part: Type, count: int) -> str:
        return f"{wanted}({', '.join([run_time(part), *(some(part) for _ in range(count - 1))])})"

    return [
        lambda: made_of(wanted.column, wanted.columns),
        lambda: made_of(UNIT, wanted.columns * wanted.rows),
        lambda: f"(({run_time(wanted)} + {some(wanted)}) * 0.5)",
        lambda: f"(({run_time(wanted)} - {some(wanted)}) * 0.5)",
        lambda: f"({run_time(wanted)} * {some(UNIT)})",
        lambda: f"(({run_time(left)} * {some(right)}) * 0.25)",
        lambda: f"transpose({run_time(Matrix(wanted.rows, wanted.columns))})",
    ]
