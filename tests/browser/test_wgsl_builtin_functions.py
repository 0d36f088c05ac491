"""WGSL's own functions held against the browser's compiler: the overload of each call, and what constants come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest
from test_wgsl_front_end import COMPILE

from aikernel_web.compute.wgsl.fault import Fault
from aikernel_web.compute.wgsl.source import Span
from aikernel_web.compute.wgsl.typed.conversions import concrete_type
from aikernel_web.compute.wgsl.typed.signatures import resolve
from aikernel_web.compute.wgsl.typed.signatures_numeric import NUMERIC
from aikernel_web.compute.wgsl.types import (
    ABSTRACT_FLOAT,
    ABSTRACT_INT,
    BOOL,
    F16,
    F32,
    I32,
    U32,
    Matrix,
    Scalar,
    Struct,
    Type,
    Vector,
)
from aikernel_web.compute.wgsl.values import Data, NumberFault, fit

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Span(0, 1)
ABSTRACTS: list[tuple[str, Type]] = [
    ("1", ABSTRACT_INT),
    ("0.5", ABSTRACT_FLOAT),
    ("vec2(1)", Vector(2, ABSTRACT_INT)),
    ("vec3(0.5)", Vector(3, ABSTRACT_FLOAT)),
    ("mat2x2(1, 2, 3, 4)", Matrix(2, 2, ABSTRACT_FLOAT)),
]
SHAPES: list[Type] = [made for kind in (BOOL, I32, U32, F32) for made in (kind, Vector(2, kind), Vector(3, kind))]
VARIABLES: list[tuple[str, Type]] = [
    (f"v{at}", kind) for at, kind in enumerate([*SHAPES, Matrix(2, 2, F32), Matrix(3, 2, F32)])
]
CALLS = 40
"""Of each function and number of arguments."""
ROUNDS = 8
"""Constants of each signature and type."""
INTEGERS = [0, 1, -1, 2, 7, 31, 32, -8, 255, 65535, -(1 << 31), (1 << 31) - 1]
WORDS = [0, 1, 7, 31, 32, 255, 0x3C00BC00, 0x80FF7F01, 0xFFFFFFFF]
FLOATS = [0.0, 1.0, -1.0, 0.5, -0.75, 2.5, 100.0, 0.1, 1e-3, 65504.0, 1e5, 1e30, -3e38]
SMALL = [0.0, 1.0, -1.0, 0.5, -0.75, 2.5, 7.0]
"""In matrices: of larger ones the determinant has nothing but the errors of its steps."""
TOLERANCES = {F32: 2e-6, ABSTRACT_FLOAT: 1e-12}
"""Sines and the like differ in the last places."""


@pytest.fixture
def refused(kernel_page: Page) -> Callable[[Sequence[str]], list[str]]:
    """Compile texts: the first error of each, or nothing."""

    def compile_all(texts: Sequence[str]) -> list[str]:
        found: list[Any] = []
        for first in range(0, len(texts), 1000):
            found += kernel_page.evaluate(COMPILE, list(texts[first : first + 1000]))[0]
        return [errors[0][1] if errors else "" for errors in found]

    return compile_all


def calls(dice: random.Random) -> Iterator[tuple[str, list[tuple[str, Type]], bool]]:
    """Return functions with arguments, half of them all of one kind, and whether they all are constants."""
    for name, ways in NUMERIC.items():
        for count in sorted({len(way.parameters) for way in ways}):
            for _ in range(CALLS):
                pool = VARIABLES + ABSTRACTS
                if dice.random() < 0.7:
                    first = dice.choice(pool)[1]
                    pool = [item for item in pool if item[1] == first] + ABSTRACTS
                chosen = [dice.choice(pool) for _ in range(count)]
                yield name, chosen, all(item in ABSTRACTS for item in chosen)


def test_a_call_means_the_overload_that_the_browser_chooses(refused: Callable[[Sequence[str]], list[str]]) -> None:
    declared = "enable subgroups; " + "".join(f"var<private> {name}: {kind}; " for name, kind in VARIABLES)
    texts, taken = [], []
    for name, arguments, constant in calls(random.Random(1)):
        call = f"{name}({', '.join(text for text, _ in arguments)})"
        wanted = ""
        try:
            result = resolve(name, [kind for _, kind in arguments], None, HERE, constant=constant).result
            if not isinstance(result, Struct):
                wanted = f": {concrete_type(cast('Type', result))}"
            taken.append(True)
        except Fault:
            taken.append(False)
        texts.append(f"{declared}fn f() {{ let r{wanted} = {call}; }}")
    different = [
        (text.partition("fn f")[2], message)
        for text, ours, message in zip(texts, taken, refused(texts), strict=True)
        # Other messages are about the values of constants.
        if ours == ("no matching call" in message or "cannot initialize" in message)
    ]
    assert different == []
    assert 0.2 < sum(taken) / len(taken) < 0.9


def written(kind: Type, dice: random.Random, floats: Sequence[float] = FLOATS) -> tuple[str, Data]:
    """Return a constant as it is written, and its value."""
    match kind:
        case Vector(width, component):
            parts = [written(component, dice, floats) for _ in range(width)]
            return f"vec{width}({', '.join(text for text, _ in parts)})", tuple(data for _, data in parts)
        case Matrix(columns, rows):
            parts = [written(kind.column, dice, SMALL) for _ in range(columns)]
            return f"mat{columns}x{rows}({', '.join(text for text, _ in parts)})", tuple(data for _, data in parts)
    if kind == BOOL:
        truth = dice.random() < 0.5
        return str(truth).lower(), truth
    if kind == U32:
        number: float = dice.choice(WORDS)
        return f"{number}u", number
    if kind in (I32, ABSTRACT_INT):
        number = dice.choice(INTEGERS)
        return f"i32({number})" if kind == I32 else f"({number})", number
    number = dice.choice(floats)
    return f"({number!r}{'f' if kind == F32 else ''})", fit(cast("Scalar", kind), number)


def checks(text: str, kind: Type | None, data: Any) -> Iterator[str]:
    """Return conditions that hold where an expression has a value."""
    match kind:
        case Struct(members=members):
            for member, part in zip(members, data, strict=True):
                yield from checks(f"{text}.{member.name}", member.type, part)
        case Vector() | Matrix():
            inner = kind.component if isinstance(kind, Vector) else kind.column
            for at, part in enumerate(data):
                yield from checks(f"{text}[{at}]", inner, part)
        case Scalar() if kind in TOLERANCES:
            number = f"({data!r}{'f' if kind == F32 else ''})"
            yield f"abs({text} - {number}) <= {TOLERANCES[kind]} * max(1, abs({text}))"
        case _:
            yield f"{text} == {str(data).lower()}{'u' if kind == U32 else ''}"


def test_constants_of_all_functions_have_the_browsers_values(refused: Callable[[Sequence[str]], list[str]]) -> None:
    dice = random.Random(2)
    texts, ours = [], []
    for name, ways in NUMERIC.items():
        for way in ways:
            varies = any(pattern.component is None for pattern in way.parameters)
            for kind in way.kinds if varies else (BOOL,):
                for _ in range(ROUNDS if kind != F16 else 0):
                    sizes: dict[Any, int] = {letter: dice.choice((2, 3, 4)) for letter in "NCR"}
                    found = resolve(name, [pattern.made(sizes, kind) for pattern in way.parameters], None, HERE)
                    if found.constant is None:
                        continue
                    arguments = [written(parameter, dice) for parameter in found.parameters]
                    text = f"const x = {name}({', '.join(part for part, _ in arguments)});"
                    try:
                        data = found.constant([part for _, part in arguments])
                    except NumberFault:
                        ours.append(False)
                    else:
                        ours.append(True)
                        text += "".join(f" const_assert {check};" for check in checks("x", found.result, data))
                    texts.append(text)
    assert len(texts) > 1500
    messages = refused(texts)
    different = [
        (text, message) for text, mine, message in zip(texts, ours, messages, strict=True) if mine == bool(message)
    ]
    assert different == []
