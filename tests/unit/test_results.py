from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import (
    ErrorContext,
    FailureKind,
    InvalidArgumentError,
    KernelError,
    OperationCancelled,
    OriginStep,
    Result,
    SemanticSlot,
    Try,
)
from aikernel_web.contracts.results import EXCEPTION_TYPE, SOURCE_ERROR_CODE, direct

VALUES = st.one_of(st.integers(), st.text(), st.none())


def increment(number: int) -> Result[int]:
    return Result.success(number + 1)


def refuse(_: object) -> Result[int]:
    return Result.failure("No.", code="REFUSED")


def explode(_: object) -> Result[int]:
    raise LookupError("gone")


@given(VALUES)
def test_mapping_the_identity_changes_nothing(value: object) -> None:
    assert Result.success(value).map(lambda same: same) == Result.success(value)


@given(st.integers(), st.sampled_from([increment, refuse]))
def test_mapping_two_functions_is_mapping_their_composition(value: int, made_by: object) -> None:
    result = made_by(value)
    assert result.map(str).map(len) == result.map(lambda number: len(str(number)))


@given(st.integers(), st.sampled_from([increment, refuse, explode]), st.sampled_from([increment, refuse]))
def test_binding_is_associative(value: int, first: object, second: object) -> None:
    result = Result.success(value)
    nested = result.bind(lambda number: first(number).bind(second))
    assert result.bind(first).bind(second) == nested


@given(st.integers())
def test_success_is_the_unit_of_bind(value: int) -> None:
    assert Result.success(value).bind(increment) == increment(value)
    assert increment(value).bind(Result.success) == increment(value)


def test_a_failure_passes_through_as_the_same_error_without_a_call() -> None:
    failed = refuse(None)
    called: list[object] = []
    for result in (failed.map(called.append), failed.bind(explode), failed.tap(called.append), failed.where(bool)):
        assert result.error is failed.error
    assert called == []


def test_what_a_callback_raises_becomes_a_failure() -> None:
    for result in (Result.success(1).map(explode), Result.success(1).tap(explode), Result.success(1).where(explode)):
        assert result.error is not None
        assert result.error.code == "UNHANDLED_EXCEPTION"
        assert result.error.metadata == {"exception_type": "builtins.LookupError"}


def test_where_keeps_or_fails() -> None:
    assert Result.success(2).where(lambda number: number > 1).value == 2
    error = Result.success(2).where(lambda number: number > 2).error
    assert error is not None
    assert error.code == "PREDICATE_FAILED"


def test_an_error_of_plain_text_has_the_defaults_of_the_contract() -> None:
    error = Result.fail("No.").error
    assert error == ErrorContext("No.", code="ERROR", is_retryable=False)
    assert error is not None
    assert (error.failure_kind, error.origin_step, error.semantic_slot, error.metadata) == (None, None, None, None)
    whole = ErrorContext(
        "No.",
        failure_kind=FailureKind.REJECT,
        origin_step=OriginStep.PROVIDER,
        semantic_slot=SemanticSlot.G,
        metadata={EXCEPTION_TYPE: "builtins.ValueError", SOURCE_ERROR_CODE: "REFUSED"},
    )
    assert Result.fail(whole).error is whole


def test_ok_is_success_under_another_name() -> None:
    assert Result.ok(1) == Result.success(1)
    assert Result.ok(1).is_success_state
    assert not refuse(None).is_success_state


def test_a_failure_raises_an_error_of_the_class_it_was_made_from() -> None:
    for kind in (KernelError, InvalidArgumentError, OperationCancelled):
        with pytest.raises(KernelError) as caught:
            Result.fail(kind("No.", code="REFUSED")).unwrap()
        assert (type(caught.value), caught.value.code) == (kind, "REFUSED")


def test_or_else_is_asked_only_after_a_failure_and_its_errors_escape() -> None:
    assert Result.success(1).or_else(explode).value == 1
    assert refuse(None).or_else(Result.success(3)).value == 3
    assert refuse(None).or_else(lambda error: Result.success(len(error.message))).is_success
    with pytest.raises(LookupError):
        refuse(None).or_else(explode)


def test_match_takes_the_failure_branch_first() -> None:
    assert refuse(None).match(lambda error: error.error_code, str) == "REFUSED"
    assert Result.success(4).match(lambda error: error.code, str) == "4"


def test_select_many_projects_both_values() -> None:
    assert Result.success(2).select(str).value == "2"
    assert Result.success(2).select_many(increment, lambda one, two: (one, two)).value == (2, 3)
    for failed in (Result.success(2).select_many(increment, lambda *_: 1 // 0), Result.success(2).select(explode)):
        assert failed.error is not None
        assert failed.error.code == "UNHANDLED_EXCEPTION"


def test_the_code_is_read_from_the_message() -> None:
    error = ErrorContext("Nothing there. ErrorCode=WASM_EXPORT_NOT_FOUND")
    assert (error.code, error.error_code) == ("ERROR", "WASM_EXPORT_NOT_FOUND")
    assert str(error) == "ERROR: Nothing there. ErrorCode=WASM_EXPORT_NOT_FOUND"
    assert ErrorContext("plain").error_code == "ERROR"


def test_unwrapping_a_failure_raises_its_code() -> None:
    with pytest.raises(KernelError) as caught:
        refuse(None).unwrap()
    assert caught.value.code == "REFUSED"
    assert str(caught.value).endswith("ErrorCode=REFUSED")


def test_the_strings_name_the_branch() -> None:
    assert str(Result.success(1)) == "Success(1)"
    assert str(refuse(None)) == "Fail(ERROR: No. ErrorCode=REFUSED)"


def test_try_catches_everything_cancellation_included() -> None:
    async def cancelled() -> int:
        raise asyncio.CancelledError

    assert Try.run(lambda: 5).value == 5
    assert Try.run(lambda: explode(None)).is_failure
    assert run_async(Try.run_async(cancelled)).is_failure
    assert run_async(Try.run_async(lambda: asyncio.sleep(0, 6))).value == 6


def test_the_direct_form_returns_the_value_or_raises_the_code() -> None:
    class Thing:
        def try_get(self, fine: bool) -> Result[int]:
            """Get it."""
            return Result.success(1) if fine else Result.failure("No.", code="REFUSED")

        get = direct(try_get)

    assert Thing().get(True) == 1
    assert Thing.get.__name__ == "get"
    with pytest.raises(KernelError) as caught:
        Thing().get(False)
    assert caught.value.code == "REFUSED"
