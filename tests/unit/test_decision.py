from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web import Either, MonadicDecision, MonadicError, Option

BLANK = st.one_of(st.none(), st.text(alphabet=" \t\n\r\u2003"))


@given(BLANK)
def test_a_blank_text_is_none(blank: str | None) -> None:
    assert MonadicDecision.optional_text(blank) == Option.none()
    assert MonadicDecision.text_or_default(blank, "fallback", str.upper) == "fallback"


def test_any_other_text_stays_as_it_is() -> None:
    assert MonadicDecision.optional_text(" x ") == Option.some(" x ")
    assert MonadicDecision.text_or_default(" x ", "fallback") == " x "
    assert MonadicDecision.text_or_default(" x ", "fallback", str.strip) == "x"


@pytest.mark.parametrize("value", [0, "", [], False])
def test_only_none_is_an_absent_reference(value: object) -> None:
    assert MonadicDecision.optional(value) == Option.some(value)
    assert MonadicDecision.optional(None) == Option.none()


def test_an_error_is_there_unless_the_condition_holds() -> None:
    assert MonadicDecision.error_unless(True, "CODE", "message") == Option.none()
    assert MonadicDecision.error_unless(False, "CODE", "message").value == MonadicError("CODE", "message")


def test_conditions_choose_the_right_side() -> None:
    assert MonadicDecision.right_when(True, "l", "r") == Either.from_right("r")
    assert MonadicDecision.right_when(False, "l", "r") == Either.from_left("l")
    assert (MonadicDecision.select_text(False, "l", "r"), MonadicDecision.select_text(True, "l", "r")) == ("l", "r")
    assert (MonadicDecision.exit_code(True), MonadicDecision.exit_code(False)) == (0, 1)
