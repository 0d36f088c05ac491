"""Any WGSL kernel on the CPU, as its provider runs it; what kernels compute is in tests/gpu_cases and unit/wgsl."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from unit.loop import run_async

from aikernel_web import (
    ComputeBuffer,
    ComputeKernel,
    CpuComputeProvider,
    EventBusProvider,
    GpuTimeoutError,
    KernelError,
    WebGpuComputeProvider,
    WgslError,
    WgslNotSupportedError,
)
from aikernel_web.compute.execution.host_operand import host_operand
from aikernel_web.compute.kernels.matmul import shader as matmul_shader
from aikernel_web.compute.kernels.reductions import sum_shader
from aikernel_web.compute.settings import WebGpuComputeSettings

SCALE = """
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> factor: f32;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] = factor * x[id.x]; }
}
"""

ENDLESS = """
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  loop {
    y[id.x] += 1u;
    if (y[id.x] == 0xffffffffu) { break; }
  }
}
"""

ROUNDS = """
override rounds: u32 = 200;
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var state = id.x;
  for (var i = 0u; i < rounds; i++) { state = state * 1664525u + 1013904223u; }
  y[id.x] = state;
}
"""


@pytest.fixture
def cpu() -> CpuComputeProvider:
    return CpuComputeProvider()


def code_of(action: Any) -> str:
    with pytest.raises(KernelError) as raised:
        run_async(action)
    return raised.value.code


def refusal_of(action: Any) -> WgslNotSupportedError:
    with pytest.raises(WgslNotSupportedError) as raised:
        run_async(action)
    return raised.value


def numbers(count: int = 100) -> np.ndarray:
    return np.arange(count, dtype=np.float32)


def rounded(count: int, rounds: int = 200) -> np.ndarray:
    state = np.arange(count, dtype=np.uint32)
    for _ in range(rounds):
        state = state * np.uint32(1664525) + np.uint32(1013904223)
    return state


# Running


def test_a_kernel_of_ones_own_runs(cpu: CpuComputeProvider) -> None:
    bindings = {"x": numbers(), "y": np.zeros(100, np.float32), "factor": 2.5}
    result = run_async(cpu.dispatch(SCALE, bindings, workgroups=2))
    np.testing.assert_array_equal(result["y"], numbers() * np.float32(2.5))
    assert result["y"].flags.writeable
    assert not bindings["y"].any()


def test_the_form_that_tries_answers_with_the_result_or_the_code(cpu: CpuComputeProvider) -> None:
    bindings = {"x": numbers(), "y": np.zeros(100, np.float32), "factor": 2.5}
    assert run_async(cpu.try_dispatch(SCALE, bindings, workgroups=2)).unwrap()["y"][99] == 247.5
    failed = run_async(cpu.try_dispatch(SCALE, {**bindings, "factor": "2"}, workgroups=2))
    assert failed.is_failure
    assert failed.error is not None
    assert "'factor' is f32" in str(failed.error)
    with pytest.raises(KernelError) as raised:
        failed.unwrap()
    assert raised.value.code == "WEBGPU_BINDING_DTYPE"


def test_a_ready_shader_that_has_no_twin_runs_as_it_is_written(cpu: CpuComputeProvider) -> None:
    a = numbers(10_000)
    result = run_async(cpu.dispatch(sum_shader("f32"), {"a": a, "out": np.zeros(3, np.float32)}, workgroups=3))
    np.testing.assert_allclose(result["out"].sum(dtype=np.float64), a.sum(dtype=np.float64), rtol=1e-6)


def test_a_ready_shader_over_arrays_that_are_too_small_runs_as_it_is_written(cpu: CpuComputeProvider) -> None:
    # Its twin cannot: what lies outside is clamped, as on a GPU.
    params = {"rows": 4, "columns": 4, "inner": 4}
    bindings = {"a": np.ones(3, np.float32), "b": np.ones(3, np.float32), "out": np.zeros(16, np.float32)}
    result = run_async(cpu.dispatch(matmul_shader("f32"), {**bindings, "params": params}, workgroups=1))
    assert result["out"].shape == (16,)
    assert set(result["out"].tolist()) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_what_a_kernel_only_reads_is_not_copied(cpu: CpuComputeProvider) -> None:
    binding = run_async(cpu.compile(SCALE)).bindings["x"]
    for data in (numbers(), numbers(6).reshape(2, 3), np.frombuffer(numbers().tobytes(), np.float32)):
        assert np.shares_memory(host_operand(binding, data, own=False, bound=True).raw, data)
    assert not np.shares_memory(host_operand(binding, data, own=True, bound=True).raw, data)


def test_a_kernel_is_compiled_once(cpu: CpuComputeProvider) -> None:
    kernel = run_async(cpu.compile(SCALE))
    compiled = kernel.on_host
    assert compiled is not None
    bindings = {"x": numbers(), "y": np.zeros(100, np.float32), "factor": 1}
    run_async(cpu.dispatch(SCALE, bindings, workgroups=2))
    run_async(cpu.dispatch(kernel, bindings, workgroups=2))
    assert run_async(cpu.compile(SCALE)) is kernel
    assert kernel.on_host is compiled


def test_faults_in_bodies_are_told_when_a_kernel_is_compiled(cpu: CpuComputeProvider) -> None:
    wrong = SCALE.replace("factor * x[id.x]", "factor * id.x")
    with pytest.raises(WgslError) as raised:
        run_async(cpu.compile(wrong))
    place = raised.value.diagnostics[0]
    assert (place.line, place.source_line) == (7, wrong.splitlines()[6])
    assert code_of(cpu.dispatch(wrong, {}, workgroups=1)) == raised.value.code


def test_half_precision_and_subgroups_are_there(cpu: CpuComputeProvider) -> None:
    shader = """
    enable f16; enable subgroups;
    @group(0) @binding(0) var<storage, read_write> y: array<f16>;
    @compute @workgroup_size(8)
    fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = subgroupAdd(y[id.x]) / 4.0h; }
    """
    result = run_async(cpu.dispatch(shader, {"y": np.arange(8).astype(np.float16)}, workgroups=1))
    assert result["y"].tolist() == [1.5] * 4 + [5.5] * 4


SUBGROUPS = """
enable subgroups;
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(subgroup_size) size: u32) {
  y[id.x] = 1000 * size + subgroupAdd(y[id.x]);
}
"""


def test_a_provider_has_the_subgroups_it_was_asked_for() -> None:
    settings = WebGpuComputeSettings(force_cpu_fallback=True, cpu_subgroup_size=16)
    for gpu, size in (
        (CpuComputeProvider(), 4),
        (CpuComputeProvider(subgroup_size=32), 32),
        (WebGpuComputeProvider(settings), 16),
    ):
        result = run_async(gpu.dispatch(SUBGROUPS, {"y": np.ones(64, np.uint32)}, workgroups=1))
        assert (result["y"] == 1001 * size).all()
        report = run_async(gpu.debug(SUBGROUPS, {"y": np.ones(64, np.uint32)}, workgroups=1))
        assert (report.outputs["y"] == 1001 * size).all()


def test_a_kernel_has_the_subgroups_it_asks_for() -> None:
    asking = SUBGROUPS.replace("enable subgroups", "enable subgroup_size_control")
    asking = asking.replace("@compute", "override wanted = 8;\n@compute @subgroup_size(wanted)")
    gpu = CpuComputeProvider(subgroup_size=32)
    for constants, size in ((None, 8), ({"wanted": 64}, 64)):
        result = run_async(gpu.dispatch(asking, {"y": np.ones(64, np.uint32)}, workgroups=1, constants=constants))
        assert (result["y"] == 1001 * size).all()
    wrong = gpu.dispatch(asking, {"y": np.ones(64, np.uint32)}, workgroups=1, constants={"wanted": 2})
    assert code_of(wrong) == "CPU_SUBGROUP_SIZE_INVALID"


@pytest.mark.parametrize("size", [0, 2, 5, 256, 8.5, None, "8"])
def test_subgroups_have_a_size_that_webgpu_has(size: Any) -> None:
    for make in (CpuComputeProvider, WebGpuComputeSettings):
        name = "subgroup_size" if make is CpuComputeProvider else "cpu_subgroup_size"
        with pytest.raises(KernelError) as raised:
            make(**{name: size})
        assert raised.value.code == "CPU_SUBGROUP_SIZE_INVALID"


def test_what_is_required_and_there_runs(cpu: CpuComputeProvider) -> None:
    shader = """
    requires linear_indexing, swizzle_assignment;
    requires unrestricted_pointer_parameters, pointer_composite_access, packed_4x8_integer_dot_product;
    @group(0) @binding(0) var<storage, read_write> y: array<vec4u>;
    fn store(p: ptr<storage, array<vec4u>, read_write>, at: u32) { p[at].wy = vec2u(at, dot4U8Packed(0x102u, 0x304u)); }
    @compute @workgroup_size(2, 2)
    fn main(@builtin(global_invocation_index) at: u32) { store(&y, at); }
    """
    result = run_async(cpu.dispatch(shader, {"y": np.zeros((4, 4), np.uint32)}, workgroups=1))
    assert result["y"].tolist() == [[0, 11, 0, at] for at in range(4)]


def test_there_are_no_limits_of_wires(cpu: CpuComputeProvider) -> None:
    names = [f"b{number}" for number in range(20)]
    declared = "".join(
        f"@group({at // 4}) @binding({at % 4 * 1000}) var<storage, read_write> {name}: array<u32>;\n"
        for at, name in enumerate(names)
    )
    body = " ".join(f"{name}[0] = {at}u;" for at, name in enumerate(names))
    shader = f"{declared}@compute @workgroup_size(1) fn main() {{ {body} }}"
    result = run_async(cpu.dispatch(shader, {name: np.zeros(1, np.uint32) for name in names}, workgroups=1))
    assert [int(result[name][0]) for name in names] == list(range(20))


# Taking long


def test_what_never_ends_is_given_up_in_time(cpu: CpuComputeProvider) -> None:
    with pytest.raises(GpuTimeoutError, match=r"0\.2 seconds"):
        run_async(cpu.dispatch(ENDLESS, {"y": np.zeros(64, np.uint32)}, workgroups=1, time_limit=0.2))
    assert run_async(cpu.dispatch(ROUNDS, {"y": np.zeros(64, np.uint32)}, workgroups=1))["y"][0] == rounded(1)[0]


def test_a_batch_has_its_time_as_a_whole(cpu: CpuComputeProvider) -> None:
    async def body() -> None:
        async with cpu.batch(time_limit=0.2) as batch:
            await batch.dispatch(ENDLESS, {"y": np.zeros(64, np.uint32)}, workgroups=1)

    assert code_of(body()) == "WEBGPU_TIMEOUT"


def test_a_loop_that_never_ends_is_given_up_without_a_limit_too(
    cpu: CpuComputeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aikernel_web.compute.execution.host_run.TIME_LIMIT", 0.2)
    with pytest.raises(GpuTimeoutError, match="never end"):
        run_async(cpu.dispatch(ENDLESS, {"y": np.zeros(64, np.uint32)}, workgroups=1))


def test_others_go_on_while_a_kernel_runs_and_its_task_can_be_cancelled(cpu: CpuComputeProvider) -> None:
    async def body() -> int:
        task = asyncio.ensure_future(cpu.dispatch(ENDLESS, {"y": np.zeros(64, np.uint32)}, workgroups=1))
        rounds = 0
        while rounds < 5:
            await asyncio.sleep(0)
            rounds += 1
            assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        result = await cpu.dispatch(ROUNDS, {"y": np.zeros(64, np.uint32)}, workgroups=1)
        assert result["y"][0] == rounded(1)[0]
        return rounds

    assert run_async(body()) == 5


def test_progress_is_told_while_a_kernel_runs(cpu: CpuComputeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aikernel_web.compute.execution.host_run.TELL_SECONDS", 0.0)
    told: list[tuple[int, int]] = []
    count = 1 << 18
    result = run_async(
        cpu.dispatch(
            ROUNDS,
            {"y": np.zeros(count, np.uint32)},
            workgroups=count // 64,
            progress=lambda done, total: told.append((done, total)),
        )
    )
    np.testing.assert_array_equal(result["y"], rounded(count))
    assert told == sorted(told)
    assert told[-1] == (count, count)
    assert len({done for done, _ in told}) > 2


def test_synchronous_code_runs_what_takes_long(cpu: CpuComputeProvider) -> None:
    count = 1 << 16
    result = cpu.dispatch_sync(ROUNDS, {"y": np.zeros(count, np.uint32)}, workgroups=count // 64)
    np.testing.assert_array_equal(result["y"], rounded(count))


def test_what_is_done_to_an_array_is_done_in_order(cpu: CpuComputeProvider) -> None:
    async def body() -> None:
        count = 1 << 18
        array = cpu.empty(count, "u32")
        long = asyncio.ensure_future(cpu.dispatch(ROUNDS, {"y": array}, workgroups=count // 64, keep=True))
        await asyncio.sleep(0)
        read = asyncio.ensure_future(array.read())
        write = asyncio.ensure_future(array.write(np.zeros(count, np.uint32)))
        await asyncio.gather(long, read, write)
        np.testing.assert_array_equal(read.result(), rounded(count))
        assert not (await array.read()).any()

    run_async(body())


# Refusing


TEXTURE = """
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = textureLoad(picture, vec2i(0), 0).x; }
"""
SAMPLER = """
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var smooth_: sampler;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = textureSampleLevel(picture, smooth_, vec2f(0), 0).x; }
"""
RENDER = """
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = 1.0; }
@fragment fn colour() -> @location(0) vec4f { return vec4f(1.0); }
"""
BLENDING = f"enable f16, dual_source_blending;{RENDER}"


@pytest.mark.parametrize(
    ("shader", "entry", "code", "named"),
    [
        (TEXTURE, None, "WEBGPU_BINDING_NOT_SUPPORTED", "2:27 picture"),
        (SAMPLER, None, "WEBGPU_BINDING_NOT_SUPPORTED", "2:27 picture"),
        (RENDER, "colour", "WEBGPU_STAGE_NOT_SUPPORTED", "4:14 colour"),
        (BLENDING, "main", "WEBGPU_FEATURE_MISSING", "1:13 dual_source_blending"),
        (f"requires no_such_thing;{RENDER}", "main", "WEBGPU_FEATURE_MISSING", "1:10 no_such_thing"),
    ],
)
def test_what_kernels_cannot_have_is_refused_by_name_and_place(
    cpu: CpuComputeProvider, shader: str, entry: str | None, code: str, named: str
) -> None:
    error = refusal_of(cpu.dispatch(shader, {}, workgroups=1, entry=entry))
    place = error.diagnostics[0]
    name = place.source_line[place.column - 1 :][: place.length]
    assert (error.code, f"{place.line}:{place.column} {name}") == (code, named)
    assert repr(name) in place.message
    assert str(error).startswith("The shader cannot be run here.")


def test_a_kernel_beside_render_stages_runs(cpu: CpuComputeProvider) -> None:
    assert run_async(cpu.dispatch(RENDER, {"y": np.zeros(1, np.float32)}, workgroups=1))["y"][0] == 1


def test_a_shader_of_render_stages_only_is_refused(cpu: CpuComputeProvider) -> None:
    shader = "@vertex fn corner() -> @builtin(position) vec4f { return vec4f(); }"
    assert refusal_of(cpu.dispatch(shader, {}, workgroups=1)).code == "WEBGPU_STAGE_NOT_SUPPORTED"
    assert code_of(cpu.dispatch("fn main() {}", {}, workgroups=1)) == "WEBGPU_ENTRY_UNKNOWN"


@pytest.mark.parametrize(
    ("shader", "workgroups", "part"),
    [
        (ENDLESS.replace("(64)", "(1025)"), 1, "maxComputeInvocationsPerWorkgroup"),
        (ENDLESS.replace("(64)", "(32, 32, 2)"), 1, "maxComputeInvocationsPerWorkgroup"),
        (ENDLESS, 1 << 27, "their ids"),
        (ENDLESS, (1, 1 << 33), "their ids"),
    ],
)
def test_more_than_can_be_counted_is_refused(cpu: CpuComputeProvider, shader: str, workgroups: Any, part: str) -> None:
    with pytest.raises(KernelError, match=part) as raised:
        run_async(cpu.dispatch(shader, {"y": np.zeros(64, np.uint32)}, workgroups=workgroups))
    assert raised.value.code == "WEBGPU_LIMIT_EXCEEDED"


def test_much_workgroup_memory_is_refused(cpu: CpuComputeProvider) -> None:
    shader = """
    var<workgroup> much: array<u32, 16385>;
    @group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(1) fn main() { y[0] = much[1]; }
    """
    assert code_of(cpu.dispatch(shader, {"y": np.zeros(1, np.uint32)}, workgroups=1)) == "WEBGPU_LIMIT_EXCEEDED"


# The contract's buffers


def buffer_of(data: bytes) -> ComputeBuffer:
    buffer = ComputeBuffer(len(data))
    buffer.write(data)
    return buffer


def test_a_kernel_runs_over_buffers(cpu: CpuComputeProvider) -> None:
    buffers = [buffer_of(numbers(3).tobytes()), ComputeBuffer(12), buffer_of(struct.pack("<f", 3))]
    run_async(cpu.execute_kernel(ComputeKernel(SCALE, 1), *buffers))
    assert struct.unpack("<3f", buffers[1].as_memory()) == (0, 3, 6)


def test_a_buffer_that_ends_within_a_word_keeps_its_size(cpu: CpuComputeProvider) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) { y[i] = 0x04030201u; }
    """
    buffer = buffer_of(bytes(6))
    run_async(cpu.execute_kernel(ComputeKernel(shader, 1), buffer))
    assert bytes(buffer.as_memory()) == b"\1\2\3\4\1\2"


def test_what_is_no_kernel_is_refused_with_its_places(cpu: CpuComputeProvider) -> None:
    four = ComputeBuffer(4)
    for wrong, part in (
        (SCALE.replace("factor *", "factr *"), "7:43: 'factr' is not declared"),
        (SCALE.replace("factor * x", "id.x * x"), "7:"),
        ("fn main( {", "1:10: "),
        (TEXTURE, "2:27: 'picture' is a texture_2d<f32>"),
        ("fn main() {}", "no @compute entry point"),
    ):
        with pytest.raises(KernelError) as raised:
            run_async(cpu.execute_kernel(ComputeKernel(wrong, 1), four, four))
        assert raised.value.code == "CPU_KERNEL_NOT_SUPPORTED"
        assert part in str(raised.value)


def test_a_kernel_that_adds_and_does_more_does_more(cpu: CpuComputeProvider) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(2) fn main(@builtin(local_invocation_index) i: u32) {
      out[i] = a[i] + b[i];
      out[i] *= 10.0;
    }
    """
    a, out = buffer_of(numbers(3).tobytes()), ComputeBuffer(12)
    run_async(cpu.execute_kernel(ComputeKernel(shader, 1), a, buffer_of(numbers(3).tobytes()), out))
    assert struct.unpack("<3f", out.as_memory()) == (0, 20, 0)
    assert code_of(cpu.execute_kernel(ComputeKernel(shader, 1), a, out)) == "CPU_VECTOR_ADD_BUFFER_COUNT"


# What is told, and what it costs


@pytest.mark.parametrize("kind", ["cpu", "fallback"])
def test_a_kernel_that_has_run_is_an_event(kind: str) -> None:
    bus = EventBusProvider()
    if kind == "cpu":
        gpu: Any = CpuComputeProvider(event_bus=bus)
    else:
        gpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True), event_bus=bus)
    run_async(gpu.dispatch(ROUNDS, {"y": np.zeros(64, np.uint32)}, workgroups=(1,), constants={"rounds": 1}))
    (event,) = [record for record in bus.history if record.name == "GpuKernelExecuted"]
    assert event.payload == {
        "providerId": gpu.provider_id,
        "backend": "cpu-fallback",
        "dispatch": "1,1,1",
        "workgroupSize": "64,1,1",
    }


LOADED = """
import asyncio, sys
import numpy as np
from aikernel_web import CpuComputeProvider
from aikernel_web.compute.kernels import VECTOR_ADD

def loaded():
    return sorted(name for name in sys.modules if ".wgsl.executor" in name or name.endswith("typed.program"))

gpu = CpuComputeProvider()
assert "numpy" in sys.modules and "aikernel_web.compute.wgsl" not in sys.modules
ones = np.ones(4, np.float32)
asyncio.run(gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": ones}, workgroups=1))
asyncio.run(gpu.kernels.sum(ones))
print(loaded())
"""


def test_the_executor_is_loaded_where_a_kernel_needs_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@contextlib.contextmanager
def peak() -> Iterator[list[int]]:
    import tracemalloc  # noqa: PLC0415 - slows everything down while it is on

    tracemalloc.start()
    found = [0]
    try:
        yield found
        found[0] = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_dispatch(cpu: CpuComputeProvider) -> None:
    count = 1 << 22
    array = cpu.empty(count, "u32")
    run_async(cpu.dispatch(ROUNDS, {"y": array}, workgroups=1, constants={"rounds": 3}, keep=True))
    with peak() as found:
        run_async(cpu.dispatch(ROUNDS, {"y": array}, workgroups=count // 64, constants={"rounds": 3}, keep=True))
    assert found[0] < 8 << 20
