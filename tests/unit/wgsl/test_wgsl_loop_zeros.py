"""Zeros that compilers forget are written out, where they are meant and nowhere else."""

from __future__ import annotations

import pytest

from aikernel_web.compute.wgsl.loop_zeros import zeroed_in_loops


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("fn f() { for (;;) { var a: u32; } }", "fn f() { for (;;) { var a: u32 = u32(); } }"),
        (
            "fn f() { while true { if b { var<function> a: array<vec2f, 2>; } } }",
            "fn f() { while true { if b { var<function> a: array<vec2f, 2> = array<vec2f, 2>(); } } }",
        ),
        (
            "fn f() { loop { var a: u32; var b: S; continuing { var c: bool; } } }",
            "fn f() { loop { var a: u32 = u32(); var b: S = S(); continuing { var c: bool = bool(); } } }",
        ),
    ],
)
def test_a_variable_in_a_loop_is_given_its_zero(given: str, expected: str) -> None:
    assert zeroed_in_loops(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "fn f() { var a: u32; for (;;) { var b: u32 = 1; } }",
        "var<private> a: u32; fn f() { loop { var b = 1; } }",
        "fn f() { for (;;) { var a: u32 ",
        "fn f() { loop { /* var a: u32; */ } }",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert zeroed_in_loops(text) == text


def test_an_expression_of_any_depth_is_walked() -> None:
    chain = "1"
    for _ in range(60):
        chain = f"({chain}" + " + 1" * 400 + ")"
    text = f"fn f() {{ loop {{ var a: u32; a = {chain}; }} }}"
    assert zeroed_in_loops(text) == text.replace("a: u32;", "a: u32 = u32();")
