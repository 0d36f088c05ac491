"""Reading a device's buffer into NumPy's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import READ
from ..arrays.array_kind import ArrayKind
from ..arrays.marshalling import WORD, Shape, decode, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Readback:
    """One read: straight into the array where the device has it as NumPy does, otherwise by way of its bytes."""

    __slots__ = ("_kind", "_rows", "_skip", "array", "destination", "first", "words")

    def __init__(
        self, kind: ArrayKind, out: NDArray[Any] | None = None, start: int = 0, count: int | None = None
    ) -> None:
        begin, end = rows_of(kind.shape, start, count)
        shape = (end - begin, *kind.shape[1:]) if kind.shape else ()
        self.array: NDArray[Any] = np.empty(shape, kind.dtype) if out is None else _require_out(out, kind, shape)
        """What is filled."""
        self._kind = kind
        self._rows = slice(begin, end)
        if kind.layout is None:
            self.first, self._skip = divmod(begin * kind.row_bytes, WORD)
            self.words = words_of(self._skip + self.array.nbytes)
        else:
            self.first, self._skip, self.words = 0, 0, kind.words
        direct = kind.layout is None and not self._skip
        self.destination: NDArray[np.uint8] = (
            self.array.reshape(-1).view(np.uint8) if direct else np.empty(self.words * WORD, np.uint8)
        )
        """What the device fills."""

    def command(self, handle: int) -> tuple[int, int, int, int]:
        """Return the words that read it from a buffer."""
        return READ, handle, self.first, self.words

    def complete(self) -> None:
        """Fill the array, once the destination is."""
        if self._kind.layout is not None:
            whole = np.empty(self._kind.shape, self._kind.dtype)
            decode(self._kind.layout, self.destination, whole)
            self.array[...] = (whole[self._rows] if self._kind.shape else whole).reshape(self.array.shape)
        elif self._skip:
            flat = self.array.reshape(-1).view(np.uint8)
            flat[:] = self.destination[self._skip : self._skip + flat.size]


def rows_of(shape: Shape, start: int, count: int | None) -> tuple[int, int]:
    """Return the first row and the one after the last; raises `InvalidArgumentError` with ``WEBGPU_ARRAY_RANGE``."""
    rows = shape[0] if shape else 1
    end = rows if count is None else start + count
    if not 0 <= start <= end <= rows:
        message = f"The elements from {start} to {end} are not there: the array has {rows} along its first dimension."
        raise InvalidArgumentError(message, code="WEBGPU_ARRAY_RANGE")
    return start, end


def _require_out(out: NDArray[Any], kind: ArrayKind, shape: Shape) -> NDArray[Any]:
    if not isinstance(out, np.ndarray):
        message = f"out is a {type(out).__name__}: give a NumPy array."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    if out.dtype != kind.dtype:
        message = f"out is {out.dtype}, and the array is {kind.dtype}."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    size = int(np.prod(shape))
    if out.size != size or not out.flags.c_contiguous or not out.flags.writeable:
        message = f"out must be C-contiguous, writable, and have {size} elements: it has {out.size}."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    return out
