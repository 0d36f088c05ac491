"""What WGSL promises and a compiler may forget: memory that begins as zeros, values of overrides, bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web import WgslError

from . import also_on_cpu, needs_feature
from .dispatch import raised

GROUPS, SIZE = 64, 64

WORKGROUP = """\
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
var<workgroup> plain: array<u32, 64>;
var<workgroup> counts: array<atomic<u32>, 64>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  out[id.x] = plain[me] + atomicAdd(&counts[me], 5u);
  plain[me] = 6u;
}
"""

OVERRIDES = """\
override size: u32 = 8;
@id(3) override factor: f32;
override twice = 2.0 * factor;
var<workgroup> shared_values: array<f32, size>;
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(size)
fn main(@builtin(local_invocation_index) me: u32) {
  shared_values[me] = f32(me) * twice;
  workgroupBarrier();
  out[me] = shared_values[size - 1u - me];
}
"""

BOUNDS = """\
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let far = id.x * 4000000u;
  out[id.x] = given[far % arrayLength(&given)];
  if (id.x > 0u) {
    out[far] = 99u;
  }
}
"""

SUBGROUPS = """\
enable subgroups;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(subgroup_size) size: u32) {
  out[id.x] = u32(subgroupAdd(1u) == size);
}
"""


async def run(gpu: Any, wgsl: str, out: np.ndarray, workgroups: int, **given: Any) -> np.ndarray:
    return (await gpu.dispatch(wgsl, {"out": out}, workgroups=workgroups, **given))["out"]


@also_on_cpu
async def case_workgroup_memory_is_zero_in_each_workgroup(gpu: Any) -> None:
    for _ in range(2):
        assert not (await run(gpu, WORKGROUP, np.ones(GROUPS * SIZE, np.uint32), GROUPS)).any()


@also_on_cpu
async def case_overrides_give_sizes_and_values(gpu: Any) -> None:
    for size in (8, 32):
        constants = {"factor": 1.5} if size == 8 else {"size": size, "factor": 1.5}
        out = await run(gpu, OVERRIDES, np.zeros(size, np.float32), 1, constants=constants)
        np.testing.assert_array_equal(out, 3 * np.arange(size, dtype=np.float32)[::-1])


@also_on_cpu
async def case_nothing_is_written_outside_of_an_array(gpu: Any) -> None:
    given = np.arange(1, 8, dtype=np.uint32)
    neighbours = [await gpu.to_device(np.full(64, 7, np.uint32)) for _ in range(4)]
    await gpu.dispatch(BOUNDS, {"given": given, "out": np.zeros(8, np.uint32)}, workgroups=4)
    for neighbour in neighbours:
        assert set(await neighbour.read()) == {7}


@also_on_cpu
@needs_feature("subgroups")
async def case_subgroups_add(gpu: Any) -> None:
    assert (await run(gpu, SUBGROUPS, np.zeros(SIZE, np.uint32), 1)).all()


@also_on_cpu
async def case_synchronous_twins_wait_within_asynchronous_code(gpu: Any) -> None:
    a = np.arange(100, dtype=np.float32)
    np.testing.assert_array_equal(gpu.vector_add_sync(a, 2 * a), 3 * a)
    np.testing.assert_array_equal(gpu.to_device_sync(a).read_sync(), a)
    assert gpu.run_sync(gpu.kernels.sum(a)) == a.sum()


LOOPS = """\
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1)
fn main() {
  for (var i = 0u; i < 4u; i++) {
    var x: u32; var y: array<u32, 2>;
    x += i + 1u; y[i & 1u] += i + 1u;
    out[i] = 10u * x + y[i & 1u];
  }
}
"""


@also_on_cpu
async def case_a_variable_in_a_loop_begins_as_zero_in_each_round(gpu: Any) -> None:
    result = await gpu.dispatch(LOOPS, {"out": np.zeros(4, np.uint32)}, workgroups=1)
    np.testing.assert_array_equal(result["out"], [11, 22, 33, 44])


@also_on_cpu
async def case_the_faults_of_such_a_shader_are_told_where_they_are(gpu: Any) -> None:
    # A fault in a body, which a device's own compiler finds, behind a place where zeros are written out.
    wrong = LOOPS.replace("var x: u32; var", "var x: u32; x = 1.5; var")
    error = await raised(gpu.dispatch(wrong, {"out": np.zeros(4, np.uint32)}, workgroups=1), WgslError)
    place, line = error.diagnostics[0], wrong.splitlines()[4]
    code = "WGSL_TYPE_MISMATCH" if gpu.using_cpu_fallback else "WEBGPU_SHADER_INVALID"
    assert (error.code, place.line, place.source_line) == (code, 5, line)
    assert line.index("x = 1.5") < place.column <= line.index("1.5") + 1
