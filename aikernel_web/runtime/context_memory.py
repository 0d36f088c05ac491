"""The memory of a context: bytes, values and arrays, each access checked and told (reference contract, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

from ..contracts.engine import BytesLike
from ..contracts.errors import KernelError
from ..contracts.events import MEMORY_ACCESSED
from ..contracts.results import Result, direct
from .buffers import length_of
from .context_base import ContextBase
from .memory_array import MemoryArray
from .scalars import encode_scalar, scalar

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

T = TypeVar("T")

_ADDRESSES = 1 << 53
"""Addresses beyond are in no memory, and are no exact numbers in JavaScript."""


class ContextMemory(ContextBase):
    """The memory of the instance, or the array that there is without one."""

    @property
    def memory_size(self) -> int:
        """The size of memory in bytes; 0 after disposal."""
        return self._guest.memory.memory_size()

    def try_read_memory(self, offset: int, length: int) -> Result[bytes]:
        """Copy ``length`` bytes of memory from ``offset``.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_MEMORY_RANGE_INVALID``.
        """
        return self._access("read", index(offset), index(length), lambda memory: memory.read_memory(offset, length))

    read_memory = direct(try_read_memory)

    def try_write_memory(self, offset: int, data: BytesLike) -> Result[bool]:
        """Copy ``data`` into memory at ``offset``; fails as `try_read_memory` does."""

        def write(memory: Any) -> bool:
            memory.write_memory(offset, data)
            return True

        return self._access("write", index(offset), length_of(data), write)

    write_memory = direct(try_write_memory)

    def read_byte(self, offset: int) -> int:
        """Return the byte at ``offset``; raises as `read_memory` does."""
        return self.read_memory(offset, 1)[0]

    def write_byte(self, offset: int, value: int) -> None:
        """Set the byte at ``offset`` to ``value``, 0 to 255; raises as `write_memory` and `write_value` do."""
        self.write_value(offset, value, type="u8")

    def read_value(self, offset: int, type: str) -> int | float:  # noqa: A002 - the standard's word
        """Return the number at ``offset``, little-endian.

        ``type`` is ``i8``, ``u8``, ``i16``, ``u16``, ``i32``, ``u32``, ``i64``, ``u64``, ``f32`` or ``f64``. Raises as
        `read_memory`, and `InvalidArgumentError` with ``WASM_VALUE_INVALID``.
        """
        number = scalar(type)
        found: int | float = number.unpack(self.read_memory(offset, number.size))[0]
        return found

    def write_value(self, offset: int, value: float, *, type: str) -> None:  # noqa: A002 - as above
        """Set the number at ``offset``, little-endian; ``type`` as for `read_value`.

        Raises as `write_memory`, and `InvalidArgumentError` with ``WASM_VALUE_INVALID`` where the value does not fit.
        """
        self.write_memory(offset, encode_scalar(type, value))

    def memory_array(self, offset: int, shape: int | Sequence[int], dtype: DTypeLike = "u1") -> MemoryArray:
        """Return a part of memory as an array of NumPy's shape and type, read and written in place.

        NumPy's types count bytes, ``"u1"``, ``"i4"``, ``"f8"``, where those of `read_value` count bits. The array is
        refused with ``WASM_MEMORY_VIEW_STALE`` once the memory has grown or was replaced. Raises as `read_memory`,
        `NotSupportedError` with ``NUMPY_REQUIRED``, `InvalidArgumentError` with ``WASM_VALUE_INVALID`` for a type
        without a fixed size.
        """
        self._require()
        return MemoryArray(self._guest.memory.memory_window, self._accessed, index(offset), shape, dtype)

    def _access(self, operation: str, offset: int, length: int, act: Callable[[Any], T]) -> Result[T]:
        """Do something with memory, and tell it; addresses that no memory has are refused before."""
        refused = self._refused()
        if refused is not None:
            return refused
        if offset < 0 or length < 0 or offset + length > _ADDRESSES:
            message = f"{length} bytes at {offset} are in no memory."
            return Result.failure(message, code="WASM_MEMORY_RANGE_INVALID")
        try:
            value = act(self._guest.memory)
        except KernelError as error:
            return Result.fail(error)
        self._accessed(operation, offset, length)
        return Result.success(value)

    def _accessed(self, operation: str, offset: int, length: int) -> None:
        self._publish(MEMORY_ACCESSED, lambda: {"operation": operation, "offset": str(offset), "length": str(length)})
