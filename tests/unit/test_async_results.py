from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import (
    Async,
    AsyncEither,
    AsyncOption,
    AsyncResult,
    Cancellation,
    CancellationToken,
    Either,
    Option,
    Result,
    Try,
)

INTEGERS = st.integers()


def explode(*_: object) -> Any:
    raise LookupError("gone")


async def explode_later(*_: object) -> Any:
    await asyncio.sleep(0)
    raise LookupError("gone")


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def deferred(binder: Callable[[int], Any]) -> Callable[[int], Awaitable[Any]]:
    return lambda number: later(binder(number))


def with_async_forms(binders: list[Callable[[int], Any]]) -> st.SearchStrategy[Callable[[int], Any]]:
    """The binders as they are, as coroutine functions, and as functions that answer the lifted form."""
    lifted = [lambda number, binder=binder: binder(number).as_task() for binder in binders]
    return st.sampled_from([*binders, *map(deferred, binders), *lifted])


RESULTS = st.one_of(st.builds(Result.success, INTEGERS), st.just(Result.failure("No.", code="REFUSED")))
OPTIONS = st.one_of(st.builds(Option.some, INTEGERS), st.just(Option.none()))
EITHERS = st.one_of(st.builds(Either.from_right, INTEGERS), st.builds(Either.from_left, st.text()))
RESULT_BINDERS = with_async_forms(
    [Result.success, lambda number: Result.success(number * 2), lambda _: Result.failure("No.", code="SECOND")]
) | st.sampled_from([explode_later])
OPTION_BINDERS = with_async_forms([Option.some, lambda number: Option.some(number * 2), lambda _: Option.none()])
EITHER_BINDERS = with_async_forms(
    [Either.from_right, lambda number: Either.from_right(number * 2), lambda _: Either.from_left("no")]
)
FUNCTIONS = st.sampled_from([lambda number: number + 1, lambda number: number * -3, lambda _: 0])


class TestLaws:
    @pytest.mark.parametrize("monads", [RESULTS, OPTIONS, EITHERS], ids=["result", "option", "either"])
    @given(data=st.data())
    def test_they_are_functors(self, monads: st.SearchStrategy[Any], data: st.DataObject) -> None:
        plain, first, second = data.draw(monads), data.draw(FUNCTIONS), data.draw(FUNCTIONS)

        async def main() -> None:
            assert await plain.as_task().map(lambda same: same) == plain
            composed = plain.as_task().map(lambda number: second(first(number)))
            assert await plain.as_task().map(first).map(second) == await composed
            assert await composed == plain.map(first).map(second)

        run_async(main())

    @pytest.mark.parametrize(
        ("monads", "unit", "binders"),
        [
            (RESULTS, Result.success, RESULT_BINDERS),
            (OPTIONS, Option.some, OPTION_BINDERS),
            (EITHERS, Either.from_right, EITHER_BINDERS),
        ],
        ids=["result", "option", "either"],
    )
    @given(data=st.data(), value=INTEGERS)
    def test_they_are_monads(
        self,
        monads: st.SearchStrategy[Any],
        unit: Callable[[int], Any],
        binders: st.SearchStrategy[Any],
        data: st.DataObject,
        value: int,
    ) -> None:
        plain, first, second = data.draw(monads), data.draw(binders), data.draw(binders)
        kind = type(plain.as_task())

        def lifted(binder: Callable[[int], Any], number: int) -> Any:
            async def bound() -> Any:
                answer = binder(number)
                return await answer if isinstance(answer, Awaitable) else answer

            return kind(bound())

        async def main() -> None:
            assert await unit(value).as_task().bind(first) == await lifted(first, value)
            assert await plain.as_task().bind(unit) == plain
            nested = plain.as_task().bind(lambda number: lifted(first, number).bind(second))
            assert await plain.as_task().bind(first).bind(second) == await nested

        run_async(main())

    @given(RESULTS, FUNCTIONS)
    def test_a_lazy_computation_is_a_monad_too(self, plain: Result[int], function: Callable[[int], int]) -> None:
        async def main() -> None:
            computation = Async.of(plain)
            assert await computation.run() == plain
            assert await computation.map(function).run() == plain.map(function)
            assert await computation.bind(lambda number: Async.of(Result.success(number))).run() == plain

        run_async(main())


class TestResult:
    @pytest.mark.parametrize(
        ("operation", "binder"),
        [
            *((operation, explode) for operation in ("map", "bind", "tap", "select")),
            *((operation, explode_later) for operation in ("bind", "tap")),
        ],
    )
    def test_what_a_callback_raises_becomes_a_failure(self, operation: str, binder: Callable[[int], Any]) -> None:
        result = run_async(_awaited(lambda: getattr(Result.success(1).as_task(), operation)(binder)))
        assert result.error is not None
        assert (result.error.code, result.error.metadata) == (
            "UNHANDLED_EXCEPTION",
            {"exception_type": "builtins.LookupError"},
        )

    def test_what_the_awaited_itself_raises_becomes_a_failure(self) -> None:
        result = run_async(_awaited(lambda: AsyncResult(explode_later()).map(str)))
        assert result.error is not None
        assert result.error.message == "gone"

    def test_a_failure_passes_through_as_the_same_error_without_a_call(self) -> None:
        failed: Result[int] = Result.failure("No.", code="REFUSED")

        async def main() -> None:
            chain = failed.as_task().map(explode).bind(explode).tap(explode).select(explode)
            assert (await chain).error is failed.error
            assert (await failed.as_task().select_many(explode, explode)).error is failed.error

        run_async(main())

    def test_tap_waits_for_an_async_action_and_keeps_the_value(self) -> None:
        seen: list[int] = []

        async def note(number: int) -> None:
            await asyncio.sleep(0)
            seen.append(number)

        assert run_async(_awaited(lambda: Result.success(1).as_task().tap(note).tap(seen.append))).value == 1
        assert seen == [1, 1]

    def test_select_many_projects_both_values_and_catches(self) -> None:
        async def main() -> None:
            start = Result.success(2).as_task()
            pair = start.select_many(deferred(lambda n: Result.success(n + 1)), lambda a, b: (a, b))
            assert (await pair).value == (2, 3)
            assert (await start.select_many(Result.success, explode)).is_failure

        run_async(main())

    def test_it_can_be_awaited_again_and_by_several_at_once(self) -> None:
        runs: list[int] = []

        async def once() -> Result[int]:
            await asyncio.sleep(0)
            runs.append(1)
            return Result.success(7)

        async def main() -> None:
            shared = AsyncResult(once())
            assert await asyncio.gather(shared.map(str), shared, shared.map(lambda n: n + 1)) == [
                Result.success("7"),
                Result.success(7),
                Result.success(8),
            ]
            assert await shared == Result.success(7)

        run_async(main())
        assert runs == [1]

    def test_nothing_runs_before_it_is_awaited(self) -> None:
        Result.success(1).as_task().map(explode).bind(explode_later).tap(explode)

    def test_being_cancelled_is_no_failure_of_what_is_awaited(self) -> None:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(AsyncResult(asyncio.Event().wait()).map(str), 0.01)  # type: ignore[arg-type]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(Try.run_async(asyncio.Event().wait), 0.01)

        run_async(main())

    def test_something_awaited_that_was_cancelled_is_one(self) -> None:
        async def main() -> Result[int]:
            cancelled: asyncio.Future[Result[int]] = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            return await AsyncResult(cancelled)

        error = run_async(main()).error
        assert error is not None
        assert error.metadata == {"exception_type": "asyncio.exceptions.CancelledError"}


class TestOptionAndEither:
    @pytest.mark.parametrize("binder", [explode, explode_later])
    @pytest.mark.parametrize("operation", ["bind", "tap"])
    @pytest.mark.parametrize("plain", [Option.some(1), Either.from_right(1)], ids=str)
    def test_nothing_is_caught(self, plain: Any, operation: str, binder: Callable[[int], Any]) -> None:
        with pytest.raises(LookupError):
            run_async(_awaited(lambda: getattr(plain.as_task(), operation)(binder)))

    @pytest.mark.parametrize("kind", [AsyncOption, AsyncEither])
    def test_what_the_awaited_itself_raises_goes_through_each_time(self, kind: Any) -> None:
        async def main() -> None:
            lifted = kind(explode_later())
            for _ in range(2):
                with pytest.raises(LookupError):
                    await lifted

        run_async(main())

    @pytest.mark.parametrize("absent", [Option.none(), Either.from_left("no")], ids=str)
    def test_where_there_is_nothing_nothing_is_called(self, absent: Any) -> None:
        chain = _awaited(lambda: absent.as_task().map(explode).bind(explode).tap(explode).select_many(explode, explode))
        assert run_async(chain) == absent

    @pytest.mark.parametrize("unit", [Option.some, Either.from_right], ids=["option", "either"])
    def test_select_and_select_many_project(self, unit: Callable[[Any], Any]) -> None:
        async def main() -> None:
            assert await unit(2).as_task().select(str) == unit("2")
            assert await unit(2).as_task().select_many(deferred(unit), lambda a, b: (a, b)) == unit((2, 2))

        run_async(main())


class TestAsync:
    def test_without_a_computation_it_says_so(self) -> None:
        for computation in (Async(), Async().map(str), Async().bind(lambda _: Async()), Async().tap(print)):
            error = run_async(computation.run()).error
            assert error is not None
            assert error.error_code == "ASYNC_NOT_INITIALIZED"

    def test_every_run_is_a_new_one_with_the_token_it_is_given(self) -> None:
        tokens: list[CancellationToken | None] = []

        async def compute(token: CancellationToken | None) -> Result[int]:
            tokens.append(token)
            return Result.success(len(tokens))

        async def main() -> None:
            token = Cancellation()
            computation = Async(compute).bind(lambda first: Async(compute).map(lambda second: (first, second)))
            assert tokens == []
            assert await computation.run(token) == Result.success((1, 2))
            assert await computation.tap(later).run() == Result.success((3, 4))
            assert tokens == [token, token, None, None]

        run_async(main())

    @pytest.mark.parametrize("computation", [explode, explode_later])
    def test_what_it_raises_is_a_failure(self, computation: Callable[..., Any]) -> None:
        error = run_async(Async(computation).run()).error
        assert error is not None
        assert error.code == "UNHANDLED_EXCEPTION"


async def _awaited(make: Callable[[], Awaitable[Any]]) -> Any:
    return await make()
