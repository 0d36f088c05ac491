"""Races for memory and accesses outside of arrays: what the checks of the CPU's executor report."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor.addresses import Part, Spot
from aikernel_web.compute.wgsl.executor.buffers import Buffer
from aikernel_web.compute.wgsl.executor.checks import Checks
from aikernel_web.compute.wgsl.executor.kernel import compile_kernel
from aikernel_web.compute.wgsl.executor.lanes import Geometry, Lanes
from aikernel_web.compute.wgsl.executor.watch import AccessSite, Sighting, Watch
from aikernel_web.compute.wgsl.source import Source, Span
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.shader_errors import WgslError

GROUPS, EACH, WORDS = 3, 2, 3
SOURCE = Source("0123456789")


@st.composite
def accesses(draw: st.DrawFn) -> tuple[str, Any, Any]:
    """What all lanes do: read, write, or come to a barrier; and their words."""
    kind = draw(st.sampled_from(["read", "read", "write", "barrier"]))
    count = GROUPS * EACH
    words = np.array(draw(st.lists(st.integers(0, WORDS - 1), min_size=count, max_size=count)), np.uint32)
    mask = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count).filter(any)))
    if kind == "barrier":
        mask = np.repeat(mask[:GROUPS] | ~mask[:GROUPS].any(), EACH)
    return kind, words.reshape(GROUPS, EACH), mask.reshape(GROUPS, EACH)


def pairs_that_race(deeds: list[tuple[str, Any, Any]], *, shared: bool) -> set[tuple[int, int]]:
    """The deeds, two by two, of which some invocations race: all pairs are looked at."""
    epochs = [0] * GROUPS
    done: list[tuple[int, str, int, int, int]] = []
    for number, (kind, words, mask) in enumerate(deeds):
        for group, lane in np.ndindex(GROUPS, EACH):
            if not mask[group, lane]:
                continue
            if kind == "barrier":
                epochs[group] += lane == 0
                continue
            word = int(words[group, lane]) + (WORDS * group if shared else 0)
            done.append((number, kind, word, group * EACH + lane, epochs[group]))
    found = set()
    for one, other in itertools.combinations(done, 2):
        apart = one[3] // EACH != other[3] // EACH or one[4] == other[4]
        if one[2] == other[2] and one[3] != other[3] and apart and "write" in (one[1], other[1]):
            found.add((one[0], other[0]))
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(accesses(), max_size=6), st.booleans())
def test_a_race_is_found_where_there_is_one_and_nowhere_else(deeds: list[tuple[str, Any, Any]], shared: bool) -> None:
    watch = Watch()
    lanes = Lanes(Geometry((GROUPS, 1, 1), (EACH, 1, 1), 4), 0, (GROUPS, EACH))
    memory: Any = np.zeros((WORDS, GROUPS), np.uint32) if shared else Buffer(bytearray(WORDS * 4), written=True)
    spot = Spot("u32", 0, ((1, WORDS),), (Part(0, None),))
    for number, (kind, words, mask) in enumerate(deeds):
        if kind == "barrier":
            watch.barrier(lanes, mask, "workgroupBarrier" if shared else "storageBarrier")
            continue
        site = AccessSite(SOURCE, Span(number, number + 1), str(number))
        watch.access(site, lanes, mask, memory=memory, spot=spot, indices=(words,), writes=kind == "write")
    wanted = pairs_that_race(deeds, shared=shared)
    found = {(item.places[0].column - 1, item.places[1].column - 1) for item in watch.sightings}
    assert found <= wanted
    assert bool(found) == bool(wanted)


def test_memory_that_is_large_is_remembered_where_it_was_touched() -> None:
    words = 1 << 24
    watch, lanes = Watch(), Lanes(Geometry((1, 1, 1), (2, 1, 1), 4), 0, (1, 2))
    memory = Buffer(np.zeros(words * 4, np.uint8), written=True)
    spot = Spot("u32", 0, ((1, words),), (Part(0, None),))
    for at, writes in ((words - 1, True), (0, True), (words - 2, False)):
        places = np.array([[at, at ^ 1]], np.uint32)
        site = AccessSite(SOURCE, Span(1, 2), "x")
        watch.access(site, lanes, True, memory=memory, spot=spot, indices=(places,), writes=writes)
    assert [item.count for item in watch.sightings] == [2]


# Of shaders


def look(body: str, *, bounds: bool = False, races: bool = False, words: int = 64, groups: int = 2) -> list[Sighting]:
    text = (
        "@group(0) @binding(0) var<storage, read_write> a: array<u32>;\n"
        "@group(0) @binding(1) var<storage, read_write> n: atomic<u32>;\n"
        "var<workgroup> w: array<u32, 8>;\n"
        "@compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u,\n"
        f"@builtin(local_invocation_index) l: u32) {{ let i = id.x;\n{body}\n}}"
    )
    kernel = compile_kernel(program(text), "main", checks=Checks(bounds=bounds, races=races))
    watch = Watch()
    for _ in kernel.run({"a": bytearray(words * 4), "n": bytearray(4)}, (groups, 1, 1), watch=watch):
        pass
    return watch.sightings


@pytest.mark.parametrize(
    "body",
    [
        "a[i] = a[i] + 1;",
        "w[l] = i; workgroupBarrier(); a[i] = w[7 - l];",
        "if (l == 0) { w[0] = i; } let x = workgroupUniformLoad(&w[0]); if (l == 3) { w[0] = x; }",
        "atomicAdd(&n, 1); a[i] = atomicLoad(&n);",
        "a[i] = 1; storageBarrier(); a[(i & ~7u) + 7 - l] = 2;",
        "var x = array<u32, 4>(); x[l & 3] = i; a[i] = x[1];",
        "for (var s = 4u; s > 0; s >>= 1) { if (l < s) { w[l] += w[l + s]; } workgroupBarrier(); }",
    ],
)
def test_what_is_ordered_is_no_race(body: str) -> None:
    assert not look(body, races=True)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("a[0] = i;", ["a[0] = i;", "a[0] = i;"]),
        ("w[l] = i; a[i] = w[7 - l];", ["w[l] = i;", "w[7 - l];"]),
        ("a[i] = 1; let x = a[i ^ 8]; a[i + 32] = x;", ["a[i] = 1;", "a[i ^ 8];"]),
        ("let x = a[i ^ 8]; a[i] = x;", ["a[i ^ 8];", "a[i] = x;"]),
        ("a[i] = 1; workgroupBarrier(); a[(i & ~7u) + 7 - l] = 2;", ["a[i] = 1;", "a[(i & ~7u) + 7 - l] = 2;"]),
        ("w[0] = 1;", ["w[0] = 1;", "w[0] = 1;"]),
    ],
)
def test_a_race_has_the_places_of_both_accesses(body: str, places: list[str]) -> None:
    (seen,) = look(body, races=True)
    assert seen.kind == "race"
    assert [place.code for place in seen.places] == ["WGSL_DATA_RACE"] * 2
    assert [
        place.source_line[place.column - 1 :][: len(wanted)] for place, wanted in zip(seen.places, places, strict=True)
    ] == places


def test_a_race_by_a_clamped_index_says_so() -> None:
    (seen,) = look("a[i] = a[min(i, 6) + 20];", races=True, groups=1, words=8)
    assert seen.message.endswith("; an index of 'a[min(i, 6) + 20]' was outside of the array, and was clamped")
    (seen,) = look("if (i < 4) { a[i + 9] = i; }", races=True, groups=1, words=8)
    assert "clamped" in seen.message
    (seen,) = look("let x = a[i ^ 8]; a[i] = x;", races=True)
    assert "clamped" not in seen.message


def test_a_race_names_two_invocations() -> None:
    (seen,) = look("w[l] = i; if (l == 2) { a[i] = w[5]; }", races=True, groups=2)
    assert "invocation (5, 0, 0) writes 'w[l]' and invocation (2, 0, 0) reads 'w[5]'" in seen.message
    assert seen.count == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "a[i] = a[i + 1];",
            ["invocation (15, 0, 0) has 16 as an index into 16 elements", "'a[i + 1]' goes to element 16 of 16"],
        ),
        (
            "a[i32(i) - 1] = 2;",
            ["invocation (0, 0, 0) has -1 as an index into 16 elements", "'a[i32(i) - 1]' goes to element -1 of 16"],
        ),
        (
            "w[l + 4] = 1;",
            ["invocation (4, 0, 0) has 8 as an index into 8 elements", "'w[l + 4]' goes to element 8 of 8"],
        ),
        (
            "var v = vec3u(); v[l] = 1; a[i] = v.x;",
            ["invocation (3, 0, 0) has 3 as an index into 3 elements", "'v[l]' goes to element 3 of 3"],
        ),
        (
            "a[i] = vec2u(1, 2)[l];",
            ["invocation (2, 0, 0) has 2 as an index into 2 elements", "'vec2u(1, 2)[l]' goes to element 2 of 2"],
        ),
        (
            "a[16] = 3;",
            ["invocation (0, 0, 0) has 16 as an index into 16 elements", "'a[16]' goes to element 16 of 16"],
        ),
    ],
)
def test_an_index_outside_is_reported_and_the_run_goes_on(body: str, told: list[str]) -> None:
    (seen,) = look(body, bounds=True, words=16)
    (place,) = seen.places
    assert (seen.kind, place.code) == ("bounds", "WGSL_OUT_OF_BOUNDS")
    assert [place.message, seen.message] == told


def test_indices_of_lanes_that_are_not_active_are_not_looked_at() -> None:
    assert not look("if (i < arrayLength(&a)) { a[i] = 1; }", bounds=True, words=5)


def test_with_nobody_to_collect_it_what_was_seen_is_raised_at_the_end() -> None:
    text = (
        "@group(0) @binding(0) var<storage, read_write> a: array<u32>;\n"
        "@compute @workgroup_size(2) fn main(@builtin(global_invocation_id) id: vec3u) "
        "{ a[id.x] = 7; }"
    )
    kernel = compile_kernel(program(text), "main", checks=Checks(bounds=True))
    data = np.zeros(3, np.uint32)
    with pytest.raises(WgslError) as raised:
        list(kernel.run({"a": data.view(np.uint8)}, (2, 1, 1)))
    assert raised.value.code == "WGSL_OUT_OF_BOUNDS"
    assert data.tolist() == [7, 7, 7]
