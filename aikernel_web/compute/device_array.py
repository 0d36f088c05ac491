"""Arrays that are on the device."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from .arrays.array_kind import ArrayKind
from .arrays.marshalling import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")


class Place(Protocol):
    """Where an array's buffer is: an open device, a batch that has not been submitted, the host."""

    def release(self, handle: int, words: int) -> None:
        """Take a buffer back; called by finalisers too, at any moment."""
        ...


class ArrayEngine(Protocol):
    """What does the work of an array's methods."""

    async def read(self, array: DeviceArray, out: NDArray[Any] | None, start: int, count: int | None) -> NDArray[Any]:
        """Carry out `DeviceArray.read`."""
        ...

    async def write(self, array: DeviceArray, data: NDArray[Any], start: int) -> None:
        """Carry out `DeviceArray.write`."""
        ...


class ArrayOwner(Protocol):
    """The provider that an array belongs to."""

    async def array_engine(self) -> ArrayEngine:
        """Return what works on arrays, once it is decided where that is."""
        ...

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine from synchronous code."""
        ...


class DeviceArray:
    """An array in the device's memory, for kernels to read and write; made by `to_device`, `empty` and ``keep=True``.

    Its memory is taken when it is first used, and given back when nobody has the array any more, or by `destroy`. On a
    provider that has fallen back to the CPU it is in the host's memory.
    """

    __slots__ = ("__weakref__", "copy", "ended", "handle", "kind", "owner", "place")

    def __init__(self, owner: ArrayOwner, kind: ArrayKind) -> None:
        self.owner = owner
        self.kind = kind
        self.place: Place | None = None
        """Where its buffer is; None where it has none yet."""
        self.handle = 0
        self.copy: NDArray[Any] | None = None
        """Its contents on the host, where it has them there."""
        self.ended: tuple[str, str] | None = None
        """The code and the message of why it can be used no more."""

    def __del__(self) -> None:
        if self.handle and self.place is not None:
            self.place.release(self.handle, self.kind.words)

    @property
    def shape(self) -> Shape:
        """The counts of elements along each dimension."""
        return self.kind.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of an element."""
        return self.kind.dtype

    @property
    def size(self) -> int:
        """How many elements there are."""
        return self.kind.size

    @property
    def nbytes(self) -> int:
        """The bytes of the elements, as NumPy has them."""
        return self.kind.nbytes

    def __len__(self) -> int:
        if not self.kind.shape:
            raise TypeError("an array without dimensions has no length")
        return self.kind.shape[0]

    def __repr__(self) -> str:
        state = f", {self.ended[0]}" if self.ended else ""
        return f"<DeviceArray {self.kind.dtype} {self.kind.shape}{state}>"

    def __array__(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("The array is on the device: read it first (`await array.read()`).")

    async def read(self, out: NDArray[Any] | None = None, start: int = 0, count: int | None = None) -> NDArray[Any]:
        """Return the contents as a new array, or in ``out``.

        Args:
            out: a C-contiguous array of the same dtype and as many elements as are read.
            start: the first element to read; where there are several dimensions, the first row.
            count: how many elements or rows; all that follow unless given.

        Raises `DeviceLost`, `InvalidArgumentError`: ``WEBGPU_ARRAY_DESTROYED``, ``WEBGPU_BATCH_OPEN`` for what a batch
        makes before it is over, ``WEBGPU_ARRAY_RANGE``, ``WEBGPU_BINDING_DTYPE`` and ``WEBGPU_BINDING_SHAPE`` for
        ``out``; and what went wrong in the kernel that wrote it.
        """
        return await (await self.owner.array_engine()).read(self, out, start, count)

    async def write(self, data: NDArray[Any], start: int = 0) -> None:
        """Copy ``data`` into the array, from element (or row) ``start`` on; what was submitted before reads the old.

        Raises as `read` does.
        """
        await (await self.owner.array_engine()).write(self, data, start)

    def read_sync(self, out: NDArray[Any] | None = None, start: int = 0, count: int | None = None) -> NDArray[Any]:
        """Do as `read`, from synchronous code; raises `KernelError` with ``SYNC_UNAVAILABLE`` where that cannot be."""
        return self.owner.run_sync(self.read(out, start, count))

    def write_sync(self, data: NDArray[Any], start: int = 0) -> None:
        """Do as `write`, from synchronous code; raises `KernelError` with ``SYNC_UNAVAILABLE``."""
        self.owner.run_sync(self.write(data, start))

    def destroy(self) -> None:
        """Give its memory back now; again changes nothing. What was submitted before still has it."""
        if self.handle and self.place is not None:
            self.place.release(self.handle, self.kind.words)
        self.end("WEBGPU_ARRAY_DESTROYED", "The array was destroyed: make another.")

    def end(self, code: str, message: str) -> None:
        """Make the array unusable; it says why from then on."""
        self.ended = self.ended or (code, message)
        self.place, self.handle, self.copy = None, 0, None
