"""What is worth borrowing from the reference's tests of its results (reference contract, section 8.6)."""

from __future__ import annotations

from .interpreters import Interpreter


def test_ok_is_another_name_of_success(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
[Result.ok(3) == Result.success(3), Result.ok(3).is_success, Result.ok(3).value]
""") == [True, True, 3]


def test_a_fallback_is_for_failures_only(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
fallback = Result.success(9)
[
    Result.success(1).or_else(fallback).value,
    Result.fail("no").or_else(fallback).value,
    Result.fail("no").or_else(lambda error: Result.success(error.message)).value,
]
""") == [1, 9, "no"]


def test_map_changes_the_value_and_leaves_a_failure(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
failed = Result.fail("no")
[Result.success(2).map(lambda value: value * 2).value, failed.map(lambda value: 1 / 0).error is failed.error]
""") == [4, True]


def test_the_optional_fields_of_an_error_begin_empty(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
error = Result.fail("no").error
[
    [error.message, error.code, error.is_retryable],
    [error.failure_kind, error.origin_step, error.semantic_slot, error.metadata],
]
""") == [["no", "ERROR", False], [None] * 4]


def test_an_exception_leaves_its_type(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import ErrorContext
error = ErrorContext.from_exception(ValueError("bad"))
[error.code, error.message, error.metadata]
""") == ["UNHANDLED_EXCEPTION", "bad", {"exception_type": "builtins.ValueError"}]


def test_bind_hands_on_the_same_error_without_calling(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
calls = []
failed = Result.fail("no")
bound = failed.bind(lambda value: calls.append(value))
[bound.error is failed.error, calls]
""") == [True, []]


def test_tap_runs_skips_and_catches(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
seen = []
result = Result.success(1)
[
    result.tap(seen.append) is result,
    Result.fail("no").tap(seen.append).error.message,
    result.tap(lambda value: 1 / 0).error.code,
    seen,
]
""") == [True, "no", "UNHANDLED_EXCEPTION", [1]]


def test_where_fails_and_catches(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
result = Result.success(1)
[
    result.where(lambda value: value == 1) is result,
    result.where(lambda value: value == 2).error.code,
    result.where(lambda value: 1 / 0).error.code,
]
""") == [True, "PREDICATE_FAILED", "UNHANDLED_EXCEPTION"]


def test_what_a_projector_raises_is_caught(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Result
[
    Result.success(1).select_many(lambda value: Result.success(2), lambda left, right: left + right).value,
    Result.success(1).select_many(lambda value: Result.success(0), lambda left, right: left / right).error.code,
]
""") == [3, "UNHANDLED_EXCEPTION"]


def test_an_option_has_its_branches(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web.contracts.option import Option
some, none, seen = Option.some(2), Option.none(), []
some.tap(seen.append)
none.tap(seen.append)
[
    some.map(lambda value: value + 1).value,
    none.map(lambda value: 1 / 0).has_value,
    some.bind(lambda value: Option.none()).has_value,
    none.bind(lambda value: Option.some(1)).has_value,
    seen,
    [some.where(lambda value: value > 1).has_value, some.where(lambda value: value > 2).has_value],
    [some.or_else(7), none.or_else(7)],
    [some.match(lambda: "none", str), none.match(lambda: "none", str)],
    none.as_result("nothing").error.message,
    [str(some), str(none)],
]
""") == [3, False, False, False, [2], [True, False], [2, 7], ["2", "none"], "nothing", ["Some(2)", "None"]]


def test_an_either_has_its_branches(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web.contracts.either import Either
right, left, seen = Either.from_right(2), Either.from_left("no"), []
right.tap(seen.append)
left.tap(seen.append)
[
    right.map(lambda value: value + 1).right,
    left.map(lambda value: 1 / 0).left,
    right.bind(lambda value: Either.from_left("gone")).left,
    seen,
    right.where(lambda value: value > 2, lambda: "small").left,
    [right.match(len, str), left.match(len, str)],
    [str(right), str(left)],
]
""") == [3, "no", "gone", [2], "small", ["2", 2], ["Right(2)", "Left(no)"]]


def test_try_has_both_outcomes_at_once_and_awaited(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import Try
async def good():
    return 1
async def bad():
    raise ValueError("bad")
def worse():
    raise KeyError("worse")
[
    Try.run(lambda: 1).value,
    Try.run(worse).error.metadata["exception_type"],
    (await Try.run_async(good)).value,
    (await Try.run_async(bad)).error.code,
]
""") == [1, "builtins.KeyError", 1, "UNHANDLED_EXCEPTION"]
