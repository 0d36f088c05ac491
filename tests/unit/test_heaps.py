"""Blocks in the memory of real modules on wasmtime: whose allocator gives them out, and that they keep apart."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import KernelError, WasmMemoryProvider, WasmRuntimeContext

BUMP = """
  (global $top (mut i32) (i32.const 1024))
  (func $take (param $size i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (if (i32.gt_u (local.get $size) (i32.sub (i32.const 262144) (local.get $at))) (then (return (i32.const 0))))
    (global.set $top (i32.add (local.get $at) (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))
    (local.get $at))
"""
"""An allocator that never gives anything back, within 256 KiB."""


def module(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(f"(module {text})"))


MALLOC_ALONE = module(
    f"""(memory (export "memory") 4 4) {BUMP}
    (func (export "malloc") (param i32) (result i32) (call $take (local.get 0)))"""
)
COMPONENT = module(
    f"""(memory (export "memory") 4 4) {BUMP}
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.or (local.get 0) (local.get 1)) (then unreachable))
      (if (i32.ne (local.get 2) (i32.const 16)) (then unreachable))
      (call $take (local.get 3)))"""
)
PAGES = module('(memory (export "memory") 1 3)')
NONE = module('(func (export "malloc") (param i64) (result i64) (local.get 0))')
HEAP = compile_program("process/heap_devices").read_bytes()


def with_memory(data: bytes, body: Callable[[WasmRuntimeContext, WasmMemoryProvider], Coroutine[Any, Any, Any]]) -> Any:
    """Run `body` on a context with the module in it."""

    async def main() -> Any:
        context = WasmRuntimeContext(engine=WasmtimeEngine())
        await context.load_module(data)
        with context:
            return await body(context, WasmMemoryProvider(context))

    return run_async(main())


async def code_of(operation: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(KernelError) as refused:
        await operation
    return refused.value.code


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 9000)), max_size=25)


@pytest.mark.parametrize("data", [HEAP, MALLOC_ALONE, COMPONENT, PAGES], ids=["malloc", "bump", "component", "pages"])
@settings(deadline=None, max_examples=15)
@given(steps=STEPS)
def test_blocks_keep_their_contents_whatever_is_allocated_and_freed(data: bytes, steps: list[tuple[bool, int]]) -> None:
    async def body(context: WasmRuntimeContext, memory: WasmMemoryProvider) -> None:
        blocks: dict[int, bytes] = {}
        for number, (allocates, size) in enumerate(steps):
            if allocates:
                pointer = await memory.allocate(size)
                assert pointer % 16 == 0
                assert 0 < pointer <= pointer + size <= context.memory_size
                assert all(pointer >= other + len(held) or other >= pointer + size for other, held in blocks.items())
                blocks[pointer] = bytes([number % 256]) * size
                await memory.write(pointer, blocks[pointer])
            elif blocks:
                pointer = sorted(blocks)[size % len(blocks)]
                assert await memory.read(pointer, len(blocks[pointer])) == blocks.pop(pointer)
                await memory.free(pointer)
        assert memory.blocks_in_use == len(blocks)
        for pointer, held in blocks.items():
            assert await memory.read(pointer, len(held)) == held
            await memory.free(pointer)
        assert memory.blocks_in_use == 0

    with_memory(data, body)


@pytest.mark.parametrize("data", [HEAP, MALLOC_ALONE, COMPONENT, PAGES], ids=["malloc", "bump", "component", "pages"])
def test_what_was_freed_is_given_out_again(data: bytes) -> None:
    async def body(context: WasmRuntimeContext, memory: WasmMemoryProvider) -> int:
        await memory.free(await memory.allocate(50_000))
        size = context.memory_size
        for _ in range(50):
            await memory.free(await memory.allocate(50_000))
        return context.memory_size - size

    assert with_memory(data, body) == 0


@pytest.mark.parametrize("data", [MALLOC_ALONE, COMPONENT, PAGES], ids=["bump", "component", "pages"])
def test_a_memory_that_is_full_says_so_and_goes_on(data: bytes) -> None:
    async def body(_: WasmRuntimeContext, memory: WasmMemoryProvider) -> None:
        pointer = await memory.allocate(60_000)
        assert await code_of(memory.allocate(250_000)) == "WASM_ALLOCATION_FAILED"
        assert await code_of(memory.allocate(2**31 - 1)) == "WASM_ALLOCATION_FAILED"
        await memory.free(pointer)
        assert await memory.allocate(60_000) == pointer

    with_memory(data, body)


@pytest.mark.parametrize("data", [HEAP, MALLOC_ALONE, COMPONENT], ids=["malloc", "bump", "component"])
def test_a_c_library_is_not_asked_for_more_than_an_object_can_be(data: bytes) -> None:
    async def body(_: WasmRuntimeContext, memory: WasmMemoryProvider) -> str:
        return await code_of(memory.allocate(2**31))

    assert with_memory(data, body) == "WASM_ALLOCATION_SIZE_INVALID"


def test_a_heap_that_is_full_says_so() -> None:
    async def body(_: WasmRuntimeContext, memory: WasmMemoryProvider) -> str:
        return await code_of(memory.allocate(2**31 - 1))

    assert with_memory(HEAP, body) == "WASM_ALLOCATION_FAILED"


def test_a_block_of_no_bytes_of_the_modules_heap_is_not_null() -> None:
    async def body(_: WasmRuntimeContext, memory: WasmMemoryProvider) -> list[int]:
        first, second = await memory.allocate(0), await memory.allocate(0)
        return [first > 0, first != second, await memory.size_of(first)]

    assert with_memory(HEAP, body) == [True, True, 0]


def test_pages_lie_behind_what_the_program_has() -> None:
    async def body(context: WasmRuntimeContext, memory: WasmMemoryProvider) -> list[int]:
        return [await memory.allocate(8), context.memory_size]

    assert with_memory(PAGES, body) == [65536, 2 * 65536]


def test_a_module_without_a_memory_leaves_the_contexts_own_array() -> None:
    async def body(context: WasmRuntimeContext, memory: WasmMemoryProvider) -> list[Any]:
        return [await memory.allocate(8), await code_of(memory.allocate(70_000)), context.memory_size]

    assert with_memory(NONE, body) == [16, "WASM_ALLOCATION_SIZE_INVALID", 65536]


def test_another_module_begins_with_no_blocks() -> None:
    async def body(context: WasmRuntimeContext, memory: WasmMemoryProvider) -> list[Any]:
        pointer = await memory.allocate(8)
        await context.load_module(HEAP)
        return [await code_of(memory.free(pointer)), memory.blocks_in_use]

    assert with_memory(PAGES, body) == ["WASM_POINTER_NOT_ALLOCATED", 0]
