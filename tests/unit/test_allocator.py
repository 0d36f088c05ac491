"""Blocks of memory, held against a model: no overlap, aligned, and all of it free again in one piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web import KernelError
from aikernel_web.runtime import allocator
from aikernel_web.runtime.allocator import ALIGNMENT, BlockTable, FirstFit, rounded_up

SIZE = 4096


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=120))
def test_blocks_never_overlap_and_coalesce_when_all_are_freed(steps: list[tuple[bool, int]]) -> None:
    ranges = FirstFit()
    ranges.add(0, SIZE)
    blocks: dict[int, int] = {}
    for allocates, number in steps:
        if allocates:
            pointer = ranges.allocate(number)
            free_lengths = [end - begin for begin, end in ranges.free_ranges]
            if pointer is None:
                assert all(length < rounded_up(number) for length in free_lengths)
                continue
            assert pointer % ALIGNMENT == 0
            assert 0 <= pointer <= pointer + number <= SIZE
            for other, size in blocks.items():
                assert pointer + rounded_up(number) <= other or other + rounded_up(size) <= pointer
            blocks[pointer] = number
        elif blocks:
            pointer = sorted(blocks)[number % len(blocks)]
            ranges.free(pointer, blocks.pop(pointer))
        used = sum(map(rounded_up, blocks.values()))
        assert sum(end - begin for begin, end in ranges.free_ranges) == SIZE - used
        for (_, end), (begin, _) in zip(ranges.free_ranges, ranges.free_ranges[1:], strict=False):
            assert end < begin, "free neighbours are one range"
    for pointer, size in blocks.items():
        ranges.free(pointer, size)
    assert ranges.free_ranges == ((0, SIZE),)


def test_the_lowest_range_that_is_long_enough_is_taken() -> None:
    ranges = FirstFit()
    ranges.add(0, 1024)
    first, second, third = (ranges.allocate(64) for _ in range(3))
    assert (first, second, third) == (0, 64, 128)
    ranges.free(0, 64)
    assert ranges.allocate(65) == 192
    assert ranges.allocate(64) == 0


def test_only_whole_units_of_the_alignment_are_given_out() -> None:
    ranges = FirstFit()
    ranges.add(3, 70)
    assert ranges.free_ranges == ((16, 64),)
    ranges.add(100, 105)
    assert ranges.free_ranges == ((16, 64),)


def test_ranges_that_touch_become_one() -> None:
    ranges = FirstFit()
    ranges.add(0, 64)
    ranges.add(128, 192)
    ranges.add(64, 128)
    assert ranges.free_ranges == ((0, 192),)
    assert ranges.allocate(192) == 0
    assert ranges.free_ranges == ()


def test_a_block_of_no_bytes_has_a_place_of_its_own() -> None:
    ranges = FirstFit()
    ranges.add(0, 64)
    assert ranges.allocate(0) != ranges.allocate(0)


def test_what_is_freed_twice_is_told_from_what_was_never_given_out() -> None:
    table = BlockTable()
    table.add(16, 5)
    assert table.remove(16) == 5
    with pytest.raises(KernelError) as twice:
        table.remove(16)
    with pytest.raises(KernelError) as never:
        table.remove(32)
    assert (twice.value.code, never.value.code) == ("WASM_DOUBLE_FREE", "WASM_POINTER_NOT_ALLOCATED")
    table.add(16, 7)
    assert (len(table), table.size_of(16)) == (1, 7)


def test_freed_blocks_are_forgotten_after_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "FREED_REMEMBERED", 2)
    table = BlockTable()
    for pointer in (16, 32, 48):
        table.add(pointer, 1)
        table.remove(pointer)
    with pytest.raises(KernelError) as forgotten:
        table.size_of(16)
    assert forgotten.value.code == "WASM_POINTER_NOT_ALLOCATED"
