"""`debug`: what is told of a run, and how it reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unit.loop import run_async

from aikernel_web import (
    CpuComputeProvider,
    DebugReport,
    Finding,
    GpuTimeoutError,
    KernelError,
    TraceStep,
    WebGpuComputeProvider,
    WgslError,
)
from aikernel_web.compute.arrays.array_kind import dtype_of
from aikernel_web.compute.kernels.argmax import argmax
from aikernel_web.compute.kernels.conv2d import conv2d
from aikernel_web.compute.kernels.histogram import histogram
from aikernel_web.compute.kernels.life import life
from aikernel_web.compute.kernels.matmul import matmul
from aikernel_web.compute.kernels.operation import Operation
from aikernel_web.compute.kernels.prefix_sum import prefix_sum
from aikernel_web.compute.kernels.reductions import total
from aikernel_web.compute.kernels.sort import sort
from aikernel_web.compute.kernels.transpose import transpose

TRACED = """\
struct Params { scale: f32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2f>;

fn scaled(v: f32) -> f32 {
  let w = v * params.scale;
  return w;
}

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = 0.0;
  for (var i = 0u; i <= id.x; i++) {
    sum += scaled(x[i]);
  }
  if (id.x >= params.count) { return; }
  y[id.x].y = sum;
}
"""
GIVEN = {"params": (2.0, 6), "x": np.arange(8, dtype=np.float32), "y": np.zeros((8, 2), np.float32)}

BARRIER = """\
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
var<workgroup> parts: array<f32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) me: u32) {
  parts[me] = y[me];
  if (me < LIMIT) {
    workgroupBarrier();
  }
  y[me] = parts[7 - me];
}
"""


@pytest.fixture
def cpu() -> CpuComputeProvider:
    return CpuComputeProvider()


def watched(gpu: Any, wgsl: str, bindings: dict[str, Any], **options: Any) -> DebugReport:
    return run_async(gpu.debug(wgsl, bindings, **{"workgroups": 1, **options}))


def told(steps: tuple[TraceStep, ...]) -> list[tuple[int, str]]:
    return [(step.line, step.text) for step in steps]


# Traces


def test_an_invocation_is_followed_through_functions_loops_and_returns(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, TRACED, GIVEN, workgroups=2, invocation=(1, 0, 0))
    assert told(report.trace) == [
        (13, "sum = 0.0"),
        (14, "i = 0"),
        (14, "true"),
        (7, "w = 0.0"),
        (15, "sum = 0.0"),
        (14, "i = 1"),
        (14, "true"),
        (7, "w = 2.0"),
        (15, "sum = 2.0"),
        (14, "i = 2"),
        (14, "false"),
        (17, "false"),
        (18, "y[id.x].y = 2.0"),
    ]
    assert report.trace[0].source_line == "  var sum = 0.0;"
    assert report.trace[0].invocations == (1,)


def test_the_outputs_are_those_of_a_dispatch(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, TRACED, GIVEN, workgroups=2)
    result = run_async(cpu.dispatch(TRACED, GIVEN, workgroups=2))
    np.testing.assert_array_equal(report.outputs["y"], result["y"])
    assert not GIVEN["y"].any()
    assert report.trace == ()


def test_a_workgroup_is_followed_as_one(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, TRACED, GIVEN, workgroups=2, workgroup=1)
    last = report.trace[-2:]
    assert told(last) == [(17, "[false, false, true, true]"), (18, "y[id.x].y = [20.0, 30.0]")]
    assert last[1].values == ("20.0", "30.0")
    assert last[1].invocations == (0, 1)
    assert (13, "sum = 0.0") in told(report.trace)


def test_values_are_written_as_wgsl_has_them(cpu: CpuComputeProvider) -> None:
    shader = """
    enable f16;
    struct Part { a: f32, b: vec2<i32> }
    @group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(1)
    fn main() {
      let flag = vec2(true, y[0] == 1u);
      let third = 1.0f / f32(y[0] + 3u);
      let half = f16(y[0]) + 0.1h;
      var part = Part(2.5, vec2(-1, i32(y[0])));
      var many = array<Part, 2>();
      many[1].b.y = 7;
      let turn = mat2x3f(1, 2, 3, 4, 5, f32(y[0]));
      var list: array<u32, 12>;
      list[2] = 3u;
      let last = &part.b;
      *last = vec2(9);
      y[0] = 0xffffffffu;
    }
    """
    report = watched(cpu, shader, {"y": np.zeros(1, np.uint32)}, invocation=0)
    assert [step.text for step in report.trace] == [
        "flag = vec2(true, false)",
        "third = 0.33333334",
        "half = 0.1",
        "part = Part(a: 2.5, b: vec2(-1, 0))",
        "many = array(Part(a: 0.0, b: vec2(0, 0)), Part(a: 0.0, b: vec2(0, 0)))",
        "many[1].b.y = 7",
        "turn = mat2x3((1.0, 2.0, 3.0), (4.0, 5.0, 0.0))",
        "list = array(0, 0, 0, 0, 0, 0, 0, 0, ...)",
        "list[2] = 3",
        "*last = vec2(9, 9)",
        "y[0] = 4294967295",
    ]


def test_switches_and_loops_that_end_themselves_are_followed(cpu: CpuComputeProvider) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(2)
    fn main(@builtin(local_invocation_index) me: u32) {
      var n = me;
      loop {
        n += 2u;
        continuing { break if n > 4u; }
      }
      switch n {
        case 5u: { y[0] = n; }
        case 6u: { y[1] = n; }
        default: { y[2] = n; }
      }
    }
    """
    report = watched(cpu, shader, {"y": np.zeros(3, np.uint32)}, invocation=1)
    assert told(report.trace) == [
        (5, "n = 1"),
        (7, "n = 3"),
        (8, "false"),
        (7, "n = 5"),
        (8, "true"),
        (11, "true"),
        (11, "y[0] = 5"),
    ]


def test_the_trace_is_readable(cpu: CpuComputeProvider) -> None:
    text = str(watched(cpu, TRACED, {**GIVEN, "params": (2.0, 0)}, workgroups=2, invocation=(0,)))
    assert (
        text
        == """\
main, 2 x 1 x 1 workgroups of 4 x 1 x 1 invocations: no races and no accesses outside of arrays

trace of invocation (0, 0, 0):
  13 |   var sum = 0.0;                                  sum = 0.0
  14 |   for (var i = 0u; i <= id.x; i++) {              i = 0
  14 |   for (var i = 0u; i <= id.x; i++) {              true
   7 |   let w = v * params.scale;                       w = 0.0
  15 |     sum += scaled(x[i]);                          sum = 0.0
  14 |   for (var i = 0u; i <= id.x; i++) {              i = 1
  14 |   for (var i = 0u; i <= id.x; i++) {              false
  17 |   if (id.x >= params.count) { return; }           true"""
    )


def test_a_long_trace_is_cut(cpu: CpuComputeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aikernel_web.compute.debugging.trace.STEPS_KEPT", 10)
    monkeypatch.setattr("aikernel_web.compute.debugging.report.TRACE_SHOWN", 4)
    report = watched(cpu, TRACED, GIVEN, workgroups=2, invocation=7)
    assert (len(report.trace), report.cut) == (10, 26)
    assert str(report).endswith("\n  and 32 steps more")


@pytest.mark.parametrize("places", [{"invocation": (8,)}, {"invocation": (0, 1)}, {"workgroup": (2, 0, 0)}])
def test_who_does_not_run_is_not_followed(cpu: CpuComputeProvider, places: dict[str, Any]) -> None:
    with pytest.raises(KernelError) as raised:
        watched(cpu, TRACED, GIVEN, workgroups=2, **places)
    assert raised.value.code == "WEBGPU_ARGUMENT_INVALID"


@pytest.mark.parametrize(
    "places",
    [
        {"invocation": 1, "workgroup": 1},
        {"invocation": "x"},
        {"workgroup": ()},
        {"invocation": (-1,)},
        {"invocation": (0.5,)},
    ],
)
def test_what_is_no_place_is_refused(cpu: CpuComputeProvider, places: dict[str, Any]) -> None:
    with pytest.raises(KernelError) as raised:
        watched(cpu, TRACED, GIVEN, workgroups=2, **places)
    assert raised.value.code == "WEBGPU_ARGUMENT_INVALID"


# Races and bounds

BLUR = """\
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> tile: array<f32, 4>;

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32) {
  tile[me] = x[id.x];
  BARRIER
  let left = tile[max(me, 1u) - 1u];
  let right = x[id.x + 1u];
  y[id.x] = (left + tile[me] + right) / 3.0;
}
"""
BLURRED = {"x": np.arange(8, dtype=np.float32), "y": np.zeros(8, np.float32)}


def test_a_race_is_told_with_both_places_and_both_invocations(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, BLUR.replace("BARRIER", ""), BLURRED, workgroups=2, bounds=False)
    (race,) = report.findings
    assert (race.kind, race.code) == ("race", "WGSL_DATA_RACE")
    assert [place.source_line.strip() for place in race.places] == [
        "tile[me] = x[id.x];",
        "let left = tile[max(me, 1u) - 1u];",
    ]
    assert "invocation (1, 0, 0) writes 'tile[me]'" in race.message
    assert "invocation (2, 0, 0) reads" in race.message
    assert race.count == 6
    assert str(report).startswith("main, 2 x 1 x 1 workgroups of 4 x 1 x 1 invocations: 1 race\n\nrace: ")


def test_a_barrier_ends_a_race(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, BLUR.replace("BARRIER", "workgroupBarrier();"), BLURRED, workgroups=2, bounds=False)
    assert report.findings == ()
    assert str(report).endswith("no races")


def test_a_race_between_workgroups_is_one_finding(cpu: CpuComputeProvider) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> total: array<f32>;
    @compute @workgroup_size(4) fn main() { total[0] += 1.0; }
    """
    (race,) = watched(cpu, shader, {"total": np.zeros(1, np.float32)}, workgroups=3).findings
    assert race.kind == "race"
    assert {(place.line, place.column) for place in race.places} == {(3, 45)}


def test_atomics_do_not_race(cpu: CpuComputeProvider) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> total: array<atomic<u32>>;
    @compute @workgroup_size(4) fn main() { atomicAdd(&total[0], 1u); }
    """
    report = watched(cpu, shader, {"total": np.zeros(1, np.uint32)}, workgroups=3)
    assert report.findings == ()
    assert report.outputs["total"][0] == 12


def test_an_access_outside_of_an_array_is_told_with_index_and_count(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, BLUR.replace("BARRIER", "workgroupBarrier();"), BLURRED, workgroups=2)
    (outside,) = report.findings
    assert (outside.kind, outside.code, outside.count) == ("bounds", "WGSL_OUT_OF_BOUNDS", 1)
    assert outside.message == "'x[id.x + 1u]' goes to element 8 of 8"
    (place,) = outside.places
    assert "(7, 0, 0)" in place.message
    assert (place.line, place.source_line) == (10, "  let right = x[id.x + 1u];")
    result = run_async(cpu.dispatch(BLUR.replace("BARRIER", "workgroupBarrier();"), BLURRED, workgroups=2))
    np.testing.assert_array_equal(report.outputs["y"], result["y"])


def test_indices_of_all_memory_are_watched(cpu: CpuComputeProvider) -> None:
    shader = """

    @group(0) @binding(0) var<storage, read_write> y: array<array<u32, 3>>;
    @group(0) @binding(1) var<uniform> n: u32;
    var<workgroup> shared_: array<u32, 4>;
    var<private> own: array<u32, 5>;
    @compute @workgroup_size(1)
    fn main() {
      var list: array<u32, 6>;
      var v = vec3u(1, 2, 3);
      shared_[n] = 1u;
      own[n + 1] = 2u;
      list[n + 2] = 3u;
      v[n - 1] = 4u;
      y[0][n - 2] = own[n];
      y[n][0] = list[n] + v[n - 2];
    }
    """
    report = watched(cpu, shader, {"y": np.zeros((2, 3), np.uint32), "n": 5})
    told = {(it.places[0].line, it.message) for it in report.findings}
    assert told == {
        (11, "'shared_[n]' goes to element 5 of 4"),
        (12, "'own[n + 1]' goes to element 6 of 5"),
        (13, "'list[n + 2]' goes to element 7 of 6"),
        (14, "'v[n - 1]' goes to element 4 of 3"),
        (15, "'y[0][n - 2]' goes to element 3 of 3"),
        (15, "'own[n]' goes to element 5 of 5"),
        (16, "'y[n][0]' goes to element 5 of 2"),
        (16, "'v[n - 2]' goes to element 3 of 3"),
    }


FLOATS = np.random.default_rng(3).random(5000).astype(np.float32)
MATRIX = FLOATS[:1200].reshape(30, 40)
PLANS: dict[str, Operation] = {
    "argmax": argmax(FLOATS),
    "conv2d": conv2d(MATRIX, FLOATS[:9].reshape(3, 3), mode="same", stride=1, flip=False),
    "histogram": histogram(FLOATS, 50, (0, 1)),
    "life": life((MATRIX > 0.5).astype(np.uint32), 2),
    "matmul": matmul(MATRIX, MATRIX.T),
    "prefix_sum": prefix_sum(FLOATS, exclusive=False),
    "sort": sort(FLOATS[:2500]),
    "sum": total(FLOATS),
    "transpose": transpose(MATRIX),
}


@pytest.mark.parametrize("name", PLANS)
def test_ready_kernels_neither_race_nor_reach_beyond_arrays(cpu: CpuComputeProvider, name: str) -> None:
    findings: list[Finding] = []

    class Watched:
        """In the place of a batch: each dispatch is debugged."""

        def empty(self, shape: Any, dtype: Any) -> np.ndarray:
            return np.zeros(shape, dtype_of(dtype))

        async def dispatch(self, wgsl: str, groups: int, **bindings: Any) -> Any:
            report = await cpu.debug(wgsl, bindings, workgroups=groups)
            findings.extend(report.findings)
            for variable, output in report.outputs.items():
                bindings[variable][...] = output
            return bindings["out"]

    operation = PLANS[name]
    result = run_async(operation.encode(Watched(), *operation.operands))
    assert findings == []
    np.testing.assert_allclose(result, operation.twin(*operation.operands), rtol=1e-5)


def test_what_is_not_asked_for_is_not_looked_for(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, BLUR.replace("BARRIER", ""), BLURRED, workgroups=2, races=False, bounds=False)
    assert report.findings == ()
    assert str(report).endswith("invocations: it has run")


# Barriers


def test_a_barrier_that_a_workgroup_comes_to_in_parts_ends_the_run(cpu: CpuComputeProvider) -> None:
    shader = BARRIER.replace("LIMIT", "5u")
    with pytest.raises(WgslError) as refused:
        run_async(cpu.dispatch(shader, {"y": np.zeros(8, np.float32)}, workgroups=1))
    assert refused.value.code == "WGSL_NOT_UNIFORM"
    report = watched(cpu, shader, {"y": np.zeros(8, np.float32)})
    (finding,) = report.findings
    assert (finding.kind, finding.code) == ("barrier", "WGSL_BARRIER_NOT_UNIFORM")
    assert [(place.line, place.column) for place in finding.places] == [(7, 5), (6, 7)]
    assert "reached by 5 of the 8 invocations" in str(report)
    assert "    workgroupBarrier();" in str(report)


def test_a_barrier_that_only_may_be_reached_in_parts_is_run(cpu: CpuComputeProvider) -> None:
    report = watched(cpu, BARRIER.replace("LIMIT", "8u"), {"y": np.arange(8, dtype=np.float32)})
    (finding,) = report.findings
    assert (finding.kind, finding.code) == ("barrier", "WGSL_NOT_UNIFORM")
    assert report.outputs["y"].tolist() == list(range(7, -1, -1))


# Everywhere


def test_arrays_of_the_device_are_left_as_they_are(cpu: CpuComputeProvider) -> None:
    array = run_async(cpu.to_device(GIVEN["x"]))
    double = TRACED.replace("read> x", "read_write> x").replace("y[id.x].y = sum;", "x[id.x] = sum; y[0] = y[1];")
    report = watched(cpu, double, {**GIVEN, "x": array})
    assert report.outputs["x"][1] == 2
    np.testing.assert_array_equal(run_async(array.read()), GIVEN["x"])


def test_the_provider_of_a_gpu_debugs_too() -> None:
    gpu = WebGpuComputeProvider()
    report = watched(gpu, TRACED, GIVEN, workgroups=2)
    assert report.outputs["y"][5, 1] == 30
    again = gpu.debug_sync(TRACED, GIVEN, workgroups=2)
    assert again.findings == report.findings


def test_what_never_ends_ends_in_time(cpu: CpuComputeProvider) -> None:
    endless = BARRIER.replace("if (me < LIMIT)", "loop").replace("workgroupBarrier();", "if (y[0] == 1.0) { break; }")
    with pytest.raises(GpuTimeoutError):
        watched(cpu, endless, {"y": np.zeros(8, np.float32)}, time_limit=0.2)
