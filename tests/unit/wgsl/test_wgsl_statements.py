"""Bodies of functions: what is taken, what is refused by which code, and the tree that comes of them."""

from __future__ import annotations

import pytest
from wgsl_corpus import INVALID, VALID
from wgsl_statement_corpus import INVALID_BODIES, VALID_BODIES, body

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.compute.wgsl.typed import tree
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.compute.wgsl.types import BOOL, F32, I32, U32, Array, Pointer, Vector
from aikernel_web.contracts.errors import InvalidArgumentError
from aikernel_web.contracts.shader_errors import WgslError


def faults(text: str) -> list[tuple[str, int, int]]:
    """The codes of what is wrong, with line and column."""
    with pytest.raises(WgslError) as caught:
        program(text)
    return [(item.code, item.line, item.column) for item in caught.value.diagnostics]


def statements(text: str, module: str = "") -> tuple[tree.Statement, ...]:
    """What the entry point of a shader does."""
    return program(body(text, module)).functions["main"].body.statements


@pytest.mark.parametrize("name", VALID_BODIES)
def test_a_valid_body_is_taken(name: str) -> None:
    assert program(VALID_BODIES[name]).shader.text == VALID_BODIES[name]


@pytest.mark.parametrize("name", INVALID_BODIES)
def test_an_invalid_body_is_refused_once_and_by_code(name: str) -> None:
    text, code = INVALID_BODIES[name]
    assert [found for found, _, _ in faults(text)] == [code]


@pytest.mark.parametrize("name", VALID)
def test_a_valid_module_has_valid_bodies(name: str) -> None:
    assert program(VALID[name]).shader == reflect(VALID[name])


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_module_is_refused_as_reflection_does(name: str) -> None:
    text, code = INVALID[name]
    assert faults(text)[0][0] == code


def test_each_statement_has_its_own_diagnostic() -> None:
    text = "fn f() {\n let a: i32 = 1.5;\n if 1 {\n  b = 2;\n }\n a = 3u;\n}\nfn g() -> i32 {\n f(1);\n}"
    assert faults(text) == [
        ("WGSL_TYPE_MISMATCH", 2, 15),
        ("WGSL_TYPE_MISMATCH", 3, 5),
        ("WGSL_NAME_UNKNOWN", 4, 3),
        ("WGSL_REFERENCE_WANTED", 6, 2),
        ("WGSL_ARGUMENT_COUNT", 9, 2),
        ("WGSL_RETURN_MISSING", 10, 1),
    ]


def test_declarations_and_bodies_are_told_together() -> None:
    assert faults("const a: i32 = 1.5;\nfn f() { let b: i32 = a; let c: i32 = 2.5; }") == [
        ("WGSL_TYPE_MISMATCH", 1, 16),
        ("WGSL_TYPE_MISMATCH", 2, 39),
    ]


def test_what_a_mistake_leads_to_is_not_told() -> None:
    assert faults("fn f() { let a = nothing; let b = a + 1; var c = b; c += 1; _ = vec2(c).x; }") == [
        ("WGSL_NAME_UNKNOWN", 1, 18)
    ]


def test_a_variable_of_a_wrong_value_still_has_its_type() -> None:
    assert faults("fn f() {\n var a: i32 = 1.5;\n a = true;\n}") == [
        ("WGSL_TYPE_MISMATCH", 2, 15),
        ("WGSL_TYPE_MISMATCH", 3, 6),
    ]


def test_names_that_hide_others_are_variables_of_their_own() -> None:
    first, block, last = statements("var a = 1; { var a = 2.5; a = 3; } a = 4;")
    assert isinstance(first, tree.DeclareVar)
    assert isinstance(block, tree.Block)
    inner, assigned = block.statements
    assert isinstance(inner, tree.DeclareVar)
    assert isinstance(assigned, tree.Assign)
    assert isinstance(last, tree.Assign)
    assert isinstance(assigned.place, tree.LocalPlace)
    assert isinstance(last.place, tree.LocalPlace)
    assert assigned.place.local is inner.local
    assert last.place.local is first.local
    assert (first.local.type, inner.local.type) == (I32, F32)


def test_types_are_told_by_values() -> None:
    made = statements("let a = 1; let b = 2.5; var c = vec2(1, 2); let d = &c; let e = id; const f = 3; var g = f;")
    kinds = [item.local.type for item in made if isinstance(item, tree.DeclareLet | tree.DeclareVar)]
    pair = Vector(2, I32)
    assert kinds == [I32, F32, pair, Pointer("function", pair, "read_write"), Vector(3, U32), I32]


def test_a_step_is_an_update_by_one() -> None:
    _, up, down = statements("var a = 1u; a++; a--;")
    assert isinstance(up, tree.Update)
    assert isinstance(down, tree.Update)
    assert (up.operator, down.operator) == ("+", "-")
    assert isinstance(up.value, tree.Literal)
    assert (up.value.type, up.value.data) == (U32, 1)


def test_a_compound_assignment_has_its_value_converted() -> None:
    _, update = statements("var a = vec2f(); a *= 2;")
    assert isinstance(update, tree.Update)
    assert isinstance(update.value, tree.Literal)
    assert (update.operator, update.value.type) == ("*", F32)


def test_for_is_a_block_of_its_beginning_and_a_loop() -> None:
    (block,) = statements("for (var i = 0; i < 3; i++) { out[i] = 1; }")
    assert isinstance(block, tree.Block)
    begin, loop = block.statements
    assert isinstance(begin, tree.DeclareVar)
    assert isinstance(loop, tree.Loop)
    assert loop.condition is not None
    assert loop.condition.type == BOOL
    assert loop.continuing is not None
    assert isinstance(loop.continuing.statements[0], tree.Update)
    assert loop.break_if is None


def test_while_is_a_loop_with_a_condition() -> None:
    (loop,) = statements("while id.x > 3 { break; }")
    assert isinstance(loop, tree.Loop)
    assert loop.condition is not None
    assert loop.continuing is None


def test_a_loop_keeps_its_continuing_block_and_its_end() -> None:
    _, loop = statements("var i = 0; loop { i++; continuing { i += 2; break if i > 7; } }")
    assert isinstance(loop, tree.Loop)
    assert loop.condition is None
    assert loop.continuing is not None
    assert loop.break_if is not None


def test_else_if_is_an_if_in_a_block() -> None:
    (first,) = statements("if id.x == 1 { } else if id.x == 2 { return; } else { out[0] = 1; }")
    assert isinstance(first, tree.If)
    assert first.otherwise is not None
    (second,) = first.otherwise.statements
    assert isinstance(second, tree.If)
    assert isinstance(second.then.statements[0], tree.Return)
    assert second.otherwise is not None


def test_cases_are_numbers_of_the_selectors_type() -> None:
    (switch,) = statements("const a = 2; switch id.x { case a, a + 1 { } case 7, default { } case 9u { } }")
    assert isinstance(switch, tree.Switch)
    assert switch.selector.type == U32
    assert [(case.selectors, case.is_default) for case in switch.cases] == [
        ((2, 3), False),
        ((7,), True),
        ((9,), False),
    ]


def test_a_switch_of_a_number_alone_has_the_type_of_its_cases() -> None:
    (switch,) = statements("switch 3 { case 1u { } default { } }")
    assert isinstance(switch, tree.Switch)
    assert switch.selector.type == U32


def test_functions_stand_behind_those_they_call() -> None:
    made = program("fn c() { b(); a(); } fn b() { a(); } fn a() { }")
    assert list(made.functions) == ["a", "b", "c"]


def test_inputs_are_told_by_parameter_and_member() -> None:
    made = program(VALID_BODIES["all inputs"]).functions["main"]
    assert made.inputs == (
        "global_invocation_id",
        ("workgroup_id", "local_invocation_index"),
        "local_invocation_id",
        "num_workgroups",
    )
    assert [local.kind for local in made.parameters] == ["parameter"] * 4


def test_render_stages_and_what_only_they_call_are_left_out() -> None:
    made = program(
        "fn both() -> f32 { return 1; } fn drops() { discard; } fn bends() -> f32 { return dpdx(both()); }"
        "@fragment fn draw() -> @location(0) vec4f { drops(); return vec4f(bends()); }"
        "@compute @workgroup_size(1) fn main() { _ = both(); }"
    )
    assert list(made.functions) == ["both", "main"]


def test_a_body_of_a_render_stage_may_be_wrong() -> None:
    assert faults("@fragment fn f() { let a: i32 = 1.5; }")[0][0] == "WGSL_TYPE_MISMATCH"


def test_private_variables_have_the_values_that_they_begin_with() -> None:
    made = program("override n = 2; const k = 3; var<private> a: f32 = k; var<private> b = n + 1; var<private> c: i32;")
    assert list(made.initial) == ["a", "b"]
    assert isinstance(made.initial["a"], tree.Literal)
    assert (made.initial["a"].type, made.initial["a"].data) == (F32, 3.0)
    assert isinstance(made.initial["b"], tree.Binary)


OVERRIDES = """
@id(7) override n: u32 = 4;
override m = n * 2;
override unused: f32;
var<workgroup> w: array<f32, m + 1>;
@compute @workgroup_size(n) fn main() { w[0] = 1; }
"""


def test_overrides_have_the_values_given_or_their_own() -> None:
    made = program(OVERRIDES)
    assert {name: value.data for name, value in made.override_values("main").items()} == {"n": 4, "m": 8}
    assert {name: value.data for name, value in made.override_values("main", {"7": 5}).items()} == {"n": 5, "m": 10}
    assert {name: value.data for name, value in made.override_values("main", {"m": 3}).items()} == {"n": 4, "m": 3}
    assert {str(value.type) for value in made.override_values("main").values()} == {"u32"}


def test_counts_depend_on_overrides() -> None:
    made = program(OVERRIDES)
    kind = made.variables["w"].type
    assert isinstance(kind, Array)
    assert (made.count_of(kind, "main"), made.count_of(kind, "main", {"n": 10})) == (9, 21)
    assert made.count_of(Array(F32, 3), "main") == 3


def test_an_override_without_a_value_is_asked_for() -> None:
    made = program("override n: u32; @compute @workgroup_size(n) fn main() { }")
    with pytest.raises(InvalidArgumentError) as caught:
        made.override_values("main")
    assert caught.value.code == "WEBGPU_CONSTANT_MISSING"


def test_a_message_of_two_names_tells_both() -> None:
    text, _ = INVALID_BODIES["a pointer to a variable that others write"]
    with pytest.raises(WgslError, match="'f' writes to 'p' and knows it by another name"):
        program(text)
