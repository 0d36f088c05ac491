"""Control flow under masks: every invocation takes its own way, whatever its neighbours do."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import numpy as np
import pytest
from control_flow_oracle import Code, Invocation, codes, text_of
from cpu_running import run
from hypothesis import HealthCheck, given, settings

from aikernel_web.compute.wgsl.executor import compaction


def check(code: Code) -> None:
    groups = 2
    text = text_of(code)
    expected = [Invocation(code, x).run() for x in range(groups * 8)]
    out = np.zeros((groups * 8, 4), np.uint32)
    run(text, (groups, 1, 1), out=out)
    assert list(map(tuple, out[:, :3].tolist())) == expected, text
    with pytest.MonkeyPatch.context() as patch:
        # Lanes are packed as soon as a quarter of them left a loop.
        patch.setattr(compaction, "_LEAST", 1)
        patch.setattr(compaction, "_EVERY", 1)
        for other in (text, text_of(code, workgroups=True)):
            out[:] = 0
            run(other, (groups, 1, 1), out=out)
            assert list(map(tuple, out[:, :3].tolist())) == expected, other


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(codes())
def test_random_control_flow_equals_one_invocation_at_a_time(code: Code) -> None:
    check(code)


@pytest.mark.deep
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(codes())
def test_much_random_control_flow_equals_one_invocation_at_a_time(code: Code) -> None:
    check(code)


@pytest.mark.parametrize("depth", [10, 30, 60])
def test_loops_nest_deeper_than_python_has_blocks(depth: int) -> None:
    out = np.zeros(8, np.uint32)
    heads = " ".join(f"for (var i{at} = 0u; i{at} < 1u + u32(x == {at}u); i{at}++) {{" for at in range(depth))
    body = f"{heads} if (x == 7u && n == 0u) {{ continue; }} n += 1u; {'}' * depth}"
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) {{
            let x = id.x;
            var n = 0u;
            {body}
            out[x] = n;
        }}
    """
    run(text, (1, 1, 1), out=out)
    assert out.tolist() == [2] * 7 + [0]


def test_conditions_nest_deeper_than_python_indents() -> None:
    depth = 110
    out = np.zeros(128, np.uint32)
    heads = " ".join(f"if (x > {at}u) {{ n += 1u;" for at in range(depth))
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {{
            let x = id.x;
            var n = 0u;
            {heads} {"}" * depth}
            out[x] = n;
        }}
    """
    run(text, (2, 1, 1), out=out)
    assert out.tolist() == [min(x, depth) for x in range(128)]


def test_a_long_chain_of_else_if_does_not_nest() -> None:
    count = 120
    out = np.zeros(128, np.uint32)
    chain = " else ".join(f"if (x == {at}u) {{ out[x] = {at * 3}u; }}" for at in range(count))
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {{
            let x = id.x;
            {chain} else {{ out[x] = 1u; }}
        }}
    """
    run(text, (2, 1, 1), out=out)
    assert out.tolist() == [x * 3 if x < count else 1 for x in range(128)]


def test_many_early_returns_do_not_nest() -> None:
    out = np.zeros(256, np.uint32)
    returns = " ".join(f"if (x == {at}u) {{ return {at}u * 2u; }}" for at in range(200))
    text = f"""
        @group(0) @binding(0) var<storage, read_write> out: array<u32>;
        fn pick(x: u32) -> u32 {{ {returns} return 7u; }}
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {{ out[id.x] = pick(id.x); }}
    """
    run(text, (4, 1, 1), out=out)
    assert out.tolist() == [x * 2 if x < 200 else 7 for x in range(256)]


def test_arrays_of_lanes_that_go_on_by_themselves_come_back() -> None:
    """Loops and branches in which few lanes are left write to arrays, read others, and leave those of the rest alone."""
    count = 4096
    out = np.zeros((count, 4), np.uint32)
    text = """
        @group(0) @binding(0) var<storage, read_write> out: array<vec4u>;
        var<workgroup> sums: array<u32, 64>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) l: u32) {
            var many = array<u32, 4>(1, 2, 3, 4);
            let fixed = array<u32, 4>(id.x, 5, l, 7);
            var n = 0u;
            for (var at = 0u; at < id.x / 16u; at++) {
                many[at % 4u] += fixed[(at + 1u) % 4u];
                n++;
            }
            var extra = n;
            sums[l] = l;
            if (l % 4u == 1u) {
                sums[l] += fixed[2] + many[0];
                extra = sums[l] + n * 2u;
                n += 1u;
            }
            out[id.x] = vec4u(many[0] + many[1] * 3u, many[2] + many[3] * 5u, n, extra + sums[l]);
        }
    """
    run(text, (count // 64, 1, 1), out=out)
    for x in range(0, count, 37):
        many, fixed, local = [1, 2, 3, 4], [x, 5, x % 64, 7], x % 64
        for at in range(x // 16):
            many[at % 4] += fixed[(at + 1) % 4]
        n = extra = x // 16
        total = local
        if local % 4 == 1:
            total += fixed[2] + many[0]
            extra, n = total + n * 2, n + 1
        assert out[x].tolist() == [many[0] + many[1] * 3, many[2] + many[3] * 5, n, extra + total]
