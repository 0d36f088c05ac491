"""Barriers: a workgroup comes to each as a whole, or is told where it parted."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import numpy as np
import pytest
from cpu_running import compiled, run

from aikernel_web.contracts.shader_errors import WgslError

HEAD = """
    @group(0) @binding(0) var<storage, read_write> out: array<u32>;
    var<workgroup> shared_: array<u32, 8>;
    fn wait() { workgroupBarrier(); }
    @compute @workgroup_size(8) fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u) {
"""


def test_a_barrier_in_a_loop_of_the_same_length_is_uniform() -> None:
    out = np.zeros(16, np.uint32)
    body = """
        shared_[l] = l;
        for (var at = 0u; at < 2u + w.x; at++) {
            workgroupBarrier();
            let next = shared_[(l + 1u) % 8u];
            workgroupBarrier();
            shared_[l] = next;
        }
        out[w.x * 8u + l] = shared_[l];
    }
    """
    run(HEAD + body, (2, 1, 1), out=out)
    assert out.tolist() == [(at + 2) % 8 for at in range(8)] + [(at + 3) % 8 for at in range(8)]


@pytest.mark.parametrize(
    ("body", "barrier", "parting"),
    [
        ("if (l < 3u) {\n wait(); }", "workgroupBarrier", "l < 3u"),
        ("if (l > 5u) {\n return; }\n workgroupBarrier();", "workgroupBarrier", "l > 5u"),
        ("for (var i = 0u; i < l; i++) {\n workgroupBarrier(); }", "workgroupBarrier", "i < l"),
        ("loop {\n workgroupBarrier();\n if (l == 2u) { break; } if (out[0] > 5) { break; } }", "workgroupBarrier", "break"),
        ("loop {\n storageBarrier();\n continuing { break if l == 2u || out[0] > 5; } }", "storageBarrier", "l == 2u ||"),
        ("switch (l) { case 1: {\n wait(); } default: {} }", "workgroupBarrier", "l)"),
        ("if (l > 3) { if (l < 5) {\n return; } }\n storageBarrier();", "storageBarrier", "l < 5"),
        ("if (w.x == 0) { if (l < 4) {\n out[0] = workgroupUniformLoad(&shared_[0]); } }", "workgroupUniformLoad", "l < 4"),
        ("switch (l) { case 1: { return; } default: {} }\n workgroupBarrier();", "workgroupBarrier", "l)"),
        ("for (var i = 0u; i < 3; i++) {\n if (l == i) { continue; }\n wait(); }", "workgroupBarrier", "l == i"),
    ],
)  # fmt: skip
def test_a_workgroup_that_comes_in_parts_is_told_where_it_parted(body: str, barrier: str, parting: str) -> None:
    text = HEAD + body + "}"
    with pytest.raises(WgslError) as caught:
        run(compiled(text, uniform=False), (2, 1, 1), out=np.zeros(8, np.uint32))
    assert caught.value.code == "WGSL_BARRIER_NOT_UNIFORM"
    found = {item.source_line[item.column - 1 :] for item in caught.value.diagnostics}
    assert len(found) == 2
    assert any(item.startswith(barrier) for item in found)
    assert any(item.startswith(parting) for item in found)


def test_workgroups_that_stay_away_as_a_whole_are_uniform() -> None:
    out = np.zeros(4, np.uint32)
    text = HEAD + "if (out[w.x] == 0u) { return; } workgroupBarrier(); out[w.x] = 7u; }"
    out[1] = 1
    run(compiled(text, uniform=False), (4, 1, 1), out=out)
    assert out.tolist() == [0, 7, 0, 0]
