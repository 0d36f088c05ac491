"""The memory provider: bytes and numbers in a target's linear memory, and blocks of it (reference contract, 3.6)."""

from __future__ import annotations

import asyncio
from typing import Self

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import BytesLike
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.results import direct
from ..runtime.attempts import attempted
from ..runtime.buffers import length_of
from ..runtime.heaps import Heap, heap_of
from ..runtime.scalars import encode_scalar, scalar
from ..runtime.targets import Targetable
from .service import ServiceProvider


class WasmMemoryProvider(ServiceProvider):
    """Reads, writes and allocates.

    What is allocated comes from the module's own ``malloc`` where it has one, otherwise from pages of the host's own;
    which blocks are in use is known outside of the memory. That knowledge belongs to one instance: a target with
    another module begins anew by itself, and after a state was restored `forget` does.
    """

    PROVIDER_ID = "wasm.memory"
    NAME = "WASM Memory Provider"
    OPERATIONS = ("wasm.memory.allocate", "wasm.memory.free")
    DATA_TYPES = ("memory",)

    def __init__(self, target: Targetable = None) -> None:
        super().__init__(target)
        self._lock = asyncio.Lock()
        self._exports: list[dict[str, object]] | None = None
        self._heap: Heap | None = None

    @attempted
    async def try_allocate(self, byte_count: int, *, cancellation: CancellationToken | None = None) -> int:
        """Return a pointer to ``byte_count`` bytes: a multiple of 16, unless the module's ``malloc`` has another rule.

        Fails with ``WASM_ALLOCATION_SIZE_INVALID`` for what is no size of a block, or more than an array without a
        module has; ``WASM_ALLOCATION_FAILED`` where there is no room.
        """
        refuse_cancelled(cancellation)
        async with self._lock:
            heap = await self._current_heap()
            if not _is_integer(byte_count) or not 0 <= byte_count <= heap.size_max:
                raise InvalidArgumentError(
                    f"{byte_count!r} is no size of a block: give a number of bytes from 0 to {heap.size_max}.",
                    code="WASM_ALLOCATION_SIZE_INVALID",
                )
            return await heap.allocate(byte_count)

    allocate = direct(try_allocate)

    @attempted
    async def try_allocate_block(
        self, byte_count: int, *, cancellation: CancellationToken | None = None
    ) -> MemoryBlock:
        """Allocate as `try_allocate` does, and return the block as an object whose reads and writes stay within it."""
        return MemoryBlock(self, await self.allocate(byte_count, cancellation=cancellation), byte_count)

    allocate_block = direct(try_allocate_block)

    @attempted
    async def try_free(self, pointer: int) -> None:
        """Free the block that begins at ``pointer``.

        Fails with ``WASM_DOUBLE_FREE`` where it was freed already, ``WASM_POINTER_NOT_ALLOCATED`` where this provider
        has allocated none; nothing is changed then.
        """
        async with self._lock:
            await (await self._current_heap()).free(pointer)

    free = direct(try_free)

    @attempted
    async def try_size_of(self, pointer: int) -> int:
        """Return the size of the block that begins at ``pointer``; fails as `try_free` does."""
        async with self._lock:
            return (await self._current_heap()).blocks.size_of(pointer)

    size_of = direct(try_size_of)

    @property
    def blocks_in_use(self) -> int:
        """How many blocks are allocated and not freed."""
        return 0 if self._heap is None else len(self._heap.blocks)

    def forget(self) -> None:
        """Forget all blocks, without freeing them: after a saved state has replaced the memory they were in."""
        self._heap = None

    @attempted
    async def try_read(self, offset: int, length: int) -> bytes:
        """Copy ``length`` bytes from ``offset``; fails with ``WASM_MEMORY_RANGE_INVALID``."""
        return await self.target.read_memory(offset, length)

    read = direct(try_read)

    @attempted
    async def try_write(self, offset: int, data: BytesLike) -> None:
        """Write ``data`` at ``offset``; fails with ``WASM_MEMORY_RANGE_INVALID``."""
        await self.target.write_memory(offset, data)

    write = direct(try_write)

    @attempted
    async def try_read_byte(self, offset: int) -> int:
        """Return the byte at ``offset``; fails as `try_read` does."""
        return (await self.target.read_memory(offset, 1))[0]

    read_byte = direct(try_read_byte)

    @attempted
    async def try_write_byte(self, offset: int, value: int) -> None:
        """Write one byte, 0 to 255; fails with ``WASM_VALUE_INVALID`` for any other, and as `try_write` does."""
        await self.target.write_memory(offset, encode_scalar("u8", value))

    write_byte = direct(try_write_byte)

    @attempted
    async def try_read_value(self, offset: int, type: str) -> float:  # noqa: A002 - the standard's word
        """Return a little-endian number of the type ``i8``, ``u8`` to ``i64``, ``u64``, ``f32`` or ``f64``.

        Fails with ``WASM_VALUE_INVALID`` for any other type, and as `try_read` does.
        """
        form = scalar(type)
        (value,) = form.unpack(await self.target.read_memory(offset, form.size))
        return value  # type: ignore[no-any-return]

    read_value = direct(try_read_value)

    @attempted
    async def try_write_value(self, offset: int, value: float, *, type: str) -> None:  # noqa: A002 - as above
        """Write a number of a type of `try_read_value`; fails with ``WASM_VALUE_INVALID`` for what it cannot hold."""
        await self.target.write_memory(offset, encode_scalar(type, value))

    write_value = direct(try_write_value)

    @attempted
    async def try_size(self) -> int:
        """Return the size of the memory in bytes; fails with ``WASM_NO_MEMORY`` where there is none."""
        return await self.target.memory_size()

    size = direct(try_size)

    async def _current_heap(self) -> Heap:
        exports = await self.target.control("module.exports")
        if self._heap is None or exports != self._exports:
            self._heap = await heap_of(self.target, exports)
            self._exports = exports
        return self._heap


class MemoryBlock:
    """A block of memory. What would touch bytes beyond it is refused with ``WASM_BUFFER_OVERFLOW``, nothing done.

    As an asynchronous context manager it is freed at the end. After it was freed everything is refused with
    ``WASM_DOUBLE_FREE``.
    """

    def __init__(self, provider: WasmMemoryProvider, pointer: int, size: int) -> None:
        self.pointer = pointer
        self.size = size
        self._provider = provider
        self._freed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._freed:
            await self.free()

    @attempted
    async def try_read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Copy ``length`` bytes from ``offset`` of the block; the rest of it where no length is given."""
        wanted = self.size - offset if length is None else length
        return await self._provider.read(self._place(offset, wanted), wanted)

    read = direct(try_read)

    @attempted
    async def try_write(self, data: BytesLike, offset: int = 0) -> None:
        """Write ``data`` at ``offset`` of the block."""
        await self._provider.write(self._place(offset, length_of(data)), data)

    write = direct(try_write)

    @attempted
    async def try_read_value(self, offset: int, type: str) -> float:  # noqa: A002 - as above
        """Return a number, as `WasmMemoryProvider.try_read_value` does."""
        return await self._provider.read_value(self._place(offset, scalar(type).size), type)

    read_value = direct(try_read_value)

    @attempted
    async def try_write_value(self, offset: int, value: float, *, type: str) -> None:  # noqa: A002 - as above
        """Write a number, as `WasmMemoryProvider.try_write_value` does."""
        await self._provider.write_value(self._place(offset, scalar(type).size), value, type=type)

    write_value = direct(try_write_value)

    @attempted
    async def try_free(self) -> None:
        """Free the block; fails with ``WASM_DOUBLE_FREE`` where it was freed already."""
        self._refuse_freed()
        await self._provider.free(self.pointer)
        self._freed = True

    free = direct(try_free)

    def _place(self, offset: int, length: int) -> int:
        self._refuse_freed()
        if not (0 <= offset <= self.size and 0 <= length <= self.size - offset):
            raise KernelError(
                f"{length} bytes at {offset} are not within the block, which has {self.size} bytes.",
                code="WASM_BUFFER_OVERFLOW",
            )
        return self.pointer + offset

    def _refuse_freed(self) -> None:
        if self._freed:
            raise KernelError(f"The block at {self.pointer} was freed already.", code="WASM_DOUBLE_FREE")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
