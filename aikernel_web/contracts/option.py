"""``Option``: a value that may be absent (reference contract, section 1.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .errors import KernelError
from .results import Result

if TYPE_CHECKING:
    from .async_results import AsyncOption

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """A value, or none. Made by `some` and `none`. What a callback raises is never caught."""

    _value: T | None
    _has_value: bool

    @classmethod
    def some(cls, value: T) -> Option[T]:
        """Return an option holding ``value``, which may be None."""
        return cls(value, True)

    @classmethod
    def none(cls) -> Option[T]:
        """Return the option without a value."""
        return cls(None, False)

    @property
    def has_value(self) -> bool:
        """Whether there is a value."""
        return self._has_value

    @property
    def value(self) -> T:
        """The value. Raises `KernelError` with ``OPTION_VALUE_ABSENT`` where there is none."""
        if not self._has_value:
            raise KernelError("The option has no value: ask has_value, or use or_else.", code="OPTION_VALUE_ABSENT")
        return cast("T", self._value)

    def map(self, transform: Callable[[T], U]) -> Option[U]:
        """Apply ``transform`` to the value."""
        return self.bind(lambda value: Option.some(transform(value)))

    def bind(self, binder: Callable[[T], Option[U]]) -> Option[U]:
        """Continue with another operation that may give no value."""
        return binder(cast("T", self._value)) if self._has_value else cast("Option[U]", self)

    def tap(self, action: Callable[[T], object]) -> Option[T]:
        """Run ``action`` on the value and keep the option."""
        if self._has_value:
            action(cast("T", self._value))
        return self

    def or_else(self, fallback: T) -> T:
        """Return the value, or ``fallback`` where there is none."""
        return cast("T", self._value) if self._has_value else fallback

    def match(self, on_none: Callable[[], U], on_some: Callable[[T], U]) -> U:
        """Call the branch that fits, that of no value first as in the reference contract."""
        return on_some(cast("T", self._value)) if self._has_value else on_none()

    def where(self, predicate: Callable[[T], bool]) -> Option[T]:
        """Keep the value if ``predicate`` holds."""
        return self.bind(lambda value: self if predicate(value) else Option.none())

    def select(self, selector: Callable[[T], U]) -> Option[U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(self, binder: Callable[[T], Option[U]], projector: Callable[[T, U], V]) -> Option[V]:
        """Bind, then project both values."""
        return self.bind(lambda value: binder(value).map(lambda bound: projector(value, bound)))

    def as_result(self, failure_message: str) -> Result[T]:
        """Return the value as a success, or a failure with ``failure_message``."""
        return Result.success(cast("T", self._value)) if self._has_value else Result.fail(failure_message)

    def as_task(self) -> AsyncOption[T]:
        """Lift it into its async form."""
        from .async_results import AsyncOption  # noqa: PLC0415 - that module is built on this one

        return AsyncOption.of(self)

    def __str__(self) -> str:
        return f"Some({self._value})" if self._has_value else "None"
