"""Whether all invocations reach barriers together: what is taken, what is refused, and what is told of it."""

from __future__ import annotations

import pytest
from wgsl_uniformity_corpus import NOT_UNIFORM, UNIFORM, shader

from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.shader_errors import Diagnostic, WgslError


def told(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text."""
    with pytest.raises(WgslError) as caught:
        program(text)
    return caught.value.diagnostics


@pytest.mark.parametrize("name", UNIFORM)
def test_what_is_uniform_is_taken(name: str) -> None:
    assert "main" in program(UNIFORM[name]).functions


@pytest.mark.parametrize("name", NOT_UNIFORM)
def test_what_may_not_be_uniform_is_refused(name: str) -> None:
    assert {item.code for item in told(NOT_UNIFORM[name])} == {"WGSL_NOT_UNIFORM"}


def test_the_barrier_the_branch_and_the_cause_are_named() -> None:
    (found,) = told(shader("let x = w[0];\nif same.x > 1 {\n  if x > 3 {\n    workgroupBarrier();\n  }\n}"))
    assert (found.code, found.column) == ("WGSL_NOT_UNIFORM", 5)
    assert found.source_line == "    workgroupBarrier();"
    branch, cause = found.line - 1, found.line - 3
    assert "'workgroupBarrier' has to be reached by all invocations together" in found.message
    assert f"the 'if' (line {branch}, column 6) may part them" in found.message
    assert f"what 'w' holds (line {cause}, column 9) may differ" in found.message


def test_the_branch_that_parts_them_is_named_and_not_one_in_it() -> None:
    (found,) = told(shader("if i > 3 { return; }\nfor (var k = 0; k < 3; k++) {\n  workgroupBarrier();\n}"))
    assert f"the 'if' (line {found.line - 2}, column 4)" in found.message
    assert "'i'" in found.message


def test_a_barrier_in_another_function_is_told_where_it_is_called() -> None:
    (found,) = told(shader("if i > 3 {\n  f();\n}", "fn f() {\n  workgroupBarrier();\n}"))
    assert found.source_line == "  f();"
    assert f"'workgroupBarrier' (line {found.line - 5}, column 3)" in found.message


def test_a_value_that_has_to_be_the_same_is_told() -> None:
    (found,) = told(shader("_ = workgroupUniformLoad(&w[i]);"))
    assert found.length == len("&w[i]")
    assert "has to be the same for all invocations that call 'workgroupUniformLoad'" in found.message


def test_each_barrier_has_its_own_diagnostic() -> None:
    found = told(shader("if i > 3 { workgroupBarrier(); }\nif w[0] > 3 { storageBarrier(); }"))
    assert [item.column for item in found] == [12, 15]
