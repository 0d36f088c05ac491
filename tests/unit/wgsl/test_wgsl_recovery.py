"""Several mistakes in one text: each is told once, and what follows from one is not told."""

from __future__ import annotations

import pytest

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.shader_errors import WgslError


def places(text: str) -> list[tuple[int, int]]:
    with pytest.raises(WgslError) as caught:
        reflect(text)
    return [(item.line, item.column) for item in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f() {\n  let a = ;\n  let b = 1;\n  b c;\n}\nfn g( {}\nconst x = ;", [(2, 11), (4, 5), (6, 7), (7, 11)]),
        ("fn f() { if true { } } b(); var c = 1; let d = 2; }\nfn g() { a b }", [(1, 24), (2, 12)]),
        ("fn f() { x = 1;\n@compute @workgroup_size(1) fn g() { a b }", [(2, 1), (2, 40)]),
        ("fn f() { for (var i = 0 i < 4; i++) { a(); } b c }", [(1, 25), (1, 48)]),
        ("fn f() { g(a, b; h(); }\nfn k() { a b }", [(1, 16), (2, 12)]),
        ("fn f() { if a { b c } else { d e } g h }", [(1, 19), (1, 32), (1, 38)]),
        ("fn f() { if (a { b(); } else { c(); } d e }", [(1, 16), (1, 41)]),
        ("fn f() { switch a { case 1: { x y } foo } q r; }", [(1, 33), (1, 37), (1, 45)]),
        ("fn f() { loop { a b continuing { c d } } e f }", [(1, 19), (1, 44)]),
        ("struct S { a b, c: f32 }\nstruct T { a: }\nfn f() { a b }", [(1, 14), (2, 15), (3, 12)]),
        (
            "@group(0) @binding(0) var<storage> x array<f32>;\nvar<private y: f32;\nconst z = 1 +;",
            [(1, 38), (2, 4), (3, 14)],
        ),
        ("fn f() {\n  let a = 1 // one\n  let b = 2;\n}\nvar<private> c: i32\n\nfn g() {}", [(3, 3), (7, 1)]),
        ("fn f() {\n  fn g() {} }\nfn h() {}", [(2, 3)]),
        ("fn f() {} }\n}\nfn h() {}", [(1, 11), (2, 1)]),
    ],
)
def test_each_mistake_is_told_once(text: str, expected: list[tuple[int, int]]) -> None:
    assert places(text) == expected


def test_names_are_looked_at_only_where_the_grammar_is_right() -> None:
    assert places("fn f() { a b; }\nfn g() { nothing(); }") == [(1, 12)]
    assert places("fn f() { nothing(); other = 1; }\nfn g() -> nowhere { }") == [(1, 10), (1, 21), (2, 11)]


def test_what_needs_something_wrong_is_not_told_to_be_wrong_too() -> None:
    text = "const a = 1 / 0;\nconst b = a + 1;\nvar<private> c: array<f32, b>;\nalias D = array<f32, a>;\nfn f(d: D) {}"
    assert places(text) == [(1, 11)]


def test_a_name_that_resembles_another_is_suggested() -> None:
    with pytest.raises(WgslError, match="is 'position' meant"):
        reflect("fn f() { let position = 1; _ = postion; }")


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("fn f(i: u32, j: u32) { let s = select(i < j, i > j, true); }", 50, "'i <' begins a template list"),
        ("fn f(i: u32, j: u32) { let s = select(i < j, i > (j), true); }", 39, "'i <' begins a template list"),
        ("[[block]] struct P { a: i32 }", 1, "@group(0)"),
        ("struct P { a: i32; b: i32; }", 18, "a comma"),
        ("let PI: f32 = 3.14;", 1, "'const'"),
        ("@stage(compute) @workgroup_size(1) fn main() {}", 1, "'@compute'"),
    ],
)
def test_mistakes_of_other_languages_and_older_texts_are_told_as_such(text: str, column: int, hint: str) -> None:
    with pytest.raises(WgslError) as caught:
        reflect(text)
    first = caught.value.diagnostics[0]
    assert first.column == column
    assert hint in first.message


def test_a_message_shows_the_line_and_marks_the_place() -> None:
    with pytest.raises(WgslError) as caught:
        reflect("fn f() {\n\tlet a = bb + 1;\n}")
    shown = str(caught.value)
    assert "2:10: 'bb' is not declared here" in shown
    assert "\n   let a = bb + 1;\n           ^^ ErrorCode=WGSL_NAME_UNKNOWN" in shown


def test_lines_are_counted_as_the_standard_has_them() -> None:
    assert places("//\r\n//\r//\n//\u2028//\u2029//\x85//\v//\fx") == [(9, 1)]


def test_a_text_of_mistakes_has_fifty_diagnostics_at_most() -> None:
    assert len(places("fn f() { a b; }\n" * 200)) == 50


def test_of_a_long_line_the_part_around_the_mistake_is_shown() -> None:
    with pytest.raises(WgslError) as caught:
        reflect(" " * 1_000_000 + "const abc = def_;")
    shown, marks = str(caught.value.diagnostics[0]).splitlines()[1:]
    assert len(shown) < 200
    assert shown[marks.index("^") :][: marks.count("^")] == "def_"
