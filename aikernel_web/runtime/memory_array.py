"""A part of memory as an array of NumPy's, read and written where it lies.

A true view is not possible: the memory of a module is not the interpreter's. Every access copies once, and is refused,
not stale, when the memory has grown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import index
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from ..contracts.engine import MemoryWindow
from ..contracts.errors import InvalidArgumentError, KernelError, NotSupportedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray


class MemoryArray:
    """``shape`` items of ``dtype`` from ``offset`` on, little-endian, in C's order.

    ``array[...]`` copies all of it, ``array[key]`` a part; ``array[...] = values`` writes, broadcast as NumPy does it.
    Each access is an event; each raises `KernelError` with ``WASM_MEMORY_VIEW_STALE`` once the memory is another one.
    """

    def __init__(
        self,
        window: Callable[[int, int], MemoryWindow],
        accessed: Callable[[str, int, int], None],
        offset: int,
        shape: int | Sequence[int],
        dtype: DTypeLike,
    ) -> None:
        self._numpy = numpy = _numpy()
        try:
            self.dtype: np.dtype[Any] = numpy.dtype(dtype).newbyteorder("<")
        except TypeError as error:
            raise InvalidArgumentError(
                f"{dtype!r} is no type of NumPy's ({error}): give one such as 'u1', 'i4' or 'f8', with its bytes.",
                code="WASM_VALUE_INVALID",
            ) from None
        self.shape = (index(shape),) if not isinstance(shape, Sequence) else tuple(index(size) for size in shape)
        if self.dtype.hasobject or self.dtype.itemsize == 0:
            message = f"{self.dtype} has no fixed size in memory: give a type of numbers."
            raise InvalidArgumentError(message, code="WASM_VALUE_INVALID")
        if offset < 0 or any(size < 0 for size in self.shape):
            message = f"An array of {self.shape} at {offset} is in no memory."
            raise KernelError(message, code="WASM_MEMORY_RANGE_INVALID")
        self.offset = offset
        self.nbytes = math.prod(self.shape, start=int(self.dtype.itemsize))
        self._accessed = accessed
        self._window = window(offset, self.nbytes)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of items."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        return self._read()[key]

    def __setitem__(self, key: Any, value: object) -> None:
        whole = isinstance(key, EllipsisType) or (isinstance(key, slice) and key == slice(None))
        array = self._numpy.empty(self.shape, self.dtype) if whole else self._read()
        array[key] = value
        self._window.write_from(array)
        self._accessed("write", self.offset, self.nbytes)

    def read_into(self, target: NDArray[Any] | bytearray | memoryview) -> None:
        """Copy all of it into ``target``, a writable buffer of as many bytes: for who looks at it again and again.

        Raises `KernelError`: ``WASM_MEMORY_VIEW_STALE``, ``WASM_MEMORY_RANGE_INVALID`` for another size.
        """
        self._window.read_into(target)
        self._accessed("read", self.offset, self.nbytes)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("an array in a module's memory is always copied: leave out copy=False")
        array = self._read()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __repr__(self) -> str:
        return f"<MemoryArray of {self.shape} {self.dtype} at {self.offset}>"

    def _read(self) -> NDArray[Any]:
        array: NDArray[Any] = self._numpy.empty(self.shape, self.dtype)
        self._window.read_into(array)
        self._accessed("read", self.offset, self.nbytes)
        return array


def _numpy() -> Any:
    try:
        import numpy  # noqa: ICN001, PLC0415 - only who asks for arrays pays for it
    except ImportError:
        message = "Arrays of memory need NumPy: install it, or use read_memory and write_memory."
        raise NotSupportedError(message, code="NUMPY_REQUIRED") from None
    return numpy
