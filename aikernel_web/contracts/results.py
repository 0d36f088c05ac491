"""``Result`` and ``Try``: failures as values (reference contract, sections 1.1, 1.2 and 1.5).

`Option` and `Either` are beside it in files of their own, the async forms of all three in `async_results`.

Operations come in pairs. ``try_x()`` returns a `Result`; ``x()`` returns the value or raises `KernelError` with the
same code. Only ``try_x`` is written by hand: ``x = direct(try_x)``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from .errors import ERROR_CLASSES, KernelError, error_code_of, with_code

if TYPE_CHECKING:
    from .async_results import AsyncResult

EXCEPTION_TYPE = "exception_type"
"""The key in an error's metadata under which the full name of an exception's class stands."""
SOURCE_ERROR_CODE = "source_error_code"
"""The key under which a failure that was made from another one may keep that one's code."""

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
S = TypeVar("S")
P = ParamSpec("P")


class FailureKind(StrEnum):
    """What a failure means for the operation that met it."""

    FAIL_CLOSED = "FailClosed"
    REJECT = "Reject"
    QUARANTINE = "Quarantine"


class OriginStep(StrEnum):
    """The step of a pipeline in which a failure arose."""

    CAPABILITY = "Capability"
    PROMPT = "Prompt"
    PROVIDER = "Provider"
    TOKENIZER = "Tokenizer"
    SEMANTIC_HASH = "SemanticHash"
    KERNEL_FACADE = "KernelFacade"


class SemanticSlot(StrEnum):
    """The semantic slot that a failure belongs to."""

    G = "G"
    T = "T"
    C = "C"
    B = "B"


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """The error inside a failed `Result`."""

    message: str
    code: str = "ERROR"
    is_retryable: bool = False
    failure_kind: FailureKind | None = None
    origin_step: OriginStep | None = None
    semantic_slot: SemanticSlot | None = None
    metadata: Mapping[str, str] | None = None

    @classmethod
    def from_exception(cls, error: BaseException) -> ErrorContext:
        """Describe ``error``: code ``UNHANDLED_EXCEPTION``, its message, and its type under ``exception_type``."""
        return cls(str(error), code="UNHANDLED_EXCEPTION", metadata={EXCEPTION_TYPE: _name_of(type(error))})

    def to_exception(self) -> KernelError:
        """Return what a direct form raises: an error with this code, of the class that the failure was made from."""
        kind = ERROR_CLASSES.get((self.metadata or {}).get(EXCEPTION_TYPE, ""), KernelError)
        return kind(self.message, code=self.error_code)

    @property
    def error_code(self) -> str:
        """The code at the end of the message (``ErrorCode=...``) or, where it names none, `code`."""
        return error_code_of(self.message) or self.code

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """A value, or the reason why there is none. Made by `success`, `fail` and `failure`."""

    _value: T | None
    _error: ErrorContext | None

    @classmethod
    def success(cls, value: T) -> Result[T]:
        """Return a success holding ``value``."""
        return cls(value, None)

    @classmethod
    def ok(cls, value: T) -> Result[T]:
        """Return a success: `success` under its other name."""
        return cls(value, None)

    @classmethod
    def fail(cls, error: str | ErrorContext | KernelError) -> Result[T]:
        """Return a failure; a plain string, or an error's message, becomes an `ErrorContext` with the code ``ERROR``.

        Of an error its class is kept too, so that the direct form raises one like it.
        """
        if isinstance(error, KernelError):
            error = ErrorContext(str(error), metadata={EXCEPTION_TYPE: _name_of(type(error))})
        return cls(None, ErrorContext(error) if isinstance(error, str) else error)

    @classmethod
    def failure(cls, message: str, *, code: str) -> Result[T]:
        """Return a failure whose message ends in ``ErrorCode=code``."""
        return cls(None, ErrorContext(with_code(message, code)))

    @property
    def is_success(self) -> bool:
        """Whether there is a value."""
        return self._error is None

    @property
    def is_success_state(self) -> bool:
        """The same as `is_success`."""
        return self._error is None

    @property
    def is_failure(self) -> bool:
        """Whether there is an error."""
        return self._error is not None

    @property
    def value(self) -> T:
        """The value. Raises the failure's `KernelError` where there is none."""
        if self._error is not None:
            raise self._error.to_exception()
        return cast("T", self._value)

    @property
    def error(self) -> ErrorContext | None:
        """The error, or None on success."""
        return self._error

    def unwrap(self) -> T:
        """Return the value or raise `KernelError` with the failure's code."""
        return self.value

    def map(self, transform: Callable[[T], U]) -> Result[U]:
        """Apply ``transform`` to the value; what it raises becomes a failure."""
        return self.bind(lambda value: Result.success(transform(value)))

    def bind(self, binder: Callable[[T], Result[U]]) -> Result[U]:
        """Continue with another operation that may fail; what it raises becomes a failure."""
        if self._error is not None:
            return cast("Result[U]", self)
        try:
            return binder(cast("T", self._value))
        except Exception as error:  # a result catches what its callbacks raise, by contract
            return Result.fail(ErrorContext.from_exception(error))

    def tap(self, action: Callable[[T], object]) -> Result[T]:
        """Run ``action`` on the value and keep the result; what it raises turns the result into a failure."""

        def run(value: T) -> Result[T]:
            action(value)
            return self

        return self.bind(run)

    def or_else(self, fallback: Result[T] | Callable[[ErrorContext], Result[T]]) -> Result[T]:
        """Return this success, or the fallback. What a fallback raises is not caught."""
        if self._error is None:
            return self
        return fallback(self._error) if callable(fallback) else fallback

    def match(self, on_failure: Callable[[ErrorContext], U], on_success: Callable[[T], U]) -> U:
        """Call the branch that fits, failure first as in the reference contract. Nothing is caught."""
        return on_failure(self._error) if self._error is not None else on_success(cast("T", self._value))

    def where(self, predicate: Callable[[T], bool]) -> Result[T]:
        """Keep the value if ``predicate`` holds, otherwise fail with ``PREDICATE_FAILED``."""

        def check(value: T) -> Result[T]:
            if predicate(value):
                return self
            return Result.fail(ErrorContext("The value does not satisfy the predicate.", code="PREDICATE_FAILED"))

        return self.bind(check)

    def select(self, selector: Callable[[T], U]) -> Result[U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(self, binder: Callable[[T], Result[U]], projector: Callable[[T, U], V]) -> Result[V]:
        """Bind, then project both values."""
        return self.bind(lambda value: binder(value).map(lambda bound: projector(value, bound)))

    def as_task(self) -> AsyncResult[T]:
        """Lift it into its async form."""
        from .async_results import AsyncResult  # noqa: PLC0415 - that module is built on this one

        return AsyncResult.of(self)

    def __str__(self) -> str:
        return f"Fail({self._error})" if self._error is not None else f"Success({self._value})"


class Try:
    """Runs code and returns what it raised as a failure, cancellation included.

    What is not caught is the end of the interpreter, and the cancellation of the very task that waits: it is meant for
    the caller, not for what the caller tried.
    """

    @staticmethod
    def run(function: Callable[[], T]) -> Result[T]:
        """Return the value of ``function()``, or the exception it raised as a failure."""
        try:
            return Result.success(function())
        except Exception as error:  # that is what Try is for
            return Result.fail(ErrorContext.from_exception(error))

    @staticmethod
    async def run_async(function: Callable[[], Awaitable[T]]) -> Result[T]:
        """Return the awaited value of ``function()``, or the exception it raised as a failure."""
        from .async_results import attempt  # noqa: PLC0415 - that module is built on this one

        return await attempt(function)


@overload
def direct(
    attempt: Callable[Concatenate[S, P], Coroutine[Any, Any, Result[T]]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]: ...
@overload
def direct(attempt: Callable[Concatenate[S, P], Result[T]]) -> Callable[Concatenate[S, P], T]: ...
def direct(attempt: Callable[..., Any]) -> Callable[..., Any]:
    """Make the raising form ``x`` of ``try_x``: the value, or `KernelError` with the failure's code."""
    if inspect.iscoroutinefunction(attempt):

        @functools.wraps(attempt)
        async def call(*args: Any, **kwargs: Any) -> Any:
            return (await attempt(*args, **kwargs)).unwrap()

    else:

        @functools.wraps(attempt)
        def call(*args: Any, **kwargs: Any) -> Any:
            return attempt(*args, **kwargs).unwrap()

    call.__name__ = attempt.__name__.removeprefix("try_")
    call.__qualname__ = attempt.__qualname__.replace("try_", "", 1)
    call.__doc__ = f"{(attempt.__doc__ or '').strip()}\n\nRaises `KernelError` instead of returning a failure."
    return call
