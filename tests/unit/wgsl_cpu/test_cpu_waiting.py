"""Loops that may wait for another workgroup: which they are, and that workgroups go round them together where they can."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cpu_running import compiled, run
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor import kernel as kernel_module
from aikernel_web.compute.wgsl.executor.lanes import Geometry, Lanes
from aikernel_web.compute.wgsl.executor.needs import needs_of
from aikernel_web.compute.wgsl.executor.scan import reached
from aikernel_web.compute.wgsl.typed.program import program

SHADER = """
    @group(0) @binding(0) var<storage, read_write> a: array<atomic<u32>, 64>;
    @group(0) @binding(1) var<storage, read_write> out: array<u32>;
    @group(0) @binding(2) var<storage, read> given: array<u32>;
    var<workgroup> w: array<u32, 4>;
    var<workgroup> wa: atomic<u32>;
    var<private> p: u32;
    fn load(at: u32) -> u32 { return atomicLoad(&a[at]); }
    fn load_into(to: ptr<function, u32>) { *to = atomicLoad(&a[0]); }
    fn store_private() { p = atomicLoad(&a[0]); }
    fn store_out() { out[0] = atomicLoad(&a[0]); }
    fn add(at: u32, value: u32) {
        var old = atomicLoad(&a[at]);
        for (;;) {
            let r = atomicCompareExchangeWeak(&a[at], old, old + value);
            if (r.exchanged) { return; }
            old = r.old_value;
        }
    }
    fn through(to: ptr<storage, array<atomic<u32>, 64>, read_write>, at: u32) -> bool { return atomicLoad(&to[at]) == 1u; }
    @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) l: u32) {
        var n = given[0];
        var x = 0u;
        BODY
    }
"""


def waiting(body: str) -> int:
    """How many loops of ``main`` and of what it calls may wait."""
    return len(needs_of(reached(program(SHADER.replace("BODY", body), uniform=False).functions, "main")).waiting)


@pytest.mark.parametrize(
    "body",
    [
        "while (atomicLoad(&a[0]) == 0u) {}",
        "loop { if (atomicLoad(&a[0]) != 0u) { break; } }",
        "loop { if (atomicLoad(&a[0]) != 0u) { return; } }",
        "loop { x++; continuing { break if atomicLoad(&a[0]) != 0u; } }",
        "loop { let f = atomicLoad(&a[0]); x = f + 1u; if (x > 1u) { break; } }",
        "var f = 0u; while (f == 0u) { f = atomicLoad(&a[0]); }",
        "while (x < 4u) { if (atomicLoad(&a[0]) != 0u) { x++; } }",
        "while (x < 4u) { if (atomicLoad(&a[0]) != 0u) { continue; } x++; }",
        "loop { if (atomicLoad(&a[0]) != 0u) { continue; } break; }",
        "loop { switch (atomicLoad(&a[0])) { case 1: { x = 1u; } default: {} } if (x == 1u) { break; } }",
        "loop { switch (l) { case 0: { if (atomicLoad(&a[0]) == 0u) { break; } return; } default: { return; } } }",
        "while (!atomicCompareExchangeWeak(&a[0], 0u, 1u).exchanged) {}",
        "while (atomicExchange(&a[0], 1u) == 1u) {}",
        "while (atomicAdd(&a[0], 0u) == 0u) {}",
        "while (atomicOr(&a[0], 0u) == 0u) {}",
        "for (var i = 0u; i < 100000u; i++) { if (atomicLoad(&a[0]) == 1u) { break; } }",
        "for (var i = 0u; i < 200u; i++) { i = 0u; if (atomicLoad(&a[0]) == 1u) { break; } }",
        "for (var i = 0u; i < 200u; i++) { let q = &i; if (atomicLoad(&a[0]) == 1u) { break; } *q = 0u; }",
        "for (var i = 0u; i < n; i++) { if (atomicLoad(&a[0]) == 1u) { break; } }",
        "for (var i = 0u; i < 200u; x++) { if (atomicLoad(&a[0]) == 1u) { break; } }",
        "while (atomicAdd(&a[0], n) == 0u) {}",
        "while (atomicOr(&a[0], 1u) == 1u) {}",
        "while (atomicMax(&a[0], 1u) == 1u) {}",
        "while (atomicAnd(&a[0], 0xffffffffu) == 0u) {}",
        "while ((atomicOr(&a[0], 2u) & 1u) == 0u) {}",
        "while (load(l) == 0u) {}",
        "while (through(&a, l)) {}",
        "while (x == 0u) { load_into(&x); }",
        "let q = &x; while (*q == 0u) { *q = load(0u); }",
        "while (x == 0u) { let q = &x; load_into(q); }",
        "while (p == 0u) { store_private(); }",
        "while (out[0] == 0u) { store_out(); }",
        "var e: array<u32, 2>; while (e[0] == 0u) { e[1] = load(0u); }",
        "var e: array<u32, 2>; while (e[0] == 0u) { e[load(0u)] = 1u; }",
        "loop { if (l == 0u) { w[0] = atomicLoad(&a[0]); } let f = workgroupUniformLoad(&w[0]); if (f == 1u) { break; } }",
        "loop { atomicStore(&wa, atomicLoad(&a[0])); if (atomicLoad(&wa) == 1u) { break; } }",
        "loop { for (var k = 0u; k < atomicLoad(&a[0]); k++) { x++; } if (x > 3u) { break; } }",
        "loop { for (var k = 0u; ; k++) { if (k > atomicLoad(&a[0])) { break; } x = k; } if (x > 3u) { break; } }",
    ],
)
def test_it_may_wait(body: str) -> None:
    assert waiting(body) >= 1


@pytest.mark.parametrize(
    ("body", "loops"),
    [
        ("for (var i = 0u; i < 64u; i++) { x += atomicLoad(&a[i]); }", 0),
        ("for (var i = 0u; i < n; i++) { if (atomicLoad(&a[i]) == 0u) { continue; } x += i; }", 0),
        ("for (var i = 0u; i < given[1]; i++) { out[i] = atomicExchange(&a[i], 0u); }", 0),
        ("for (var i = 0u; i < arrayLength(&given); i++) { let f = load(i); if (f > 1u) { x = f; } }", 0),
        ("for (var i = 0u; i < 64u; i++) { switch (atomicLoad(&a[i])) { case 1: { x++; } default: {} } }", 0),
        ("loop { if (atomicAdd(&a[0], 1u) >= n) { break; } }", 0),
        ("loop { if (atomicLoad(&wa) != 0u) { break; } }", 0),
        ("while (x < 9u) { atomicMax(&a[l], x); x++; }", 0),
        ("for (var i = 0u; i < 200u; i++) { if (atomicLoad(&a[i & 63]) == 1u) { break; } }", 0),
        ("for (var i = 0; i <= 200; i += 2) { if (atomicLoad(&a[i & 63]) == 1u) { return; } }", 0),
        ("let q = &x; for (var i = 0u; i < 4u; i++) { *q = load(i); }", 0),
        ("for (var i = 0u; i < 4u; i++) { store_private(); }", 0),
        ("for (var i = 0u; i < 4u; i++) { store_out(); }", 0),
        ("for (var i = 0u; i < 4u; i++) { add(i, 2u); }", 1),
        ("for (var i = 0u; i < 4u; i++) { while (atomicLoad(&a[i]) == 0u) {} }", 1),
    ],
)
def test_only_what_ends_by_atomics_may_wait(body: str, loops: int) -> None:
    assert waiting(body) == loops


ADD = """
    @group(0) @binding(0) var<storage, read> values: array<f32>;
    @group(0) @binding(1) var<storage, read> cells: array<u32>;
    @group(0) @binding(2) var<storage, read_write> sums: array<atomic<u32>>;
    @group(0) @binding(3) var<storage, read_write> runs: array<u32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
        runs[id.x] += 1u;
        var old = atomicLoad(&sums[cells[id.x]]);
        loop {
            let sum = bitcast<u32>(bitcast<f32>(old) + values[id.x]);
            let r = atomicCompareExchangeWeak(&sums[cells[id.x]], old, sum);
            if (r.exchanged) { break; }
            old = r.old_value;
        }
    }
"""
# Each workgroup waits for what the one before it stores behind the loop.
CHAIN = """
    @group(0) @binding(0) var<storage, read_write> flags: array<atomic<u32>>;
    @group(0) @binding(1) var<storage, read_write> runs: array<u32>;
    @group(0) @binding(2) var<storage, read_write> count: atomic<u32>;
    @compute @workgroup_size(4) fn main(@builtin(workgroup_index) w: u32, @builtin(global_invocation_id) id: vec3u) {
        runs[id.x] += 1u;
        atomicAdd(&count, 1u);
        while (w > 0u && atomicLoad(&flags[w - 1u]) == 0u) {}
        atomicStore(&flags[w], w + 1u);
    }
"""


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> list[Lanes]:
    """Collects the chunks that are run."""
    found: list[Lanes] = []
    original = Geometry.workgroups

    def workgroups(self: Geometry, first: int, count: int) -> Lanes:
        found.append(original(self, first, count))
        return found[-1]

    monkeypatch.setattr(Geometry, "workgroups", workgroups)
    return found


def rows(chunks: list[Lanes]) -> list[tuple[int, bool]]:
    return [(lanes.rows, lanes.stalled) for lanes in chunks]


def test_workgroups_that_try_again_do_so_together(chunks: list[Lanes]) -> None:
    values, cells = np.arange(4000, dtype=np.float32) % 7, np.arange(4000, dtype=np.uint32) % 500
    sums, runs = np.zeros(500, np.float32), np.zeros(4000, np.uint32)
    run(ADD, (1000, 1, 1), values=values, cells=cells, sums=sums, runs=runs)
    assert sums.tolist() == np.bincount(cells, weights=values).tolist()
    assert (runs == 1).all()
    assert rows(chunks) == [(1000, False)]


def test_where_all_want_one_place_fewer_try_at_a_time(chunks: list[Lanes]) -> None:
    values, cells = np.ones(4000, np.float32), np.zeros(4000, np.uint32)
    sums, runs = np.zeros(1, np.float32), np.zeros(4000, np.uint32)
    run(ADD, (1000, 1, 1), values=values, cells=cells, sums=sums, runs=runs)
    assert sums[0] == 4000
    assert (runs == 1).all()
    assert rows(chunks)[:3] == [(1000, True), (62, True), (1, False)]
    assert sum(lanes.rows for lanes in chunks if not lanes.stalled) == 1000


def test_what_waits_for_another_workgroup_is_run_one_by_one(chunks: list[Lanes]) -> None:
    groups = 300
    flags, runs, count = np.zeros(groups, np.uint32), np.zeros(4 * groups, np.uint32), np.zeros(1, np.uint32)
    run(CHAIN, (groups, 1, 1), flags=flags, runs=runs, count=count)
    assert flags.tolist() == list(range(1, groups + 1))
    # What was begun in vain has left nothing behind.
    assert (runs == 1).all()
    assert count[0] == 4 * groups
    assert rows(chunks)[:4] == [(300, True), (18, True), (1, False), (1, False)]


@pytest.mark.parametrize(
    "take", ["atomicOr(&count, 1u) == 1u", "atomicMax(&count, 1u) == 1u", "atomicExchange(&count, 1u) == 1u"]
)
def test_a_lock_is_taken_by_one_workgroup_after_another(take: str) -> None:
    runs, count = np.zeros(1, np.uint32), np.zeros(1, np.uint32)
    text = f"""
        @group(0) @binding(0) var<storage, read_write> runs: array<u32>;
        @group(0) @binding(1) var<storage, read_write> count: atomic<u32>;
        @compute @workgroup_size(1) fn main() {{
            while ({take}) {{}}
            runs[0] += 1u;
            atomicStore(&count, 0u);
        }}
    """
    run(text, (50, 1, 1), runs=runs, count=count)
    assert runs[0] == 50


def test_what_takes_long_to_copy_is_run_one_by_one(chunks: list[Lanes]) -> None:
    values, cells = np.ones(40, np.float32), np.zeros(40, np.uint32)
    sums, runs = np.zeros(1 << 16, np.float32), np.zeros(40, np.uint32)
    run(ADD, (10, 1, 1), values=values, cells=cells, sums=sums, runs=runs)
    assert sums[0] == 40
    assert rows(chunks) == [(1, False)] * 10


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9, 9)), min_size=1, max_size=200), st.integers(1, 40))
def test_sums_are_right_however_workgroups_go_together(pairs: list[tuple[int, int]], most: int) -> None:
    count = -(-len(pairs) // 4)
    cells, values = (np.array(column + (0,) * (4 * count - len(pairs)), kind) for column, kind in _columns(pairs))
    sums, runs = np.zeros(6, np.float32), np.zeros(4 * count, np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_module, "_LANES", 4 * most)
        run(compiled(ADD), (count, 1, 1), values=values, cells=cells, sums=sums, runs=runs)
    assert sums.tolist() == np.bincount(cells, weights=values, minlength=6).tolist()


def _columns(pairs: list[tuple[int, int]]) -> list[tuple[tuple[int, ...], Any]]:
    return list(zip(zip(*pairs, strict=True), (np.uint32, np.float32), strict=True))  # type: ignore[arg-type]
