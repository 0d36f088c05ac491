"""Kernels as people write them, against NumPy."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import numpy as np
import pytest
from cpu_running import run

RANDOM = np.random.default_rng(7)


def test_vector_add() -> None:
    a, b = (RANDOM.random(1000, np.float32) for _ in range(2))
    out = np.zeros(1000, np.float32)
    text = """
        @group(0) @binding(0) var<storage, read> a: array<f32>;
        @group(0) @binding(1) var<storage, read> b: array<f32>;
        @group(0) @binding(2) var<storage, read_write> out: array<f32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
            if (id.x >= arrayLength(&out)) { return; }
            out[id.x] = a[id.x] + b[id.x];
        }
    """
    run(text, (16, 1, 1), a=a, b=b, out=out)
    assert np.array_equal(out, a + b)


@pytest.mark.parametrize("size", [16, 40])
def test_matmul_by_tiles(size: int) -> None:
    a, b = (RANDOM.integers(-4, 5, (size, size)).astype(np.float32) for _ in range(2))
    out = np.zeros((size, size), np.float32)
    text = """
        override tile: u32 = 8;
        @group(0) @binding(0) var<storage, read> a: array<f32>;
        @group(0) @binding(1) var<storage, read> b: array<f32>;
        @group(0) @binding(2) var<storage, read_write> out: array<f32>;
        @group(0) @binding(3) var<uniform> n: u32;
        var<workgroup> ta: array<f32, tile * tile>;
        var<workgroup> tb: array<f32, tile * tile>;
        @compute @workgroup_size(tile, tile) fn main(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_id) l: vec3u) {
            let row = w.y * tile + l.y;
            let column = w.x * tile + l.x;
            var sum = 0f;
            for (var at = 0u; at < n; at += tile) {
                let here = l.y * tile + l.x;
                ta[here] = 0;
                tb[here] = 0;
                if (row < n && at + l.x < n) { ta[here] = a[row * n + at + l.x]; }
                if (column < n && at + l.y < n) { tb[here] = b[(at + l.y) * n + column]; }
                workgroupBarrier();
                for (var k = 0u; k < tile; k++) { sum = fma(ta[l.y * tile + k], tb[k * tile + l.x], sum); }
                workgroupBarrier();
            }
            if (row < n && column < n) { out[row * n + column] = sum; }
        }
    """
    groups = -(-size // 8)
    run(text, (groups, groups, 1), a=a, b=b, out=out, n=np.array([size], np.uint32))
    assert np.array_equal(out, a @ b)


def test_a_tree_of_sums() -> None:
    a = RANDOM.integers(-9, 9, 64 * 300).astype(np.float32)
    out = np.zeros(300, np.float32)
    text = """
        @group(0) @binding(0) var<storage, read> a: array<f32>;
        @group(0) @binding(1) var<storage, read_write> out: array<f32>;
        var<workgroup> sums: array<f32, 64>;
        @compute @workgroup_size(64) fn main(
            @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u
        ) {
            sums[l] = a[id.x];
            workgroupBarrier();
            for (var step = 32u; step > 0u; step /= 2u) {
                if (l < step) { sums[l] += sums[l + step]; }
                workgroupBarrier();
            }
            if (l == 0u) { out[w.x] = sums[0]; }
        }
    """
    run(text, (300, 1, 1), a=a, out=out)
    assert np.array_equal(out, a.reshape(300, 64).sum(axis=1))


def test_prefix_sums_up_and_down() -> None:
    a = RANDOM.integers(0, 99, 128 * 40).astype(np.uint32)
    out = np.zeros_like(a)
    text = """
        const SIZE = 128u;
        @group(0) @binding(0) var<storage, read> a: array<u32>;
        @group(0) @binding(1) var<storage, read_write> out: array<u32>;
        var<workgroup> temp: array<u32, SIZE>;
        @compute @workgroup_size(SIZE / 2) fn main(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) w: vec3u) {
            let base = w.x * SIZE;
            temp[2 * t] = a[base + 2 * t];
            temp[2 * t + 1] = a[base + 2 * t + 1];
            var offset = 1u;
            for (var d = SIZE >> 1; d > 0; d >>= 1) {
                workgroupBarrier();
                if (t < d) {
                    let i = offset * (2 * t + 1) - 1;
                    let j = offset * (2 * t + 2) - 1;
                    temp[j] += temp[i];
                }
                offset *= 2;
            }
            if (t == 0) { temp[SIZE - 1] = 0; }
            for (var d = 1u; d < SIZE; d *= 2) {
                offset >>= 1;
                workgroupBarrier();
                if (t < d) {
                    let i = offset * (2 * t + 1) - 1;
                    let j = offset * (2 * t + 2) - 1;
                    let old = temp[i];
                    temp[i] = temp[j];
                    temp[j] += old;
                }
            }
            workgroupBarrier();
            out[base + 2 * t] = temp[2 * t];
            out[base + 2 * t + 1] = temp[2 * t + 1];
        }
    """
    run(text, (40, 1, 1), a=a, out=out)
    rows = a.reshape(40, 128)
    assert np.array_equal(out.reshape(40, 128), np.cumsum(rows, axis=1, dtype=np.uint32) - rows)


def test_a_bitonic_sort_in_workgroup_memory() -> None:
    a = RANDOM.integers(-1000, 1000, 64 * 50).astype(np.int32)
    expected = np.sort(a.reshape(50, 64), axis=1).ravel()
    text = """
        @group(0) @binding(0) var<storage, read_write> a: array<i32>;
        var<workgroup> part: array<i32, 64>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) l: u32) {
            part[l] = a[id.x];
            workgroupBarrier();
            for (var k = 2u; k <= 64u; k <<= 1u) {
                for (var j = k >> 1u; j > 0u; j >>= 1u) {
                    let other = l ^ j;
                    if (other > l) {
                        let left = part[l];
                        let right = part[other];
                        if ((left > right) == ((l & k) == 0u)) {
                            part[l] = right;
                            part[other] = left;
                        }
                    }
                    workgroupBarrier();
                }
            }
            a[id.x] = part[l];
        }
    """
    run(text, (50, 1, 1), a=a)
    assert np.array_equal(a, expected)


def test_a_histogram_by_workgroups() -> None:
    a = RANDOM.integers(0, 16, 5000).astype(np.uint32)
    bins = np.zeros(16, np.uint32)
    text = """
        @group(0) @binding(0) var<storage, read> a: array<u32>;
        @group(0) @binding(1) var<storage, read_write> bins: array<atomic<u32>, 16>;
        var<workgroup> mine: array<atomic<u32>, 16>;
        @compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) l: u32) {
            if (id.x < arrayLength(&a)) { atomicAdd(&mine[a[id.x]], 1u); }
            workgroupBarrier();
            if (l < 16u) {
                let count = atomicLoad(&mine[l]);
                if (count > 0u) { atomicAdd(&bins[l], count); }
            }
        }
    """
    run(text, (-(-5000 // 32), 1, 1), a=a, bins=bins)
    assert np.array_equal(bins, np.bincount(a, minlength=16))


def test_mandelbrot() -> None:
    wide, high, rounds = 96, 64, 60
    out = np.zeros((high, wide), np.uint32)
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        fn square(z: vec2f) -> vec2f {{ return vec2f(z.x * z.x - z.y * z.y, 2 * z.x * z.y); }}
        @compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {{
            let c = vec2f(f32(id.x) * 0.03125 - 2.25, f32(id.y) * 0.03125 - 1);
            var z = vec2f();
            var n = 0u;
            loop {{
                if (n == {rounds}u || dot(z, z) > 4) {{ break; }}
                z = square(z) + c;
                continuing {{ n++; }}
            }}
            out[id.y * {wide}u + id.x] = n;
        }}
    """
    run(text, (wide // 8, high // 8, 1), out=out)
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    zx, zy = np.zeros_like(x), np.zeros_like(y)
    cx, cy = x * np.float32(0.03125) - np.float32(2.25), y * np.float32(0.03125) - np.float32(1)
    expected = np.zeros((high, wide), np.uint32)
    for _ in range(rounds):
        live = zx * zx + zy * zy <= 4
        expected += live
        zx, zy = np.where(live, zx * zx - zy * zy + cx, zx), np.where(live, 2 * zx * zy + cy, zy)
    assert np.array_equal(out, expected)


def test_life_on_a_torus() -> None:
    cells = RANDOM.integers(0, 2, (24, 40)).astype(np.uint32)
    out = np.zeros_like(cells)
    text = """
        struct Grid { wide: u32, high: u32 }
        @group(0) @binding(0) var<uniform> grid: Grid;
        @group(0) @binding(1) var<storage, read> cells: array<u32>;
        @group(0) @binding(2) var<storage, read_write> out: array<u32>;
        fn cell(x: u32, y: u32) -> u32 { return cells[(y % grid.high) * grid.wide + x % grid.wide]; }
        @compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
            var count = 0u;
            for (var dy = -1; dy <= 1; dy++) {
                for (var dx = -1; dx <= 1; dx++) {
                    if (dx == 0 && dy == 0) { continue; }
                    count += cell(u32(i32(id.x + grid.wide) + dx), u32(i32(id.y + grid.high) + dy));
                }
            }
            let here = cell(id.x, id.y);
            switch count {
                case 2: { out[id.y * grid.wide + id.x] = here; }
                case 3: { out[id.y * grid.wide + id.x] = 1; }
                default: { out[id.y * grid.wide + id.x] = 0; }
            }
        }
    """
    run(text, (5, 3, 1), grid=np.array([40, 24], np.uint32), cells=cells, out=out)
    moves = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    count = sum(np.roll(cells, move, (0, 1)) for move in moves)
    assert np.array_equal(out, (count == 3) | ((count == 2) & (cells == 1)))


def test_bodies_that_attract_each_other() -> None:
    count = 40
    bodies = RANDOM.random((count, 8), np.float32)
    before = bodies.astype(np.float64)
    text = """
        struct Body { at: vec3f, mass: f32, speed: vec3f }
        @group(0) @binding(0) var<storage, read> old: array<Body>;
        @group(0) @binding(1) var<storage, read_write> next: array<Body>;
        fn pull(one: ptr<function, Body>, other: Body) {
            let way = other.at - (*one).at;
            let square = dot(way, way) + 0.01;
            one.speed += way * (other.mass * inverseSqrt(square * square * square)) * 0.1;
        }
        @compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3u) {
            if (id.x >= arrayLength(&old)) { return; }
            var one = old[id.x];
            for (var at = 0u; at < arrayLength(&old); at++) {
                if (at != id.x) { pull(&one, old[at]); }
            }
            one.at += one.speed * 0.1;
            next[id.x] = one;
        }
    """
    new = np.zeros_like(bodies)
    run(text, (2, 1, 1), old=bodies, next=new)
    way = before[None, :, :3] - before[:, None, :3]
    square = (way**2).sum(axis=2) + 0.01
    force = way * (before[None, :, 3] * square**-1.5)[:, :, None]
    speed = before[:, 4:7] + 0.1 * force.sum(axis=1)
    np.testing.assert_allclose(new[:, 4:7], speed, rtol=1e-4)
    np.testing.assert_allclose(new[:, :3], before[:, :3] + 0.1 * speed, rtol=1e-4)
    assert np.array_equal(new[:, 3], bodies[:, 3])
