"""Integers that go up evenly with the lanes, kept as three numbers: an index made of one is a slice, not a gather.

A `Leaf` is one scalar of all lanes of a chunk, whose lanes stand in R rows and C columns: a NumPy scalar (the same for
all), an array of two dimensions that broadcasts to (R, C), or an `Affine`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Lanes: TypeAlias = NDArray[Any]
"""An array of two dimensions that broadcasts to (R, C)."""
_WORD = 1 << 32
_LOWEST: dict[type[np.generic], int] = {np.int32: -(1 << 31), np.uint32: 0}
_NUMBERS = (np.integer, int)
_SHIFTS = 31
"""Shifts of 32-bit numbers count modulo 32."""


class Affine:
    """``base + row * r + column * c`` at row r and column c of the lanes, an i32 or a u32 everywhere.

    The three are exact Python integers. An operation whose result leaves the type's range anywhere gives an array
    (wrapped, as WGSL wraps); one whose result is the same for all lanes gives a NumPy scalar. Build them with `affine`.
    """

    __slots__ = ("_array", "base", "column", "high", "kind", "low", "row", "shape")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, base: int, row: int, *, column: int, shape: tuple[int, int], kind: type[np.generic]) -> None:
        rises, runs = row * (shape[0] - 1), column * (shape[1] - 1)
        self.base, self.row, self.column, self.shape, self.kind = base, row, column, shape, kind
        self.low = base + min(0, rises) + min(0, runs)
        self.high = base + max(0, rises) + max(0, runs)
        self._array: Lanes | None = None

    def array(self) -> Lanes:
        """Return the numbers: (1, C) where rows are alike, (R, 1) where columns are, else (R, C)."""
        if self._array is None:
            self._array = _array(self.base, self.row, self.column, self.shape, self.kind)
        return self._array

    def converted(self, kind: type[np.generic]) -> Leaf:
        """Return it as np.int32 or np.uint32, modulo 2 ** 32."""
        return affine(self.base, self.row, self.column, shape=self.shape, kind=kind)

    def quotient(self, divisor: int) -> Leaf | None:
        """Return it divided by a positive number (no lane below zero), or None where that is not even."""
        if divisor <= 0 or self.low < 0:
            return None
        if not self.row % divisor and not self.column % divisor:
            return self._like(self.base // divisor, self.row // divisor, self.column // divisor)
        first = self.low // divisor
        return self.kind(first) if first == self.high // divisor else None

    def remainder(self, divisor: int) -> Leaf | None:
        """Return what is left of `quotient`, or None where that is not even."""
        if divisor <= 0 or self.low < 0:
            return None
        if not self.row % divisor and not self.column % divisor:
            return self.kind(self.base % divisor)
        first = self.low // divisor
        if first != self.high // divisor:
            return None
        return self._like(self.base - first * divisor, self.row, self.column)

    def at_most(self, last: int) -> Leaf:
        """Return the lesser of it and a number."""
        if self.high <= last:
            return self
        return self.kind(last) if self.low >= last else np.minimum(self.array(), self.kind(last))

    def _like(self, base: int, row: int, column: int) -> Leaf:
        return affine(base, row, column, shape=self.shape, kind=self.kind)

    def _span_to(self, other: object) -> tuple[int, int] | None:
        """Return the least and the greatest of self - other, where other is no array."""
        if isinstance(other, _NUMBERS):
            return self.low - int(other), self.high - int(other)
        if isinstance(other, Affine):
            row, column = self.row - other.row, self.column - other.column
            gap = Affine(self.base - other.base, row, column=column, shape=self.shape, kind=self.kind)
            return gap.low, gap.high
        return None

    def __add__(self, other: Any) -> Leaf:
        if isinstance(other, _NUMBERS):
            return self._like(self.base + int(other), self.row, self.column)
        if isinstance(other, Affine):
            return self._like(self.base + other.base, self.row + other.row, self.column + other.column)
        outcome: Leaf = self.array() + other
        return outcome

    __radd__ = __add__

    def __sub__(self, other: Any) -> Leaf:
        if isinstance(other, _NUMBERS):
            return self._like(self.base - int(other), self.row, self.column)
        if isinstance(other, Affine):
            return self._like(self.base - other.base, self.row - other.row, self.column - other.column)
        outcome: Leaf = self.array() - other
        return outcome

    def __rsub__(self, other: Any) -> Leaf:
        if isinstance(other, _NUMBERS):
            return self._like(int(other) - self.base, -self.row, -self.column)
        outcome: Leaf = other - self.array()
        return outcome

    def __mul__(self, other: Any) -> Leaf:
        if isinstance(other, _NUMBERS):
            by = int(other)
            return self._like(self.base * by, self.row * by, self.column * by)
        outcome: Leaf = self.array() * whole(other)
        return outcome

    __rmul__ = __mul__

    def __lshift__(self, other: Any) -> Leaf:
        if isinstance(other, _NUMBERS):
            return self * (1 << (int(other) & _SHIFTS))
        bits = np.asarray(whole(other)) & np.uint32(_SHIFTS)
        return np.left_shift(self.array(), bits.astype(self.kind))

    def __rshift__(self, other: Any) -> Leaf:
        """By places of its own kind, below 32."""
        even = self.quotient(1 << int(other)) if isinstance(other, _NUMBERS) else None
        outcome: Leaf = self.array() >> whole(other) if even is None else even
        return outcome

    def __and__(self, other: Any) -> Leaf:
        # All low bits: what is left of a division by the power of two.
        even = self.remainder(int(other) + 1) if isinstance(other, _NUMBERS) and not other & (other + 1) else None
        outcome: Leaf = self.array() & whole(other) if even is None else even
        return outcome

    __rand__ = __and__

    def __or__(self, other: Any) -> Leaf:
        outcome: Leaf = self.array() | whole(other)
        return outcome

    __ror__ = __or__

    def __xor__(self, other: Any) -> Leaf:
        outcome: Leaf = self.array() ^ whole(other)
        return outcome

    __rxor__ = __xor__

    def __invert__(self) -> Leaf:
        outcome: Leaf = ~self.array()
        return outcome

    def __neg__(self) -> Leaf:
        return self._like(-self.base, -self.row, -self.column)

    def __eq__(self, other: object) -> Any:
        span = self._span_to(other)
        if span is not None and (span[0] > 0 or span[1] < 0):
            return np.False_
        return np.True_ if span == (0, 0) else self.array() == whole(other)

    def __ne__(self, other: object) -> Any:
        span = self._span_to(other)
        if span is not None and (span[0] > 0 or span[1] < 0):
            return np.True_
        return np.False_ if span == (0, 0) else self.array() != whole(other)

    def __lt__(self, other: Any) -> Any:
        span = self._span_to(other)
        if span is not None and (span[1] < 0 or span[0] >= 0):
            return np.bool_(span[1] < 0)
        return self.array() < whole(other)

    def __ge__(self, other: Any) -> Any:
        span = self._span_to(other)
        if span is not None and (span[1] < 0 or span[0] >= 0):
            return np.bool_(span[0] >= 0)
        return self.array() >= whole(other)

    def __gt__(self, other: Any) -> Any:
        span = self._span_to(other)
        if span is not None and (span[0] > 0 or span[1] <= 0):
            return np.bool_(span[0] > 0)
        return self.array() > whole(other)

    def __le__(self, other: Any) -> Any:
        span = self._span_to(other)
        if span is not None and (span[0] > 0 or span[1] <= 0):
            return np.bool_(span[1] <= 0)
        return self.array() <= whole(other)

    def __repr__(self) -> str:
        return f"Affine({self.base}, {self.row}, column={self.column}, shape={self.shape}, kind={self.kind.__name__})"


Leaf: TypeAlias = np.generic | Lanes | Affine


def affine(base: int, row: int, column: int, *, shape: tuple[int, int], kind: type[np.generic]) -> Leaf:
    """Return ``base + row * r + column * c`` for lanes shaped (R, C), as np.int32 or np.uint32, modulo 2 ** 32."""
    if shape[0] == 1:
        row = 0
    if shape[1] == 1:
        column = 0
    lowest = _LOWEST[kind]
    if not row and not column:
        return kind((base - lowest) % _WORD + lowest)
    made = Affine(base, row, column=column, shape=shape, kind=kind)
    if made.low < lowest or made.high >= lowest + _WORD:
        return made.array()
    return made


def whole(leaf: Any) -> Any:
    """Return an `Affine` as its array, and any other leaf as it is."""
    return leaf.array() if isinstance(leaf, Affine) else leaf


def _array(base: int, row: int, column: int, shape: tuple[int, int], kind: type[np.generic]) -> Lanes:
    # Worked out modulo 2 ** 32 whatever the sign, then read as the type.
    if not column:
        numbers = _run(base, row, shape[0])[:, None]
    elif not row:
        numbers = _run(base, column, shape[1])[None, :]
    else:
        numbers = _run(base, row, shape[0])[:, None] + _run(0, column, shape[1])[None, :]
    return numbers.view(kind)


def _run(first: int, step: int, count: int) -> NDArray[np.uint32]:
    numbers = np.arange(count, dtype=np.uint32)
    if step % _WORD != 1:
        numbers *= np.uint32(step % _WORD)
    if first % _WORD:
        numbers += np.uint32(first % _WORD)
    return numbers
