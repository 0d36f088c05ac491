"""What only the native GPU has: PyPI wgpu, its words, its objects, and devices that are given up."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from software_gpu import use_software_gpu
from unit.loop import run_async

from aikernel_web import WebGpuComputeProvider, WebGpuNativeBackend
from aikernel_web.compute.backends import WebGpuWasmBuffer
from aikernel_web.compute.native import NativeGpu
from aikernel_web.compute.native.naga import adapted
from aikernel_web.compute.native.words import commands
from aikernel_web.contracts.errors import InvalidArgumentError, KernelError
from aikernel_web.contracts.gpu import BUFFER, COPY, DATA, DISPATCH, FREE, READ, GpuBinding
from aikernel_web.contracts.gpu_errors import DeviceLost, GpuOutOfMemoryError, GpuUnavailableError, GpuValidationError
from aikernel_web.contracts.shader_errors import WgslError

DOUBLE = """\
override factor: f32 = 2.0;
@group(0) @binding(0) var<storage, read> given: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&out)) {
    out[id.x] = factor * given[id.x];
  }
}
"""
BINDINGS: tuple[GpuBinding, ...] = ((0, 0, "read-only-storage"), (0, 1, "storage"))
GIVEN, OUT, OTHER = 1, 2, 3
Body = Callable[[NativeGpu], Coroutine[Any, Any, Any]]


@pytest.fixture(scope="module")
def software() -> None:
    missing = use_software_gpu()
    if missing is not None:
        pytest.skip(missing)


@pytest.fixture(scope="module")
def swiftshader(software: None) -> None:  # noqa: ARG001
    if "swiftshader" not in os.environ["VK_ICD_FILENAMES"].lower():
        pytest.skip("known of SwiftShader: it has no memory for its largest buffer, and leaves endless loops in")


@pytest.fixture
def on_gpu(software: None) -> Iterator[Callable[[Body], Any]]:  # noqa: ARG001
    """Runs a coroutine function on an open device of its own."""
    gpu = NativeGpu()

    async def main(body: Body) -> Any:
        await gpu.open()
        return await body(gpu)

    yield lambda body: run_async(main(body))
    gpu.close()


async def doubling(gpu: NativeGpu, count: int = 8, **constants: float) -> int:
    """Return a pipeline, with its input on the device."""
    gpu.write(GIVEN, 4 * count, np.arange(count, dtype=np.float32))
    return await gpu.compile(DOUBLE, "main", constants=constants, bindings=BINDINGS)


async def read(gpu: NativeGpu, handle: int, count: int, offset: int = 0) -> list[float]:
    out = np.full(count, -1, np.float32)
    await gpu.finish(gpu.submit([READ, handle, offset, count]), [out])
    return list(out)


async def code_of(awaitable: Any) -> str:
    with pytest.raises(KernelError) as raised:
        await awaitable
    return raised.value.code


def words_of(*listed: int) -> list[Any]:
    return list(commands(listed))


# Command lists


def test_words_are_taken_apart() -> None:
    assert words_of(BUFFER, 7, 2, DATA, 8, 1, 0x01020304, DISPATCH, 1, 4, 5, 6, 2, 7, 8, FREE, 7) == [
        (BUFFER, (7, 2), b""),
        (DATA, (8, 1), b"\x04\x03\x02\x01"),
        (DISPATCH, (1, 4, 5, 6, 2, 7, 8), b""),
        (FREE, (7,), b""),
    ]


@pytest.mark.parametrize(
    "words", [(0,), (7, 1), (BUFFER,), (BUFFER, 1), (DATA, 1, 2, 3), (DISPATCH, 1, 1, 1, 1), (DISPATCH, 1, 1, 1, 1, 1)]
)
def test_what_is_no_command_list_is_refused(words: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        words_of(*words)
    assert raised.value.code == "WEBGPU_VALIDATION"


def test_a_list_makes_runs_copies_reads_and_frees(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        pipeline = await doubling(gpu, factor=3.0)
        whole, part = np.empty(8, np.float32), np.empty(2, np.float32)
        words = [BUFFER, OUT, 8, BUFFER, OTHER, 4, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT]
        words += [COPY, OUT, 4, OTHER, 1, 2, READ, OUT, 0, 8, READ, OTHER, 0, 4, FREE, OUT]
        await gpu.finish(gpu.submit(words), [whole, part])
        counts = gpu.counts()
        return list(whole), list(part), await read(gpu, OTHER, 4), counts

    whole, part, other, counts = on_gpu(body)
    assert whole == [0, 3, 6, 9, 12, 15, 18, 21]
    assert part == [0, 12]
    assert other == [0, 12, 15, 0]
    assert (counts["buffers"], counts["bytes"], counts["pooledBuffers"]) == (2, 48, 1)
    assert (counts["pipelines"], counts["bindGroups"], counts["submits"], counts["dispatches"]) == (1, 1, 1, 1)


class Model:
    """What command lists mean, in NumPy."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.buffers: dict[int, np.ndarray] = {}
        self.next = 1

    def some(self) -> int:
        return int(self.random.choice(list(self.buffers)))

    def command(self, words: list[int], reads: list[np.ndarray], freed: list[int], pipeline: int) -> None:
        """Add a command to a list, and carry it out."""
        kind = self.random.choice([BUFFER, DATA, DISPATCH, COPY, READ, FREE], p=[0.2, 0.15, 0.25, 0.2, 0.15, 0.05])
        usable = [handle for handle in self.buffers if handle not in freed]
        if kind in (BUFFER, DATA) or len(usable) < 2:
            size = int(self.random.integers(1, 400))
            made = self.buffers[self.next] = np.zeros(size, np.float32)
            words += [DATA if kind == DATA else BUFFER, self.next, size]
            if kind == DATA:
                made[:] = self.random.integers(0, 100, size)
                words += map(int, made.view(np.uint32))
            self.next += 1
            return
        one, two = (int(handle) for handle in self.random.choice(usable, 2, replace=False))
        a, b = self.buffers[one], self.buffers[two]
        count = int(self.random.integers(1, min(a.size, b.size) + 1))
        start, target = (int(self.random.integers(0, array.size - count + 1)) for array in (a, b))
        if kind == DISPATCH:
            words += [DISPATCH, pipeline, -(-b.size // 64), 1, 1, 2, one, two]
            # Beyond its end an array reads as one of its elements, or as zero: such are left out.
            b[: a.size] = a[: b.size] + 1
        elif kind == COPY:
            words += [COPY, one, start, two, target, count]
            b[target : target + count] = a[start : start + count]
        elif kind == READ:
            words += [READ, one, start, count]
            reads.append(a[start : start + count].copy())
        else:
            words += [FREE, one]
            freed.append(one)


@pytest.mark.parametrize("seed", range(12))
def test_any_lists_do_what_they_say(on_gpu: Any, seed: int) -> None:
    wgsl = DOUBLE.replace("id.x < arrayLength(&out)", "id.x < min(arrayLength(&out), arrayLength(&given))")
    wgsl = wgsl.replace("factor * given[id.x]", "given[id.x] + 1.0 + 0.0 * factor")

    async def body(gpu: NativeGpu) -> None:
        pipeline = await gpu.compile(wgsl, "main", constants={}, bindings=BINDINGS)
        model = Model(np.random.default_rng(seed))
        for _ in range(25):
            words: list[int] = []
            reads: list[np.ndarray] = []
            freed: list[int] = []
            for _ in range(int(model.random.integers(1, 30))):
                model.command(words, reads, freed, pipeline)
            out = [np.empty_like(expected) for expected in reads]
            await gpu.finish(gpu.submit(words), out)
            for actual, expected in zip(out, reads, strict=True):
                np.testing.assert_array_equal(actual, expected)
            for handle in freed:
                del model.buffers[handle]
            if model.buffers:
                handle = model.some()
                array = model.buffers[handle]
                at = int(model.random.integers(0, array.size))
                array[at:] = seed
                gpu.write(handle, array.nbytes, array[at:].copy(), offset=4 * at)
        for handle, array in model.buffers.items():
            assert await read(gpu, handle, array.size) == list(array)

    on_gpu(body)


def test_memory_that_is_used_again_is_zero(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        ones = np.ones(64, np.float32)
        for handle in (OUT, OTHER):
            gpu.write(handle, 256, ones)
        gpu.submit([FREE, OUT, FREE, OTHER])
        assert gpu.counts()["pooledBuffers"] == 2
        gpu.write(OUT, 256, ones[:1], offset=8)
        out = np.empty(128, np.float32)
        ticket = gpu.submit([BUFFER, OTHER, 64, READ, OUT, 0, 64, READ, OTHER, 0, 64])
        await gpu.finish(ticket, [out[:64], out[64:]])
        return np.flatnonzero(out).tolist(), gpu.counts()["pooledBuffers"]

    assert on_gpu(body) == ([2], 0)


def test_large_reads_and_writes_are_whole(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> bool:
        data = np.arange(20 << 20, dtype=np.uint32)
        for _ in range(2):  # twice 80 MiB: more than may wait for a list
            gpu.write(GIVEN, data.nbytes, data)
        out = np.empty_like(data)
        await gpu.finish(gpu.submit([READ, GIVEN, 0, data.size]), [out])
        return bool((out == data).all())

    assert on_gpu(body)


def test_lists_are_timed(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        pipeline = await doubling(gpu)
        dispatch = [BUFFER, OUT, 8, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT]
        timed = await gpu.finish(gpu.submit([*dispatch, COPY, OUT, 0, GIVEN, 0, 8, *dispatch], timed=True))
        return timed, await gpu.finish(gpu.submit(dispatch)), await gpu.finish(gpu.submit([], timed=True))

    timed, *others = on_gpu(body)
    assert 0 < timed < 10
    assert others == [None, None]


# Compiling


def test_equal_arguments_give_the_same_pipeline_until_it_is_released(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        first, again, other = await doubling(gpu), await doubling(gpu), await doubling(gpu, factor=4.0)
        await gpu.finish(gpu.submit([BUFFER, OUT, 8, DISPATCH, first, 1, 1, 1, 2, GIVEN, OUT]))
        gpu.release(first)
        gpu.release(first)
        counts = gpu.counts()
        code = await code_of(gpu.finish(gpu.submit([DISPATCH, first, 1, 1, 1, 2, GIVEN, OUT])))
        return first == again != other, counts["pipelines"], counts["bindGroups"], code, await doubling(gpu) > other

    assert on_gpu(body) == (True, 1, 0, "WEBGPU_VALIDATION", True)


@pytest.mark.parametrize(
    ("wgsl", "line", "column", "length"),
    [
        ("fn main( { }", 1, 10, 1),
        ("@compute @workgroup_size(1)\nfn main() {\n  let é = foo;\n}", 3, 11, 3),
        (
            "@group(0) @binding(0) var<storage> x: array<i32>;\n@compute @workgroup_size(1)\nfn main() { x[0] = 1; }",
            3,
            13,
            4,
        ),
        (  # two places of one line are marked
            "@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1)\n"
            "fn main() { y[0] = y[1] * 1u + 2.0; }",
            3,
            13,
            4,
        ),
    ],
)
def test_what_does_not_compile_is_told_with_its_place(
    on_gpu: Any, wgsl: str, line: int, column: int, length: int
) -> None:
    async def body(gpu: NativeGpu) -> Any:
        with pytest.raises(WgslError) as raised:
            await gpu.compile(wgsl, "main", constants={}, bindings=())
        return raised.value

    error = on_gpu(body)
    (found,) = error.diagnostics
    assert error.code == found.code == "WEBGPU_SHADER_INVALID"
    assert (found.line, found.column, found.length) == (line, column, length)
    assert found.source_line == wgsl.splitlines()[line - 1]
    assert found.message
    assert "^" not in found.message


@pytest.mark.parametrize(
    "changed", [{"entry": "other"}, {"constants": {"unknown": 1.0}}, {"bindings": ()}, {"bindings": BINDINGS[:1]}]
)
def test_pipelines_that_cannot_be_are_refused_by_code(on_gpu: Any, changed: dict[str, Any]) -> None:
    async def body(gpu: NativeGpu) -> str:
        arguments = {"entry": "main", "constants": {}, "bindings": BINDINGS} | changed
        return await code_of(gpu.compile(DOUBLE, **arguments))

    assert on_gpu(body) == "WEBGPU_PIPELINE_INVALID"


def test_bindings_may_be_more_than_are_used_and_in_any_groups(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        wgsl = DOUBLE.replace("@group(0) @binding(1)", "@group(2) @binding(5)")
        bindings: list[GpuBinding] = [(2, 5, "storage"), (0, 0, "read-only-storage"), (0, 9, "uniform")]
        pipeline = await gpu.compile(wgsl, "main", constants={}, bindings=bindings)
        gpu.write(GIVEN, 16, np.ones(4, np.float32))
        words = [BUFFER, OUT, 4, BUFFER, OTHER, 4, DISPATCH, pipeline, 1, 1, 1, 3, OUT, GIVEN, OTHER]
        await gpu.finish(gpu.submit(words))
        return await read(gpu, OUT, 4)

    assert on_gpu(body) == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("enable subgroups;\nfn f() {}", "\nfn f() {}"),
        ("enable f16, subgroups; fn f() {}", "enable f16; fn f() {}"),
        ("enable subgroups,\n f16;", "enable f16;\n"),
        ("// enable subgroups;\nenable f16;", "// enable subgroups;\nenable f16;"),
        ("enable subgroups; fn f( {", "enable subgroups; fn f( {"),
        ("fn f() { var a: u32; }", "fn f() { var a: u32; }"),
        ("fn f() { loop { var a: u32; break; } }", "fn f() { loop { var a: u32 = u32(); break; } }"),
        (
            "fn f() { for (;;) { if true { var a: array<vec2<f32>, 2>; var b = 2; } } }",
            "fn f() { for (;;) { if true { var a: array<vec2<f32>, 2> = array<vec2<f32>, 2>(); var b = 2; } } }",
        ),
    ],
)
def test_what_naga_does_not_know_or_does_wrong_is_written_out_and_no_line_moves(text: str, expected: str) -> None:
    assert adapted(text, "main", clear_workgroup=True) == expected


LOCALS = """\
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
struct Both { a: vec2<u32>, b: array<u32, 3> }
fn sum() -> u32 {
  var total = 0u;
  while (total < 3u) { var c: u32; total += c + 1u; c = 9u; }
  return total;
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var k = 0u; k < 3u; k++) {
    var a: u32;
    var b: Both;
    x[id.x] += a + b.a.x + b.b[k];
    a = 7u;
    b.a.x = 8u;
    b.b[k] = 9u;
    if (k < 2u) { var c: array<u32, 4>; x[id.x] += c[k]; c[k + 1u] = 9u; }
  }
  x[id.x] += sum();
}
"""

WORKGROUP = """\
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
override size: u32 = 64;
alias Count = atomic<u32>;
struct Cell { hits: Count, sums: array<atomic<i32>, 2>, place: vec2<f32> }
struct Inputs { @builtin(workgroup_id) group: vec3<u32>, INDEX }
var<workgroup> plain: array<u32, size>;
var<workgroup> one: u32;
var<workgroup> counts: array<array<Count, 2>, 64>;
var<workgroup> cells: array<Cell, 4>;
var<workgroup> unused: array<u32, 100000>;
fn leave(i: u32) {
  plain[i] = 1u; one = 2u;
  atomicStore(&counts[i][i % 2u], 3u);
  atomicStore(&cells[i % 4u].hits, 4u);
  atomicStore(&cells[i % 4u].sums[i % 2u], 5);
  cells[i % 4u].place.y = 6.0;
}
@compute @workgroup_size(16, 4)
fn main(inputs: Inputs, @builtin(local_invocation_index) i: u32) {
  let cell = &cells[i % 4u];
  var seen = plain[i] + one + atomicLoad(&counts[i][0]) + atomicLoad(&counts[i][1]) + atomicLoad(&cell.hits);
  seen += u32(atomicLoad(&cell.sums[0]) + atomicLoad(&cell.sums[1])) + u32(cell.place.x + cell.place.y);
  x[inputs.group.x * 64u + i] = seen;
  workgroupBarrier();
  leave(i);
}
"""


@pytest.mark.parametrize(
    "wgsl",
    [
        LOCALS.replace("x[id.x] += sum();", "if (sum() != 3u) { x[id.x] = 1u; }"),
        WORKGROUP.replace("INDEX", ""),
        WORKGROUP.replace(", @builtin(local_invocation_index) i: u32", "")
        .replace("INDEX", "@builtin(local_invocation_index) i: u32")
        .replace("let cell", "let i = inputs.i; let cell"),
        WORKGROUP.replace("INDEX", "")
        .replace("invocation_index) i: u32", "invocation_id) id: vec3<u32>")
        .replace("let cell", "let i = id.x + 16u * id.y; let cell"),
    ],
)
def test_variables_begin_as_zeros_in_each_round_of_a_loop_and_in_each_workgroup(on_gpu: Any, wgsl: str) -> None:
    async def body(gpu: NativeGpu) -> int:
        pipeline = await gpu.compile(wgsl, "main", constants={}, bindings=[(0, 0, "storage")])
        out = np.ones(64 * 64, np.uint32)
        words = [BUFFER, OUT, out.size, DISPATCH, pipeline, 64, 1, 1, 1, OUT, READ, OUT, 0, out.size]
        await gpu.finish(gpu.submit(words), [out])
        return np.count_nonzero(out)

    assert on_gpu(body) == 0


def test_subgroups_are_there_where_the_adapter_has_them(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        assert gpu.info is not None
        if "subgroups" not in gpu.info.features:
            pytest.skip("the adapter has no subgroups")
        wgsl = "enable subgroups;\n" + DOUBLE.replace("given[id.x]", "subgroupAdd(given[id.x]) / f32(subgroupAdd(1u))")
        gpu.write(GIVEN, 256, np.ones(64, np.float32))
        pipeline = await gpu.compile(wgsl, "main", constants={}, bindings=BINDINGS)
        await gpu.finish(gpu.submit([BUFFER, OUT, 64, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT]))
        return set(await read(gpu, OUT, 64))

    assert on_gpu(body) == {2}


# What goes wrong


@pytest.mark.usefixtures("swiftshader")
def test_memory_that_is_not_there_fails_the_list_and_all_that_it_would_have_written(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        pipeline = await doubling(gpu)
        assert gpu.info is not None
        most = gpu.info.limits["maxBufferSize"] // 4
        gpu.write(OUT, 32, np.ones(8, np.float32))
        failing = gpu.submit([DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT, BUFFER, OTHER, most])
        codes = [await code_of(gpu.finish(failing))]
        codes += [await code_of(read(gpu, handle, 4)) for handle in (OUT, OTHER)]
        chained = gpu.submit([BUFFER, 9, 8, DISPATCH, pipeline, 1, 1, 1, 2, OUT, 9])
        codes += [await code_of(gpu.finish(chained)), await code_of(read(gpu, 9, 4))]
        gpu.write(OUT, 32, np.ones(8, np.float32))
        gpu.submit([FREE, OTHER, FREE, 9])
        await gpu.finish(gpu.submit([BUFFER, OTHER, 4]))
        return codes, await read(gpu, GIVEN, 3), await read(gpu, OUT, 1), await read(gpu, OTHER, 1)

    codes, *read_back = on_gpu(body)
    assert codes == ["WEBGPU_OUT_OF_MEMORY"] * 5
    assert read_back == [[0, 1, 2], [1], [0]]


def test_a_command_that_the_gpu_refuses_is_told_when_the_list_is_finished(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> list[str]:
        pipeline = await doubling(gpu)
        lists = [
            [BUFFER, OUT, 8, DISPATCH, pipeline, 70_000, 1, 1, 2, GIVEN, OUT],
            [DISPATCH, pipeline, 1, 1, 1, 1, GIVEN],
            [DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, GIVEN],
            [DISPATCH, 999, 1, 1, 1, 2, GIVEN, GIVEN],
            [READ, GIVEN, 7, 2],
            [COPY, GIVEN, 0, GIVEN, 0, 8],
            [READ, 12345, 0, 1],
            [DATA, GIVEN, 1, 0],
        ]
        return [await code_of(gpu.finish(gpu.submit(words), [bytearray(8)])) for words in lists]

    assert on_gpu(body) == ["WEBGPU_VALIDATION"] * 8


@pytest.mark.parametrize(
    ("size", "count", "offset"), [(6, 4, 0), (8, 3, 0), (8, 4, 2), (8, 8, 4), (8, 12, 0), (8, 4, -4), (16, 8, 0)]
)
def test_writes_that_do_not_fit_are_refused(on_gpu: Any, size: int, count: int, offset: int) -> None:
    async def body(gpu: NativeGpu) -> None:
        gpu.write(GIVEN, 8, bytes(8))
        with pytest.raises(GpuValidationError):
            gpu.write(GIVEN, size, bytes(count), offset=offset)

    on_gpu(body)


@pytest.mark.usefixtures("swiftshader")
def test_too_large_a_write_is_out_of_memory(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> None:
        assert gpu.info is not None
        with pytest.raises(GpuOutOfMemoryError):
            gpu.write(GIVEN, gpu.info.limits["maxBufferSize"], bytes(4))

    on_gpu(body)


# Opening, losing, closing


def test_the_adapter_is_chosen_by_its_name(software: None) -> None:  # noqa: ARG001
    async def body() -> Any:
        first = NativeGpu()
        name = str((await first.open()).adapter["device"])
        named = NativeGpu(name[:8].upper())
        same = (await named.open()).adapter["device"] == name
        first.close()
        named.close()
        return same, await code_of(NativeGpu("no such thing").open())

    assert run_async(body()) == (True, "WEBGPU_NO_ADAPTER")


def test_without_wgpu_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wgpu", None)
    with pytest.raises(GpuUnavailableError, match=r"pip install aikernel-web\[native\]") as raised:
        run_async(NativeGpu().open())
    assert raised.value.code == "WEBGPU_UNSUPPORTED"


def test_without_wgpu_a_provider_computes_on_the_cpu_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wgpu", None)
    provider = WebGpuComputeProvider(backend=WebGpuNativeBackend())
    run_async(provider.initialize())
    assert provider.using_cpu_fallback
    assert provider.fallback_code == "WEBGPU_UNSUPPORTED"
    assert "pip install" in str(provider.fallback_reason)


def test_whole_buffers_are_known_by_any_name(on_gpu: Any) -> None:
    wgsl = DOUBLE.replace("override factor", "const factor")

    async def body(gpu: NativeGpu) -> Any:
        assert gpu.is_webgpu_supported()
        await gpu.write_buffer("given", np.arange(6, dtype=np.float32).tobytes())
        await gpu.write_buffer("odd", b"12345")
        out = WebGpuWasmBuffer(24)
        await gpu.execute_kernel(wgsl, ["given", out], 1, 1, 1)
        codes = [
            await code_of(gpu.execute_kernel(wgsl, ["given"], 1, 1, 1)),
            await code_of(gpu.execute_kernel("fn f() {}", ["given"], 1, 1, 1)),
            await code_of(gpu.execute_kernel("fn f( {}", ["given"], 1, 1, 1)),
        ]
        results = np.frombuffer(await gpu.read_buffer(out, 24), np.float32).tolist(), await gpu.read_buffer("odd", 5)
        gpu._lose("a test's")
        codes.append(await code_of(gpu.read_buffer("given", 24)))
        await gpu.write_buffer("given", bytes(8))
        return codes, *results, await gpu.read_buffer("given", 24)

    codes, doubled, odd, anew = on_gpu(body)
    assert codes == ["WEBGPU_BINDING_MISSING", "WEBGPU_ENTRY_UNKNOWN", "WGSL_SYNTAX", "WEBGPU_DEVICE_LOST"]
    assert doubled == [0, 2, 4, 6, 8, 10]
    assert odd == b"12345"
    assert anew == bytes(8)


def test_limits_and_features_have_the_names_of_webgpu(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        return gpu.info

    info = on_gpu(body)
    assert info.generation == 1
    assert set(info.adapter) == {"vendor", "architecture", "device", "description", "isFallbackAdapter"}
    assert info.limits["maxComputeWorkgroupsPerDimension"] >= 65535
    assert info.limits["maxTextureDimension1D"] >= 8192
    assert all(name.isalnum() and value > 0 for name, value in info.limits.items())
    assert "timestamp-query" in info.features


def test_a_device_that_is_lost_is_told_once_quietly_and_another_is_opened(
    on_gpu: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def body(gpu: NativeGpu) -> Any:
        told: list[str] = []
        gpu.on_lost(lambda *reason: told.append(reason[0]))
        pipeline = await doubling(gpu)
        ticket = gpu.submit([BUFFER, OUT, 8, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT, READ, OUT, 0, 8])
        gpu._session._device.destroy()  # what a driver does when it fails
        codes = []
        for _ in range(2):
            with pytest.raises(DeviceLost):
                gpu.write(GIVEN, 32, bytes(32))
        codes.append(await code_of(gpu.finish(ticket, [bytearray(32)])))
        assert gpu.info is None
        generation = (await gpu.open()).generation
        codes.append(await code_of(gpu.finish(ticket, [bytearray(32)])))
        codes.append(await code_of(gpu.finish(gpu.submit([DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT]))))
        return told, codes, generation

    with caplog.at_level(logging.DEBUG, "wgpu"):
        told, codes, generation = on_gpu(body)
    assert told == ["unknown"]
    assert codes == ["WEBGPU_DEVICE_LOST", "WEBGPU_DEVICE_LOST", "WEBGPU_VALIDATION"]
    assert generation == 2
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_device_that_was_not_opened_or_was_closed_takes_no_calls(software: None) -> None:  # noqa: ARG001
    async def body() -> Any:
        gpu = NativeGpu()
        told: list[str] = []
        gpu.on_lost(lambda *reason: told.append(reason[0]))
        codes = [await code_of(gpu.finish(1))]
        await gpu.open()
        gpu.close()
        gpu.close()
        gpu.release(1)
        with pytest.raises(DeviceLost):
            gpu.submit([])
        return codes, told, set(gpu.counts().values())

    assert run_async(body()) == (["WEBGPU_DEVICE_LOST"], [], {0})


def test_synchronous_code_waits_with_and_without_a_loop(on_gpu: Any) -> None:
    async def body(gpu: NativeGpu) -> Any:
        pipeline = await doubling(gpu)
        gpu.submit([BUFFER, OUT, 8, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT])
        within = gpu.run_sync(read(gpu, OUT, 4))
        without: list[Any] = []
        thread = threading.Thread(target=lambda: without.append(gpu.run_sync(read(gpu, OUT, 4))))
        thread.start()
        await asyncio.to_thread(thread.join)
        return within, without

    assert on_gpu(body) == ([0, 2, 4, 6], [[0, 2, 4, 6]])


def test_every_object_of_wgpu_is_released(software: None) -> None:  # noqa: ARG001
    import wgpu  # noqa: PLC0415 - an extra

    def counted() -> dict[str, int]:
        gc.collect()
        counts = wgpu.diagnostics.object_counts.get_dict()
        return {name: count["count"] for name, count in counts.items() if name != "total"}

    async def body() -> tuple[dict[str, int], dict[str, int]]:
        gpu = NativeGpu()
        await gpu.open()
        pipeline = await doubling(gpu)
        words = [BUFFER, OUT, 8, DISPATCH, pipeline, 1, 1, 1, 2, GIVEN, OUT, READ, OUT, 0, 8, FREE, OUT]
        seen = []
        for _ in range(2):
            for _ in range(100):
                await gpu.finish(gpu.submit(words, timed=True), [bytearray(32)])
            seen.append(counted())
        gpu.submit(words)
        gpu.close()
        return seen[0], seen[1]

    before = counted()
    middle, end = run_async(body())
    assert middle == end, "objects have been left behind by lists"
    assert counted() == before


ENDLESS = """
import asyncio, sys, time
sys.path[:0] = {path!r}
from software_gpu import use_software_gpu
from aikernel_web.compute.native import NativeGpu, buffers
from aikernel_web.contracts.gpu import BUFFER, DISPATCH, FREE, READ
buffers._POOLED_MAX = 0  # memory that is freed goes back to the system at once
assert use_software_gpu() is None
WGSL = '''
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn main() {{ while (x[1] != 7u) {{ x[0] = x[0] * 1664525u + x[2]; }} }}
@compute @workgroup_size(1) fn short() {{ x[0] += 5u; }}
'''
async def main():
    gpu = NativeGpu()
    gpu.on_lost(lambda reason, message: print(reason))
    bindings = [(0, 0, "storage")]
    await gpu.open()
    endless = await gpu.compile(WGSL, "main", constants={{}}, bindings=bindings)
    ticket = gpu.submit([BUFFER, 1, 4, DISPATCH, endless, 1, 1, 1, 1, 1])
    if "leave" in sys.argv:
        return
    began = time.monotonic()
    waiting = asyncio.create_task(gpu.finish(ticket, time_limit=0.5))
    await asyncio.sleep(0.1)
    gpu.write(2, 4, bytes(4))
    gpu.submit([FREE, 2])
    try:
        await waiting
    except TimeoutError as error:
        print(error.code, time.monotonic() - began < 5)
    info = await gpu.open()
    short = await gpu.compile(WGSL, "short", constants={{}}, bindings=bindings)
    out = bytearray(4)
    await gpu.finish(gpu.submit([BUFFER, 1, 4, DISPATCH, short, 1, 1, 1, 1, 1, READ, 1, 0, 1]), [out], time_limit=60)
    print(info.generation, out[0])
    gpu.close()
asyncio.run(main())
print("ends", flush=True)
"""


@pytest.mark.usefixtures("swiftshader")
@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("stay", ["unknown", "WEBGPU_TIMEOUT True", "2 5", "ends"]),
        ("leave", ["ends"]),
    ],
)
def test_a_kernel_that_never_ends_is_given_up_and_the_interpreter_ends(
    argument: str,
    expected: list[str],
    tmp_path: Path,
) -> None:
    code = textwrap.dedent(ENDLESS).format(path=sys.path)
    # Where Mesa is installed too, it complains of the lack of this folder, and is not meant.
    surroundings = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    # In a process of its own: nothing but its end ends such a kernel.
    done = subprocess.run(
        [sys.executable, "-c", code, argument],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (expected, "", 0)
