"""Chunks: invocations know who they are, and nothing depends on how a dispatch is cut."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
from cpu_running import compiled, run

from aikernel_web.compute.wgsl.executor import kernel as kernel_module
from aikernel_web.compute.wgsl.executor.kernel import compile_kernel
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.errors import InvalidArgumentError, KernelError
from aikernel_web.contracts.shader_errors import WgslError

INPUTS = """
    struct Who {{
        gid: vec3u, index: u32, lid: vec3u, wg: u32, wid: vec3u, lane: u32, groups: vec3u, subgroup: u32, count: u32, size: u32,
    }}
    struct Inputs {{
        @builtin(global_invocation_id) gid: vec3u,
        @builtin(local_invocation_id) lid: vec3u,
        @builtin(workgroup_id) wid: vec3u,
        @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) index: u32,
    }}
    @group(0) @binding(0) var<storage, read_write> out: array<Who>;
    {memory}
    @compute @workgroup_size({size}) fn main(in: Inputs) {{
        {statement}
        let wide = in.groups * vec3u({size});
        let at = in.gid.x + wide.x * (in.gid.y + wide.y * in.gid.z);
        out[at].gid = in.gid;
        out[at].lid = in.lid;
        out[at].wid = in.wid;
        out[at].groups = in.groups;
        out[at].index = in.index;
    }}
"""  # fmt: skip


def cut(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    """Cut dispatches into chunks of about so many lanes."""
    monkeypatch.setattr(kernel_module, "_LANES", lanes)
    monkeypatch.setattr(kernel_module, "_SHORT_BYTES", 0)


GROUPED = {"memory": "var<workgroup> one: u32;", "statement": "if (in.index == 0u) { one = 1u; }"}
GLOBAL = {"memory": "", "statement": ""}


@pytest.mark.parametrize("lanes", [1, 7, 24, 1 << 16])
@pytest.mark.parametrize("layout", [GROUPED, GLOBAL], ids=["grouped", "global"])
@pytest.mark.parametrize(
    ("size", "groups"),
    [
        ((4, 1, 1), (5, 1, 1)),
        ((2, 3, 1), (3, 2, 1)),
        ((2, 2, 2), (2, 1, 3)),
        ((1, 1, 4), (1, 2, 3)),
        ((1, 5, 1), (1, 4, 2)),
        ((3, 1, 2), (2, 3, 2)),
    ],
)
def test_invocations_know_who_they_are(
    monkeypatch: pytest.MonkeyPatch,
    lanes: int,
    layout: dict[str, str],
    size: tuple[int, int, int],
    groups: tuple[int, int, int],
) -> None:
    cut(monkeypatch, lanes)
    wide, high, deep = (count * each for count, each in zip(groups, size, strict=True))
    out = np.zeros((wide * high * deep, 20), np.uint32)
    run(INPUTS.format(size=", ".join(map(str, size)), **layout), groups, out=out)
    for (z, y, x), found in zip(itertools.product(range(deep), range(high), range(wide)), out.tolist(), strict=True):
        local = x % size[0], y % size[1], z % size[2]
        assert tuple(found[0:3]) == (x, y, z)
        assert found[3] == local[0] + size[0] * (local[1] + size[1] * local[2])
        assert tuple(found[4:7]) == local
        assert tuple(found[8:11]) == (x // size[0], y // size[1], z // size[2])
        assert tuple(found[12:15]) == groups


SUBGROUPS = """
    enable subgroups;
    @group(0) @binding(0) var<storage, read_write> out: array<vec2u>;
    @compute @workgroup_size(10) fn main(
        @builtin(global_invocation_id) id: vec3u,
        @builtin(subgroup_invocation_id) lane: u32,
        @builtin(subgroup_size) size: u32,
    ) { out[id.x] = vec2u(lane, size); }
"""


@pytest.mark.parametrize("size", [4, 8])
def test_subgroups_are_runs_of_the_workgroup(size: int) -> None:
    out = np.zeros((20, 2), np.uint32)
    run(compiled(SUBGROUPS, subgroup_size=size), (2, 1, 1), out=out)
    assert out.tolist() == [[at % 10 % size, size] for at in range(20)]


@pytest.mark.parametrize("lanes", [1, 40, 1 << 16])
def test_atomics_go_from_workgroup_to_workgroup(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    cut(monkeypatch, lanes)
    out, next_ = np.zeros(64, np.uint32), np.zeros(1, np.uint32)
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @group(0) @binding(1) var<storage, read_write> next: atomic<u32>;
        @compute @workgroup_size(4, 2) fn main(
            @builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32
        ) { out[(w.x + w.y * 4) * 8 + l] = atomicAdd(&next, 1u); }
    """
    run(text, (4, 2, 1), out=out, next=next_)
    assert out.tolist() == list(range(64))
    assert next_[0] == 64


def test_workgroup_memory_is_zero_in_each_workgroup(monkeypatch: pytest.MonkeyPatch) -> None:
    cut(monkeypatch, 8)
    out = np.full(32, 9, np.uint32)
    text = """
        override many: u32 = 2;
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        var<workgroup> memory: array<u32, many * 2>;
        var<private> mine: u32 = 3;
        @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) l: u32) {
            memory[l] += id.x;
            mine += 1u;
            workgroupBarrier();
            out[id.x] = memory[3u - l] * 100u + mine;
        }
    """
    run(text, (8, 1, 1), out=out)
    assert out.tolist() == [(at // 4 * 4 + 3 - at % 4) * 100 + 4 for at in range(32)]


def test_a_workgroup_waits_for_the_one_before_it() -> None:
    groups = 20
    out, flags = np.zeros(groups, np.uint32), np.zeros(groups, np.uint32)
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @group(0) @binding(1) var<storage, read_write> flags: array<atomic<u32>>;
        fn before(at: u32) -> u32 {
            if (at == 0u) { return 0u; }
            loop {
                let found = atomicLoad(&flags[at - 1u]);
                if (found != 0u) { return found; }
            }
        }
        @compute @workgroup_size(8) fn main(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32) {
            if (l == 0u) {
                let sum = before(w.x) + w.x + 1u;
                out[w.x] = sum;
                atomicStore(&flags[w.x], sum);
            }
        }
    """
    run(text, (groups, 1, 1), out=out, flags=flags)
    assert out.tolist() == np.cumsum(np.arange(1, groups + 1)).tolist()


def test_a_loop_without_end_yields() -> None:
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn main(@builtin(local_invocation_index) l: u32) {
            loop { if (out[0] > 0u) { break; } }
        }
    """
    steps = compiled(text).run({"out": np.zeros(4, np.uint8)}, (1, 1, 1))
    assert [(step.done, step.total) for step in itertools.islice(steps, 5)] == [(0, 8)] * 5


def test_progress_comes_to_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    cut(monkeypatch, 16)
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = id.x; }
    """
    steps = list(compiled(text).run({"out": np.zeros(400, np.uint8)}, (5, 1, 1)))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert (steps[-1].done, steps[-1].total) == (40, 40)


def test_a_dispatch_of_no_workgroups_does_nothing() -> None:
    out = np.zeros(4, np.uint32)
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn main() { out[0] = 1u; }
    """
    assert run(text, (0, 3, 1), out=out) == 0
    assert not out.any()


def test_a_buffer_that_is_too_small_is_refused() -> None:
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<vec4u>;
        @compute @workgroup_size(8) fn main() { out[0] = vec4u(); }
    """
    with pytest.raises(KernelError) as caught:
        run(text, (1, 1, 1), out=np.zeros(3, np.uint32))
    assert caught.value.code == "WEBGPU_BINDING_SIZE"


def test_memory_of_a_chunk_is_bounded() -> None:
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
            var many: array<u32, 4096>;
            many[id.x % 4096u] = id.x;
            out[id.x] = many[id.x % 4096u] + many[0];
        }
    """
    steps = list(compiled(text).run({"out": np.zeros(4 << 16, np.uint8)}, (1024, 1, 1)))
    assert 32 <= len(steps) <= 128  # a GiB in all


def test_textures_are_refused_by_name() -> None:
    text = """
        @group(0) @binding(0) var picture: texture_2d<f32>;
        @group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
        @compute @workgroup_size(1) fn main() { out[0] = textureLoad(picture, vec2u(), 0); }
    """
    with pytest.raises(WgslError) as caught:
        compiled(text)
    assert caught.value.code == "CPU_KERNEL_NOT_SUPPORTED"
    assert caught.value.diagnostics[0].line == 2


def test_functions_that_call_two_each_are_refused_when_they_become_too_long() -> None:
    layers = "\n".join(f"fn f{at}(x: u32) -> u32 {{ return f{at - 1}(x) + f{at - 1}(x + 1u); }}" for at in range(1, 40))
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        fn f0(x: u32) -> u32 {{ return x * 2u; }}
        {layers}
        @compute @workgroup_size(1) fn main() {{ out[0] = f39(1u); }}
    """
    with pytest.raises(WgslError) as caught:
        compiled(text)
    assert caught.value.code == "WGSL_LIMIT_EXCEEDED"


def test_functions_that_would_be_written_too_often_are_refused_before_any_is_written() -> None:
    layers = "\n".join(f"fn f{at}() {{ f{at - 1}(); f{at - 1}(); }}" for at in range(1, 1000))
    text = f"fn f0() {{ }}\n{layers}\n@compute @workgroup_size(1) fn main() {{ f999(); }}"
    found = program(text)
    began = time.thread_time()
    with pytest.raises(WgslError) as caught:
        compile_kernel(found, "main")
    assert caught.value.code == "WGSL_LIMIT_EXCEEDED"
    assert time.thread_time() - began < 0.5  # written one by one until there are too many it takes seconds


@pytest.mark.parametrize("declared", ["let", "var"])
def test_copies_of_arrays_are_counted_so_that_chunks_stay_small(declared: str) -> None:
    count = 40
    copies = "\n".join(f"{declared} c{at} = many; many[gid.x] = {at}u;" for at in range(count))
    read = " + ".join(f"c{at}[gid.x % 3u]" for at in range(count))
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {{
            var many: array<u32, 4000>;
            {copies}
            out[gid.x] = {read};
        }}
    """
    out = np.zeros(64 * 64, np.uint32)
    steps = compiled(text).run({"out": out.view(np.uint8)}, (64, 1, 1))
    lanes = [step.done for step in itertools.islice(steps, 4)]
    assert max(lanes) <= 4 * kernel_module._BYTES // (4000 * 4 * count)


def test_memory_that_runs_out_is_an_error_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Iterator[None]:
        raise MemoryError
        yield

    made = compiled(
        "@group(0) @binding(0) var<storage, read_write> out: array<u32>;"
        "@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) { out[gid.x] = gid.x; }"
    )
    monkeypatch.setattr(made, "_compiled", dataclasses.replace(made._compiled, run=full))
    with pytest.raises(KernelError) as caught:
        list(made.run({"out": np.zeros(64, np.uint32).view(np.uint8)}, (1, 1, 1)))
    assert caught.value.code == "WEBGPU_OUT_OF_MEMORY"
    assert caught.value.__context__ is None  # nor does it hold what the kernel had


def test_variables_that_no_memory_holds_are_refused() -> None:
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        var<workgroup> one: u32;
        var<private> many: array<u32, 1000000>;
        @compute @workgroup_size(256) fn main(@builtin(local_invocation_index) l: u32) {
            one = 1u;
            many[l] = l;
            out[l] = many[l] + one;
        }
    """
    with pytest.raises(WgslError) as caught:
        compiled(text)
    assert caught.value.code == "WGSL_LIMIT_EXCEEDED"


def test_many_statements_without_a_loop_yield() -> None:
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) {{
            var a = id.x;
            {"a = a * 3u + 1u;" * 1000}
            out[id.x] = a;
        }}
    """
    out = np.zeros(8, np.uint32)
    assert run(text, (1, 1, 1), out=out) > 5
    expected = np.arange(8, dtype=np.uint32)
    for _ in range(1000):
        expected = expected * np.uint32(3) + np.uint32(1)
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("size", [0, 3, 6, 256])
def test_a_subgroup_has_a_size_that_webgpu_has(size: int) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        compiled("@compute @workgroup_size(1) fn main() {}", subgroup_size=size)
    assert raised.value.code == "CPU_SUBGROUP_SIZE_INVALID"


def test_results_of_operators_are_stored_at_once_and_by_way_of_masks() -> None:
    text = """
        @group(0) @binding(0) var<storage, read> a: array<i32>;
        @group(0) @binding(1) var<storage, read_write> out: array<i32>;
        @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) {
            out[id.x] = a[id.x] * 3;
            out[id.x + 8u] = a[id.x] - i32(id.x);
            if (a[id.x] > 3) { out[id.x] += a[7u - id.x]; }
            out[16] = a[0] + a[1];
        }
    """
    a = np.array([4, 1, 7, 0, 3, 9, 2, 5], np.int32)
    out = np.zeros(17, np.int32)
    run(text, (1, 1, 1), a=a, out=out)
    first = a * 3 + np.where(a > 3, a[::-1], 0)
    assert out.tolist() == [*first.tolist(), *(a - np.arange(8)).tolist(), 5]
