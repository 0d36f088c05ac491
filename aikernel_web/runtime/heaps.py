"""Where the host gets blocks of a program's memory from: the program's own allocator, or pages of the host's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from ..contracts.errors import KernelError
from ..contracts.targets import Target
from .allocator import ALIGNMENT, BlockTable, FirstFit

PAGE = 65_536
"""Bytes of a page of linear memory (WebAssembly core, section 4.2.8)."""
SIZE_MAX = 2**32 - 1
"""The largest block in pages of the host's own: what a 32-bit memory can address."""
OBJECT_MAX = 2**31 - 1
"""The largest block of a C library's: ``PTRDIFF_MAX``, beyond which some allocators give out less than was asked."""

Export = Mapping[str, Any]
"""An entry of ``module.exports``: name, kind, and the params and results of a function."""


class Heap(Protocol):
    """Gives out blocks of one memory, of at most ``size_max`` bytes, and takes them back. ``blocks`` are in use."""

    size_max: int
    blocks: BlockTable

    async def allocate(self, size: int) -> int:
        """Return a pointer to ``size`` bytes. Raises `KernelError`: ``WASM_ALLOCATION_FAILED``, the code of a trap."""
        ...

    async def free(self, pointer: int) -> None:
        """Take a block back; raises as `BlockTable.size_of` does."""
        ...


class ModuleHeap:
    """The module's own ``malloc`` and ``free``: what they give out is theirs alone, whatever the program allocates."""

    size_max = OBJECT_MAX

    def __init__(self, target: Target) -> None:
        self.blocks = BlockTable()
        self._target = target

    async def allocate(self, size: int) -> int:
        """Ask ``malloc``; a block of no bytes is asked for as one byte, since null is an answer to none."""
        pointer = _unsigned(await self._target.call_export("malloc", max(1, size)))
        if pointer == 0:
            raise _failed(size, "the module's malloc has no more memory")
        self.blocks.add(pointer, size)
        return pointer

    async def free(self, pointer: int) -> None:
        """Ask ``free``, for blocks that were allocated here and not freed yet."""
        self.blocks.remove(pointer)
        await self._target.call_export("free", _signed(pointer))


MoreMemory = Callable[[int], Awaitable[tuple[int, int] | None]]
"""Finds at least so many bytes more, as (begin, end), or None."""


class OwnHeap:
    """Blocks cut out of memory that was got in larger pieces and is never given back to where it came from."""

    def __init__(self, more: MoreMemory, *, size_max: int = SIZE_MAX) -> None:
        self.size_max = size_max
        self.blocks = BlockTable()
        self._ranges = FirstFit()
        self._more = more

    async def allocate(self, size: int) -> int:
        """Take the lowest free bytes that are enough, after getting more memory where there are none."""
        pointer = self._ranges.allocate(size)
        if pointer is None:
            more = await self._more(size + 2 * ALIGNMENT)
            if more is not None:
                self._ranges.add(*more)
                pointer = self._ranges.allocate(size)
        if pointer is None:
            raise _failed(size, "the memory has no free bytes in one piece, and cannot grow enough")
        self.blocks.add(pointer, size)
        return pointer

    async def free(self, pointer: int) -> None:
        """Take a block back; neighbours that are free become one."""
        self._ranges.free(pointer, self.blocks.remove(pointer))


async def heap_of(target: Target, exports: Sequence[Export]) -> Heap:
    """Return the heap that fits a module with these exports.

    With ``malloc`` and ``free`` the module's own; with ``malloc`` or the component model's ``cabi_realloc`` alone,
    which free nothing, pieces that these allocate; otherwise new pages. A context without a module is an array of bytes
    that does not grow: blocks lie in it wherever nothing was allocated.
    """
    functions = {export["name"]: export for export in exports if export["kind"] == "function"}
    allocates = _takes_numbers(functions.get("malloc"), 1, 1)
    if allocates and _takes_numbers(functions.get("free"), 1, 0):
        return ModuleHeap(target)
    if allocates:
        return OwnHeap(_pieces(target, "malloc", lambda size: (size,)), size_max=OBJECT_MAX)
    if _takes_numbers(functions.get("cabi_realloc"), 4, 1):
        # Canonical ABI: realloc(original pointer, original size, alignment, new size).
        return OwnHeap(_pieces(target, "cabi_realloc", lambda size: (0, 0, ALIGNMENT, size)), size_max=OBJECT_MAX)
    imports = await target.control("module.imports")
    if any(item["kind"] == "memory" for item in (*exports, *imports)):
        return OwnHeap(_pages(target))
    size = await target.memory_size()
    return OwnHeap(_rest_of(size), size_max=size)


def _pages(target: Target) -> MoreMemory:
    async def more(size: int) -> tuple[int, int] | None:
        pages = -(-size // PAGE)
        try:
            begin = await target.control("memory.grow", pages) * PAGE
        except KernelError as error:
            if error.code == "WASM_MEMORY_GROW_REFUSED":
                return None
            raise
        return begin, begin + pages * PAGE

    return more


def _pieces(target: Target, export: str, arguments: Callable[[int], tuple[int, ...]]) -> MoreMemory:
    async def more(size: int) -> tuple[int, int] | None:
        length = max(size, PAGE)
        if length > OBJECT_MAX:
            return None
        begin = _unsigned(await target.call_export(export, *arguments(length)))
        return (begin, begin + length) if begin else None

    return more


def _rest_of(size: int) -> MoreMemory:
    given = False

    async def more(_: int) -> tuple[int, int] | None:
        nonlocal given
        if given:
            return None
        given = True
        return ALIGNMENT, size  # 0 is null

    return more


def _takes_numbers(export: Export | None, params: int, results: int) -> bool:
    """Whether it is a function of so many pointers or sizes."""
    if export is None or (len(export["params"]), len(export["results"])) != (params, results):
        return False
    return all(kind == "i32" for kind in (*export["params"], *export["results"]))


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


def _unsigned(number: int) -> int:
    return number % 2**32


def _failed(size: int, why: str) -> KernelError:
    return KernelError(f"There is no room for a block of {size} bytes: {why}.", code="WASM_ALLOCATION_FAILED")
