"""Bodies that want to hang or crash whoever types them: each is taken or refused by code, and soon."""

# ruff: noqa: E501 - texts of one line
from __future__ import annotations

import random
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_wgsl_hostile import HOSTILE, LARGE, MANY, PIECES
from wgsl_statement_corpus import INVALID_BODIES, VALID_BODIES, body
from wgsl_uniformity_corpus import NOT_UNIFORM, UNIFORM, shader

from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.shader_errors import WgslError

SECONDS = 60
"""Of processor time; on an idle machine each takes fifteen at most."""


def many(line: str, count: int) -> str:
    return "".join(line.format(n=n, m=n - 1) for n in range(1, count))


DEPTH = 120
BODIES = {
    "statements": body("out[0] = 1; " * 60_000),
    "steps": body("var a = 1; " + "a++; " * MANY),
    "declarations": body("let a0 = id.x; " + many("let a{n} = a{m} + 1; ", 30_000)),
    "variables": body("var a0 = id.x; " + many("var a{n} = a{m}; ", 30_000)),
    "constants": body("const a0 = 1; " + many("const a{n} = a{m} ^ 1; ", 30_000)),
    "pointers of pointers": body("var a = 1; let p0 = &a; " + many("let p{n} = p{m}; ", 30_000) + "*p29999 = 2;"),
    "cases": body("switch id.x { " + many("case {n} {{ }} ", 50_000) + "default { } }"),
    "cases of one clause": body("switch id.x { case " + many("{n}, ", 90_000) + "default { } }"),
    "cases that are one": body("switch id.x { " + "case 1 { } " * 60_000 + "default { } }"),
    "switches in switches": body("switch id.x { default { " * (DEPTH // 2) + "} }" * (DEPTH // 2)),
    "blocks": body("{" * DEPTH + "out[0] += 1; " * 20_000 + "}" * DEPTH),
    "ifs": body("if id.x > 1 { out[0] = 1; } else { out[1] = 2; } " * 15_000),
    "ifs in ifs": body("if id.x > 1 { " * DEPTH + "out[0] = 1; " * 20_000 + "}" * DEPTH),
    "else after else": body("if id.x == 0 { } " + "else if id.x == 1 { out[0] = 1; } " * (DEPTH - 1)),
    "loops in loops": body("for (var i = 0u; i < id.x; i++) { " * DEPTH + "out[0] = 1; " * 20_000 + "}" * DEPTH),
    "loops after loops": body("for (var i = 0u; i < id.x; i++) { if i > 3 { break; } else { continue; } } " * 9000),
    "loops that set everything": body(
        many("var a{n} = id.x; ", 4000) + "loop { " + many("a{n} += 1; ", 4000) + "if id.x > 3 { break; } " * 4000 + "}"
    ),
    "ifs that set everything": body(
        many("var a{n} = id.x; ", 3000) + "if id.x > 2 { " * DEPTH + many("a{n} += 1; ", 3000) + "}" * DEPTH
    ),
    "barriers": shader("if i > 3 { " + "workgroupBarrier(); " * 40_000 + "}"),
    "barriers behind loops": shader("for (var k = 0u; k < i; k++) { w[k] = 1; } workgroupBarrier(); " * 9000),
    "barriers far behind a return": shader("if i > 3 { return; } " + "if same.x > 1 { workgroupBarrier(); } " * 15_000),
    "functions with barriers": shader("g4999(i);", "fn g0(a: u32) { workgroupBarrier(); }" + many("fn g{n}(a: u32) {{ if a > {n} {{ g{m}(a + 1); }} }}", 5000)),
    "functions of many pointers": shader(
        "",
        "fn f(" + many("a{n}: ptr<function, u32>, ", 255) + ") { " + many("*a{n} = *a{m} + 1; ", 254).replace("*a0", "1") * 60 + "}",
    ),
    "functions that use everything": body(
        "", many("var<private> p{n}: f32; ", 8000) + "fn g0() { }" + many("fn g{n}() {{ p{n} = 1; g{m}(); }}", 8000)
    ),
    "calls of many parameters": body(
        "f(" + "1, " * 255 + ");" * 1, "fn f(" + many("a{n}: u32, ", 256) + ") { }" + "fn g() { f(" + "1, " * 255 + "); }"
    ),
    "mistakes": body("var a: i32 = 1.5; a = true; if a { } " * 1 + "a = 1.5; " * 60_000),
    "filters": "enable subgroups; @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { " + "@diagnostic(off, subgroup_uniformity) if i > 3 { _ = subgroupAdd(i); } " * 9000 + "}",
    "filters in filters": "enable subgroups; @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { " + "@diagnostic(off, subgroup_uniformity) { " * DEPTH + "_ = subgroupAdd(i); " * 9000 + "}" * DEPTH + "}",
    "short circuits": shader("let a = " + "(i > 1 && " * DEPTH + "true" + ")" * DEPTH + "; if a { workgroupBarrier(); }"),
    "sums": body("out[0] = " + "f32(id.x) + " * 400 + "1; "),
    "bypassed declarations": body("var i = 0u; loop { if i > 3 { continue; } " + many("let a{n} = i; ", 9000) + "continuing { " + many("i = a{n}; ", 3) + "break if i > 3; } }"),
    "calls that are too deep": body("f(f(" * 70 + "1" + "))" * 70 + ";", "fn f(a: i32) -> i32 { return a; }"),
}  # fmt: skip


def verdict(text: str) -> str | None:
    """The code of what is wrong; every other exception is a failure."""
    try:
        program(text)
    except WgslError as error:
        return error.code
    return None


TEXTS = {**HOSTILE, **{f"bodies of {name}": text for name, text in BODIES.items()}}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.deep if len(text) > LARGE else ()) for name, text in TEXTS.items()]
)
def test_a_hostile_body_ends_soon(name: str) -> None:
    begun = time.process_time()
    verdict(TEXTS[name])
    assert time.process_time() - begun < SECONDS


def test_the_deepest_bodies_fit_on_a_stack_that_is_half_used() -> None:
    deep = [
        body("{" * DEPTH + "out[0] = 1;" + "}" * DEPTH),
        # The parser takes four frames a level of these.
        body("if id.x > 1 { " * 100 + "return; " + "}" * 100),
        body("for (var i = 0u; i < id.x; i++) { " * 100 + "out[0] = 1; " + "}" * 100),
        body("switch id.x { default { " * (DEPTH // 2) + "} }" * (DEPTH // 2)),
        body("loop { continuing { if true { " * 40 + "} break if true; } }" * 40),
        body("if id.x > 1 { }" + " else if id.x > 2 { }" * DEPTH),
        body("out[0] = " + "abs(f32(id.x) + " * DEPTH + "1" + ")" * DEPTH + ";"),
        body("out[0] = " + "out[u32(" * (DEPTH // 2) + "1" + ")]" * (DEPTH // 2) + ";"),
        shader("if " + "(i > 1 && " * DEPTH + "true" + ")" * DEPTH + " { workgroupBarrier(); }"),
    ]

    def lower(depth: int) -> list[str | None]:
        return lower(depth - 1) if depth else [verdict(text) for text in deep]

    used, frame = 0, sys._getframe()
    while frame.f_back is not None:
        used, frame = used + 1, frame.f_back
    codes = lower(sys.getrecursionlimit() // 2 - used)
    assert codes == [*[None] * 8, "WGSL_NOT_UNIFORM"]


SEEDS = [
    *VALID_BODIES.values(),
    *(text for text, _ in INVALID_BODIES.values()),
    *UNIFORM.values(),
    *NOT_UNIFORM.values(),
]
WORDS = [*PIECES, "loop", "for", "while", "continue", "break", "return", "continuing", "break if", "switch", "case", "default", "let", "var", "const", "&", "*", "1u", "1.5", "out", "i", "id", "workgroupBarrier()", "p", "=", "+=", "++"]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_body_with_changes_is_taken_or_refused(text: str, chance: random.Random, changes: int) -> None:
    for _ in range(changes):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randrange(4))
        piece = chance.choice([*WORDS, "", text[chance.randrange(len(text) + 1) :][: chance.randrange(30)]])
        text = text[:at] + f" {piece} " + text[end:]
    verdict(text)
