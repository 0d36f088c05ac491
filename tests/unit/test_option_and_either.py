from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web import Either, KernelError, Option

INTEGERS = st.integers()
OPTIONS = st.one_of(st.builds(Option.some, INTEGERS), st.just(Option.none()))
EITHERS = st.one_of(st.builds(Either.from_right, INTEGERS), st.builds(Either.from_left, st.text()))
Function = Callable[[int], int]
FUNCTIONS: list[Function] = [lambda number: number + 1, lambda number: number * -3, lambda _: 0]
OPTION_BINDERS: list[Callable[[int], Option[int]]] = [
    Option.some,
    lambda number: Option.some(number // 2),
    lambda _: Option.none(),
    lambda number: Option.some(number) if number > 0 else Option.none(),
]
EITHER_BINDERS: list[Callable[[int], Either[str, int]]] = [
    Either.from_right,
    lambda number: Either.from_right(number // 2),
    lambda number: Either.from_left(f"no {number}"),
    lambda number: Either.from_right(number) if number > 0 else Either.from_left("small"),
]


def explode(*_: object) -> object:
    raise LookupError("gone")


class TestLawsOfOption:
    @given(OPTIONS, st.sampled_from(FUNCTIONS), st.sampled_from(FUNCTIONS))
    def test_it_is_a_functor(self, option: Option[int], first: Function, second: Function) -> None:
        assert option.map(lambda same: same) == option
        assert option.map(first).map(second) == option.map(lambda number: second(first(number)))

    @given(INTEGERS, OPTIONS, st.sampled_from(OPTION_BINDERS), st.sampled_from(OPTION_BINDERS))
    def test_it_is_a_monad(
        self,
        value: int,
        option: Option[int],
        first: Callable[[int], Option[int]],
        second: Callable[[int], Option[int]],
    ) -> None:
        assert Option.some(value).bind(first) == first(value)
        assert option.bind(Option.some) == option
        assert option.bind(first).bind(second) == option.bind(lambda number: first(number).bind(second))


class TestLawsOfEither:
    @given(EITHERS, st.sampled_from(FUNCTIONS), st.sampled_from(FUNCTIONS))
    def test_it_is_a_functor(self, either: Either[str, int], first: Function, second: Function) -> None:
        assert either.map(lambda same: same) == either
        assert either.map(first).map(second) == either.map(lambda number: second(first(number)))

    @given(INTEGERS, EITHERS, st.sampled_from(EITHER_BINDERS), st.sampled_from(EITHER_BINDERS))
    def test_it_is_a_monad(
        self,
        value: int,
        either: Either[str, int],
        first: Callable[[int], Either[str, int]],
        second: Callable[[int], Either[str, int]],
    ) -> None:
        assert Either.from_right(value).bind(first) == first(value)
        assert either.bind(Either.from_right) == either
        assert either.bind(first).bind(second) == either.bind(lambda number: first(number).bind(second))


class TestOption:
    def test_a_value_is_there_or_not(self) -> None:
        assert (Option.some(None).has_value, Option.none().has_value) == (True, False)
        assert Option.some(3).value == 3
        assert Option.some(None) != Option.none()
        with pytest.raises(KernelError) as caught:
            _ = Option.none().value
        assert caught.value.code == "OPTION_VALUE_ABSENT"

    def test_tap_runs_on_a_value_only(self) -> None:
        seen: list[int] = []
        assert Option.some(1).tap(seen.append) == Option.some(1)
        assert Option.none().tap(explode) == Option.none()
        assert seen == [1]

    def test_where_keeps_or_drops(self) -> None:
        assert Option.some(2).where(lambda number: number > 1) == Option.some(2)
        assert Option.some(2).where(lambda number: number > 2) == Option.none()
        assert Option.none().where(explode) == Option.none()

    def test_or_else_gives_the_value_or_the_fallback(self) -> None:
        assert (Option.some(1).or_else(2), Option.none().or_else(2)) == (1, 2)

    def test_match_takes_the_branch_of_none_first(self) -> None:
        assert Option.some(4).match(explode, str) == "4"
        assert Option.none().match(lambda: "none", explode) == "none"

    def test_select_many_projects_both_values(self) -> None:
        assert Option.some(2).select(str) == Option.some("2")
        assert Option.some(2).select_many(lambda n: Option.some(n + 1), lambda a, b: (a, b)).value == (2, 3)
        assert Option.some(2).select_many(lambda _: Option.none(), explode) == Option.none()

    def test_it_becomes_a_result(self) -> None:
        assert Option.some(1).as_result("unused").value == 1
        error = Option.none().as_result("Nothing there. ErrorCode=NOTHING").error
        assert error is not None
        assert (error.code, error.error_code) == ("ERROR", "NOTHING")

    def test_the_strings_name_the_branch(self) -> None:
        assert (str(Option.some(1)), str(Option.none())) == ("Some(1)", "None")

    @pytest.mark.parametrize("operation", ["map", "bind", "tap", "where", "select"])
    def test_nothing_is_caught(self, operation: str) -> None:
        with pytest.raises(LookupError):
            getattr(Option.some(1), operation)(explode)


class TestEither:
    def test_it_is_right_or_left(self) -> None:
        right, left = Either.from_right(1), Either.from_left("no")
        assert (right.is_right, right.is_left, left.is_right, left.is_left) == (True, False, False, True)
        assert (right.right, left.left) == (1, "no")
        for absent, code in ((lambda: right.left, "EITHER_IS_RIGHT"), (lambda: left.right, "EITHER_IS_LEFT")):
            with pytest.raises(KernelError) as caught:
                absent()
            assert caught.value.code == code

    def test_a_left_value_passes_through_without_a_call(self) -> None:
        left = Either.from_left("no")
        for result in (left.map(explode), left.bind(explode), left.tap(explode), left.where(explode, explode)):
            assert result is left

    def test_tap_and_match_see_the_right_value(self) -> None:
        seen: list[int] = []
        assert Either.from_right(1).tap(seen.append) == Either.from_right(1)
        assert seen == [1]
        assert Either.from_right(1).match(explode, str) == "1"
        assert Either.from_left("no").match(str.upper, explode) == "NO"

    def test_where_makes_a_left_value_of_what_does_not_hold(self) -> None:
        assert Either.from_right(2).where(lambda n: n > 1, explode) == Either.from_right(2)
        assert Either.from_right(2).where(lambda n: n > 2, lambda: "small") == Either.from_left("small")

    def test_select_many_projects_both_values(self) -> None:
        assert Either.from_right(2).select(str) == Either.from_right("2")
        assert Either.from_right(2).select_many(lambda n: Either.from_right(n + 1), lambda a, b: (a, b)).right == (2, 3)
        assert Either.from_right(2).select_many(lambda _: Either.from_left("no"), explode) == Either.from_left("no")

    def test_the_strings_name_the_branch(self) -> None:
        assert (str(Either.from_right(1)), str(Either.from_left("no"))) == ("Right(1)", "Left(no)")

    @pytest.mark.parametrize("operation", ["map", "bind", "tap", "select"])
    def test_nothing_is_caught(self, operation: str) -> None:
        with pytest.raises(LookupError):
            getattr(Either.from_right(1), operation)(explode)
