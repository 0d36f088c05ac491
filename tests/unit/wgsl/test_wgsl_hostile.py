"""Texts that want to hang or crash the front end: each is taken or refused by code, and soon."""

# ruff: noqa: E501 - texts of one line
from __future__ import annotations

import random
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wgsl_corpus import INVALID, VALID

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.shader_errors import WgslError

MEGABYTE = 1 << 20
SECONDS = 45
"""Of processor time; on an idle machine each takes ten at most."""


def repeated(text: str, size: int = MEGABYTE - 100) -> str:
    return text * (size // len(text))


def chain(line: str, count: int, first: str) -> str:
    """Declarations of which each uses the one before it."""
    return first + "".join(line.format(n=n, m=n - 1) for n in range(1, count))


MANY = 100_000
HOSTILE = {
    "round brackets": "const a = " + "(" * MANY,
    "round brackets that close": "const a = " + "(" * MANY + "1" + ")" * MANY + ";",
    "square brackets": "fn f() { a" + "[a" * MANY,
    "square brackets that close": "fn f() { _ = a" + "[0]" * MANY + "; }",
    "template lists": "alias A = " + "array<" * MANY + "f32" + ", 1>" * MANY + ";",
    "template lists that do not close": "alias A = " + "array<" * MANY,
    "less and less": "const a = a " + "< a " * MANY + ";",
    "calls": "fn f() { " + "f(" * MANY,
    "calls in template lists": "const a = " + "f<f(" * MANY,
    "blocks": "fn f() " + "{" * MANY,
    "blocks that close": "fn f() " + "{" * MANY + "}" * MANY,
    "braces that close": "}" * MANY,
    "else after else": "fn f() { if a {} " + "else if a {} " * 50_000 + "}",
    "signs": "const a = " + "-" * MEGABYTE,
    "signs apart": "const a = " + "- " * MANY + "1;",
    "sums": "const a = 1" + "+1" * MANY + ";",
    "products of sums": "const a = " + "(1+2*" * 120 + "1" + ")" * 120 + ";",
    "members": "fn f() { _ = a" + ".b" * MANY + "; }",
    "attributes": "@a" * MANY,
    "attributes with brackets": "fn f() { " + "@a(" * MANY,
    "attributes before blocks": "fn f() { " + "@diagnostic(off, a) {" * 20_000,
    "switches": "fn f() { " + "switch a { default { " * 10_000,
    "loops": "fn f() { " + "loop { continuing { " * 10_000,
    "fors": "fn f() { " + "for (;;) { " * 10_000,
    "an open comment": repeated("/* "),
    "comments in comments": repeated("/*", MEGABYTE // 2) + repeated("*/", MEGABYTE // 2),
    "one long name": "a" * MEGABYTE,
    "one long number": "const a = " + "1" * (MEGABYTE - 20) + ";",
    "one long hexadecimal number": "const a = 0x" + "f" * (MEGABYTE - 20) + "p1;",
    "a huge exponent": "const a = 1e999999999; const b = 0x1p999999999; const c = 1e-999999999;",
    "blanks": " " * MEGABYTE,
    "line breaks": "\n" * (MEGABYTE - 20) + "const a = b;",
    "marks that combine": "a" + "\u0301" * (MEGABYTE - 10),
    "characters of no language": "`" * MEGABYTE,
    "characters of no language in lines": repeated("`\n"),
    "semicolons": ";" * MEGABYTE,
    "mistakes": repeated("fn f() { a b; }\n"),
    "mistakes in one line": repeated("fn f() { a b; } "),
    "mistakes of the module": repeated("var x y;\n"),
    "mistakes before a distant end": repeated("x y z "),
    "unknown names": repeated("fn f() { _ = nothing; }\n"),
    "a text that is too long": "a" * (MEGABYTE + 1),
    "shifts": "const a = 1 << 1000000000000; const b = 1 << (1 << 62); const c = 0 << (1 << 62);",
    "powers": chain("const a{n} = a{m} * a{m};", 2000, "const a0 = 3;"),
    "powers of floats": chain("const a{n} = a{m} * a{m};", 2000, "const a0 = 1.5;"),
    "arrays of arrays": chain("const a{n} = array(a{m}, a{m}, a{m}, a{m});", 40, "const a0 = 1;"),
    "aliases of arrays": chain("alias A{n} = array<A{m}, 16>;", 100, "alias A0 = f32;") + "var<private> a: A99;",
    "aliases of small arrays": chain("alias A{n} = array<A{m}, 1>;", 5000, "alias A0 = f32;") + "var<private> a: A4999;",
    "aliases": chain("alias A{n} = A{m};", 20_000, "alias A0 = f32;"),
    "aliases backwards": "".join(f"alias A{n} = A{n + 1};" for n in range(20_000)) + "alias A20000 = f32;",
    "structures in structures": chain("struct S{n} {{ a: S{m}, b: S{m} }}", 30, "struct S0 { a: f32 }") + "@group(0) @binding(0) var<storage> s: S29;",
    "structures in many structures": chain("struct S{n} {{ a: S{m}, b: S{m} }}", 5000, "struct S0 { a: f32 }"),
    "values of structures in structures": chain("struct S{n} {{ a: S{m}, b: S{m} }}", 28, "struct S0 { a: f32 }") + "const a = S27(); const b = S15();",
    "large values again and again": "const a = array<f32, 60000>();" + "".join(f"const a{n} = array<f32, 60000>();" for n in range(20_000)),
    "constants of constants": chain("const a{n} = a{m} + 1;", 20_000, "const a0 = 1;"),
    "overrides of overrides": chain("override a{n} = a{m} + 1;", 10_000, "override a0 = 1;") + "@compute @workgroup_size(a9999) fn main() {}",
    "functions that call functions": chain("fn f{n}() {{ f{m}(); f{m}(); }}", 15_000, "fn f0() {}"),
    "a ring of functions": chain("fn f{n}() {{ f{m}(); }}", 15_000, "fn f0() { f14999(); }"),
    "rings of functions": "".join(f"fn f{n}() {{ f{(n * 7919) % 8000}(); f{(n + 1) % 8000}(); }}" for n in range(8000)),
    "entry points that reach everything": chain("fn f{n}() {{ f{m}(); }}", 10_000, "fn f0() {}")
    + "".join(f"@compute @workgroup_size(1) fn e{n}() {{ f9999(); }}" for n in range(9000)),
    "entry points with all bindings": "".join(f"@group(0) @binding({n}) var<storage> a{n}: f32;" for n in range(8000))
    + "".join(f"@compute @workgroup_size(1) fn e{n}() {{ _ = a{n}; }}" for n in range(8000)),
    "ids": "".join(f"@id({n}) override a{n} = 1;" for n in range(20_000)),
    "one structure of many members": "struct S { " + "".join(f"a{n}: f32, " for n in range(60_000)) + "}",
    "an array of many elements": "const a = array(" + "1, " * 300_000 + ");",
    "a vector of many elements": "const a = vec4(" + "1, " * 300_000 + ");",
    "a function of many parameters": "fn f(" + "".join(f"a{n}: f32, " for n in range(60_000)) + ") {}",
    "many locals": "fn f() { " + "".join(f"let a{n} = 1; " for n in range(50_000)) + "}",
    "many names that resemble each other": "".join(f"const abcdefgh{n} = 1; " for n in range(1900)) + "fn f() { " + "_ = abcdefgi; " * 50 + "}",
}  # fmt: skip


def verdict(text: str) -> str | None:
    """The code of what is wrong; every other exception is a failure."""
    try:
        reflect(text)
    except WgslError as error:
        return error.code
    return None


LARGE = 250_000


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.deep if len(text) > LARGE else ()) for name, text in HOSTILE.items()]
)
def test_a_hostile_text_ends_soon(name: str) -> None:
    begun = time.process_time()
    verdict(HOSTILE[name])
    assert time.process_time() - begun < SECONDS


def test_the_deepest_texts_fit_on_a_stack_that_is_half_used() -> None:
    deep = [
        "const a = " + "(1+2*" * 120 + "1" + ")" * 120 + ";",
        "const a = " + "abs(" * 120 + "1" + ")" * 120 + ";",
        "const a = " + "select(1, 2, 3 > " * 120 + "1" + ")" * 120 + ";",
        "const a = " + "vec2(1, " * 120 + "1" + ")[0]" * 1 + ")" * 119 + ";",
        "alias A = " + "array<" * 120 + "f32" + ", 1>" * 120 + ";",
        "fn f() " + "{" * 120 + "}" * 120,
        "fn f() {" + "switch 1 { default { " * 60 + "} }" * 60 + "}",
        "fn f() {" + "loop { continuing { if true { " * 40 + "} break if true; } }" * 40 + "}",
        "fn f() { if true {}" + " else if true {}" * 120 + "}",
    ]

    def lower(depth: int) -> list[str | None]:
        return lower(depth - 1) if depth else [verdict(text) for text in deep]

    used = len(_frames())
    codes = lower(sys.getrecursionlimit() // 2 - used)
    assert len(codes) == len(deep)


def _frames() -> list[object]:
    frames: list[object] = []
    frame = sys._getframe()
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return frames


TEXTS = [*VALID.values(), *(text for text, _ in INVALID.values() if len(text) < 1000)]
PIECES = ["{", "}", "(", ")", "<", ">", "[", "]", ";", ",", "@", "fn", "var", "const", "array", "1", "0x", ".", "=", ":", "&&", "/*", "a", "\n", "`", "é", "override", "struct", "if", "else"]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_text_with_changes_is_taken_or_refused(text: str, chance: random.Random, changes: int) -> None:
    for _ in range(changes):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randrange(4))
        piece = chance.choice([*PIECES, "", text[chance.randrange(len(text) + 1) :][: chance.randrange(30)]])
        text = text[:at] + piece + text[end:]
    verdict(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join))
def test_tokens_in_any_order_are_taken_or_refused(text: str) -> None:
    verdict(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_characters_are_taken_or_refused(text: str) -> None:
    verdict(text)
