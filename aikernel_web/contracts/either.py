"""``Either``: one of two values, of which the right one is worked on (reference contract, section 1.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .errors import KernelError

if TYPE_CHECKING:
    from .async_results import AsyncEither

L = TypeVar("L")
R = TypeVar("R")
U = TypeVar("U")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Either(Generic[L, R]):
    """A left or a right value. Made by `from_left` and `from_right`. What a callback raises is never caught."""

    _left: L | None
    _right: R | None
    _is_right: bool

    @classmethod
    def from_left(cls, left: L) -> Either[L, R]:
        """Return the left value ``left``."""
        return cls(left, None, False)

    @classmethod
    def from_right(cls, right: R) -> Either[L, R]:
        """Return the right value ``right``."""
        return cls(None, right, True)

    @property
    def is_right(self) -> bool:
        """Whether it is a right value."""
        return self._is_right

    @property
    def is_left(self) -> bool:
        """Whether it is a left value."""
        return not self._is_right

    @property
    def left(self) -> L:
        """The left value. Raises `KernelError` with ``EITHER_IS_RIGHT`` where there is none."""
        if self._is_right:
            raise KernelError("It is a right value: ask is_left, or use match.", code="EITHER_IS_RIGHT")
        return cast("L", self._left)

    @property
    def right(self) -> R:
        """The right value. Raises `KernelError` with ``EITHER_IS_LEFT`` where there is none."""
        if not self._is_right:
            raise KernelError("It is a left value: ask is_right, or use match.", code="EITHER_IS_LEFT")
        return cast("R", self._right)

    def map(self, transform: Callable[[R], U]) -> Either[L, U]:
        """Apply ``transform`` to a right value."""
        return self.bind(lambda right: Either.from_right(transform(right)))

    def bind(self, binder: Callable[[R], Either[L, U]]) -> Either[L, U]:
        """Continue a right value with another operation."""
        return binder(cast("R", self._right)) if self._is_right else cast("Either[L, U]", self)

    def tap(self, action: Callable[[R], object]) -> Either[L, R]:
        """Run ``action`` on a right value and keep it."""
        if self._is_right:
            action(cast("R", self._right))
        return self

    def match(self, on_left: Callable[[L], U], on_right: Callable[[R], U]) -> U:
        """Call the branch that fits, the left one first as in the reference contract."""
        return on_right(cast("R", self._right)) if self._is_right else on_left(cast("L", self._left))

    def where(self, predicate: Callable[[R], bool], left_factory: Callable[[], L]) -> Either[L, R]:
        """Keep a right value if ``predicate`` holds, otherwise return the left value that ``left_factory`` makes."""
        return self.bind(lambda right: self if predicate(right) else Either.from_left(left_factory()))

    def select(self, selector: Callable[[R], U]) -> Either[L, U]:
        """Apply ``selector``: `map` under its query name."""
        return self.map(selector)

    def select_many(self, binder: Callable[[R], Either[L, U]], projector: Callable[[R, U], V]) -> Either[L, V]:
        """Bind, then project both right values."""
        return self.bind(lambda right: binder(right).map(lambda bound: projector(right, bound)))

    def as_task(self) -> AsyncEither[L, R]:
        """Lift it into its async form."""
        from .async_results import AsyncEither  # noqa: PLC0415 - that module is built on this one

        return AsyncEither.of(self)

    def __str__(self) -> str:
        return f"Right({self._right})" if self._is_right else f"Left({self._left})"
