"""Numbers, names and parts, one after another, from bytes that nobody has checked (WebAssembly core, section 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..contracts.errors import KernelError

T = TypeVar("T")


class Reader:
    """Reads forwards; whatever is not there raises `KernelError` with ``WASM_MODULE_INVALID``."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = start
        self._end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """The number of bytes that were not read."""
        return self._end - self._at

    def take(self, count: int) -> bytes:
        """Read ``count`` bytes."""
        if count > self.left:
            raise malformed(f"it ends at byte {self._end}, where {count} bytes from {self._at} on are wanted")
        start, self._at = self._at, self._at + count
        return self._data[start : self._at]

    def byte(self) -> int:
        """Read one byte."""
        if self._at >= self._end:
            raise malformed(f"it ends at byte {self._end}, where another one is wanted")
        self._at += 1
        return self._data[self._at - 1]

    def peek(self) -> int | None:
        """Return the next byte without reading it; None at the end."""
        return self._data[self._at] if self._at < self._end else None

    def unsigned(self, *, bits: int = 32) -> int:
        """Read a number of at most ``bits`` bits in LEB128."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follow
                break
            if shift >= bits:
                raise malformed("a number is longer than it may be")
        if number >> bits:
            raise malformed(f"a number has more than {bits} bits")
        return number

    def signed(self) -> int:
        """Read a signed number of at most 64 bits in LEB128."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - as above
                return number - (1 << shift) if byte & 0x40 else number
            if shift >= 64:  # noqa: PLR2004 - as above
                raise malformed("a number is longer than it may be")

    def count(self) -> int:
        """Read how many items follow; each takes a byte at least."""
        number = self.unsigned()
        if number > self.left:
            raise malformed(f"it promises {number} items in {self.left} bytes")
        return number

    def vector(self, read: Callable[[], T]) -> list[T]:
        """Read a count, and then so many items by ``read``."""
        return [read() for _ in range(self.count())]

    def name(self) -> str:
        """Read a name in UTF-8."""
        try:
            return self.take(self.unsigned()).decode()
        except UnicodeDecodeError:
            raise malformed("a name is not in UTF-8") from None

    def part(self, length: int) -> Reader:
        """Return a reader of the next ``length`` bytes, and go on after them. Nothing is copied."""
        if length > self.left:
            raise malformed(f"a section of {length} bytes does not fit into the {self.left} that are left")
        start, self._at = self._at, self._at + length
        return Reader(self._data, start, self._at)


def malformed(why: str) -> KernelError:
    """Return the error for bytes that are no module."""
    return KernelError(f"The bytes are no WebAssembly module: {why}.", code="WASM_MODULE_INVALID")


def unknown(what: str) -> KernelError:
    """Return the error for a module of a form that is not known here: a mistake, or something younger than this."""
    return KernelError(f"The module cannot be described: {what}.", code="WASM_FEATURE_UNSUPPORTED")
