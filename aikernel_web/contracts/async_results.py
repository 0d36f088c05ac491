"""The async forms of ``Result``, ``Option`` and ``Either`` (reference contract, section 1.6).

Each wraps an awaitable of its kind and is awaitable itself, more than once. Nothing runs before it is awaited. ``map``,
``select`` and projectors take plain functions; binders and actions may be plain, or answer an awaitable.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeAlias, TypeVar, cast

from .cancellation import caller_is_cancelled
from .either import Either
from .option import Option
from .results import ErrorContext, Result

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
L = TypeVar("L")
R = TypeVar("R")
M = TypeVar("M")
N = TypeVar("N")
MaybeAwaitable: TypeAlias = Awaitable[M] | M


async def attempt(function: Callable[[], Awaitable[T]]) -> Result[T]:
    """Return the awaited value of ``function()``, or what it raised as a failure.

    Not caught is the cancellation of the very task that waits.
    """
    try:
        return Result.success(await function())
    except asyncio.CancelledError as error:
        if caller_is_cancelled():
            raise
        return Result.fail(ErrorContext.from_exception(error))
    except Exception as error:  # what is attempted may fail in any way
        return Result.fail(ErrorContext.from_exception(error))


class _Lifted(Awaitable[M]):
    """An awaitable whose outcome is kept, so that it can be awaited again."""

    __slots__ = ("_error", "_lock", "_outcome", "_source")

    def __init__(self, source: Awaitable[M]) -> None:
        self._source: Awaitable[M] | None = source
        self._lock = asyncio.Lock()
        self._outcome: M | None = None
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Any, Any, M]:
        return self._settled().__await__()

    async def _settled(self) -> M:
        async with self._lock:
            if self._source is not None:
                source, self._source = self._source, None
                try:
                    self._outcome = await source
                except BaseException as error:  # whoever awaits it again is told the same
                    self._error = error
        if self._error is not None:
            raise self._error
        return cast("M", self._outcome)


class AsyncResult(_Lifted[Result[T]]):
    """An awaitable `Result`. What the awaitable itself raises is a failure too, and so is what callbacks raise."""

    __slots__ = ()

    def __init__(self, source: Awaitable[Result[T]]) -> None:
        super().__init__(_Deferred(lambda: _flattened(lambda: source)))

    @classmethod
    def of(cls, result: Result[T]) -> AsyncResult[T]:
        """Lift ``result``."""
        return cls(_Deferred(lambda: _value(result)))

    def map(self, transform: Callable[[T], U]) -> AsyncResult[U]:
        """Apply ``transform`` to the value."""
        return self._then(lambda result: _value(result.map(transform)))

    def bind(self, binder: Callable[[T], MaybeAwaitable[Result[U]]]) -> AsyncResult[U]:
        """Continue with another operation that may fail."""

        async def step(result: Result[T]) -> Result[U]:
            if result.is_failure:
                return cast("Result[U]", result)
            return await _flattened(lambda: _value(binder(result.value)))

        return self._then(step)

    def tap(self, action: Callable[[T], object]) -> AsyncResult[T]:
        """Run ``action`` on the value, and wait for it where it answers an awaitable."""

        async def run(value: T) -> Result[T]:
            await _value(action(value))
            return Result.success(value)

        return self.bind(run)

    def select(self, selector: Callable[[T], U]) -> AsyncResult[U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(
        self, binder: Callable[[T], MaybeAwaitable[Result[U]]], projector: Callable[[T, U], V]
    ) -> AsyncResult[V]:
        """Bind, then project both values."""

        async def run(value: T) -> Result[V]:
            bound = await _value(binder(value))
            return bound.map(lambda second: projector(value, second))

        return self.bind(run)

    def _then(self, step: Callable[[Result[T]], Awaitable[Result[U]]]) -> AsyncResult[U]:
        return AsyncResult(_Deferred(lambda: _after(self, step)))


class AsyncOption(_Lifted[Option[T]]):
    """An awaitable `Option`. Nothing is caught."""

    __slots__ = ()

    @classmethod
    def of(cls, option: Option[T]) -> AsyncOption[T]:
        """Lift ``option``."""
        return cls(_Deferred(lambda: _value(option)))

    def map(self, transform: Callable[[T], U]) -> AsyncOption[U]:
        """Apply ``transform`` to the value."""
        return self._then(lambda option: _value(option.map(transform)))

    def bind(self, binder: Callable[[T], MaybeAwaitable[Option[U]]]) -> AsyncOption[U]:
        """Continue with another operation that may give no value."""

        async def step(option: Option[T]) -> Option[U]:
            return await _value(binder(option.value)) if option.has_value else cast("Option[U]", option)

        return self._then(step)

    def tap(self, action: Callable[[T], object]) -> AsyncOption[T]:
        """Run ``action`` on the value, and wait for it where it answers an awaitable."""

        async def run(value: T) -> Option[T]:
            await _value(action(value))
            return Option.some(value)

        return self.bind(run)

    def select(self, selector: Callable[[T], U]) -> AsyncOption[U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(
        self, binder: Callable[[T], MaybeAwaitable[Option[U]]], projector: Callable[[T, U], V]
    ) -> AsyncOption[V]:
        """Bind, then project both values."""

        async def run(value: T) -> Option[V]:
            bound = await _value(binder(value))
            return bound.map(lambda second: projector(value, second))

        return self.bind(run)

    def _then(self, step: Callable[[Option[T]], Awaitable[Option[U]]]) -> AsyncOption[U]:
        return AsyncOption(_Deferred(lambda: _after(self, step)))


class AsyncEither(_Lifted[Either[L, R]], Generic[L, R]):
    """An awaitable `Either`. Nothing is caught."""

    __slots__ = ()

    @classmethod
    def of(cls, either: Either[L, R]) -> AsyncEither[L, R]:
        """Lift ``either``."""
        return cls(_Deferred(lambda: _value(either)))

    def map(self, transform: Callable[[R], U]) -> AsyncEither[L, U]:
        """Apply ``transform`` to a right value."""
        return self._then(lambda either: _value(either.map(transform)))

    def bind(self, binder: Callable[[R], MaybeAwaitable[Either[L, U]]]) -> AsyncEither[L, U]:
        """Continue a right value with another operation."""

        async def step(either: Either[L, R]) -> Either[L, U]:
            return await _value(binder(either.right)) if either.is_right else cast("Either[L, U]", either)

        return self._then(step)

    def tap(self, action: Callable[[R], object]) -> AsyncEither[L, R]:
        """Run ``action`` on a right value, and wait for it where it answers an awaitable."""

        async def run(right: R) -> Either[L, R]:
            await _value(action(right))
            return Either.from_right(right)

        return self.bind(run)

    def select(self, selector: Callable[[R], U]) -> AsyncEither[L, U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(
        self, binder: Callable[[R], MaybeAwaitable[Either[L, U]]], projector: Callable[[R, U], V]
    ) -> AsyncEither[L, V]:
        """Bind, then project both right values."""

        async def run(right: R) -> Either[L, V]:
            bound = await _value(binder(right))
            return bound.map(lambda second: projector(right, second))

        return self.bind(run)

    def _then(self, step: Callable[[Either[L, R]], Awaitable[Either[L, U]]]) -> AsyncEither[L, U]:
        return AsyncEither(_Deferred(lambda: _after(self, step)))


class _Deferred(Awaitable[M]):
    """Makes its coroutine only when it is awaited: a chain that nobody awaits leaves nothing behind."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Awaitable[M]]) -> None:
        self._make = make

    def __await__(self) -> Generator[Any, Any, M]:
        return self._make().__await__()


async def _value(answer: MaybeAwaitable[M]) -> M:
    return await answer if inspect.isawaitable(answer) else answer


async def _after(source: Awaitable[M], step: Callable[[M], Awaitable[N]]) -> N:
    return await step(await source)


async def _flattened(function: Callable[[], Awaitable[Result[T]]]) -> Result[T]:
    return (await attempt(function)).bind(lambda result: result)
