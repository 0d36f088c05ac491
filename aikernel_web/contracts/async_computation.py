"""``Async``: a computation that gives a ``Result`` when it is run (reference contract, section 1.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from .async_results import AsyncResult, MaybeAwaitable
from .cancellation import CancellationToken
from .results import Result

T = TypeVar("T")
U = TypeVar("U")

Computation = Callable[[CancellationToken | None], Awaitable[Result[T]]]


class Async(Generic[T]):
    """A lazy computation: every `run` runs it anew, with the token it is given."""

    __slots__ = ("_computation",)

    def __init__(self, computation: Computation[T] | None = None) -> None:
        self._computation = computation

    @classmethod
    def of(cls, result: Result[T]) -> Async[T]:
        """Return the computation that gives ``result``."""
        return cls(lambda _: result.as_task())

    async def run(self, cancellation: CancellationToken | None = None) -> Result[T]:
        """Run it. What it raises is a failure; without a computation so is that: ``ASYNC_NOT_INITIALIZED``."""
        computation = self._computation
        if computation is None:
            return Result.failure("There is no computation to run.", code="ASYNC_NOT_INITIALIZED")
        return await Result.success(computation).as_task().bind(lambda run: run(cancellation))

    def map(self, transform: Callable[[T], U]) -> Async[U]:
        """Apply ``transform`` to the value."""
        return Async(lambda token: AsyncResult(self.run(token)).map(transform))

    def bind(self, binder: Callable[[T], Async[U]]) -> Async[U]:
        """Continue with another computation, under the same token."""
        return Async(lambda token: AsyncResult(self.run(token)).bind(lambda value: binder(value).run(token)))

    def tap(self, action: Callable[[T], MaybeAwaitable[object]]) -> Async[T]:
        """Run ``action`` on the value and keep it."""
        return Async(lambda token: AsyncResult(self.run(token)).tap(action))
