"""What GPU compute does when there is no GPU, when it refuses, when it is lost, and when a kernel never ends.

The losses are real crashes of the browser's GPU process. Every wait is bounded: a hang is a failure.
"""

from __future__ import annotations

import functools
import http.server
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright
from test_embedding import QuietHandler

from aikernel_web.host import HostKernel, launch

# Longer than all that the product may wait: 30 s for the browser's answer, 60 s for its compiler, 5 s for a proof.
PATIENCE = 120.0

PRELUDE = '''
import asyncio
import numpy as np
from aikernel_web import ComputeBuffer, ComputeKernel, KernelError, WebGpuComputeSettings, create_vector_add

gpu = kernel.gpu
SCALE = """
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
override factor = 3.0;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&out)) { out[id.x] = a[id.x] * factor; }
}"""
# Ends when the host wishes it, which it cannot tell: never.
ENDLESS = """
@group(0) @binding(0) var<storage, read_write> state: array<atomic<u32>, 16>;
@compute @workgroup_size(64) fn main() {
  loop { if (atomicAdd(&state[0], 1u) == 0u && atomicLoad(&state[1]) == 7u) { break; } }
}"""
# Takes a while on any processor, and more the more rounds there are.
SLOW = """
@group(0) @binding(0) var<uniform> rounds: u32;
@group(0) @binding(1) var<storage, read_write> sum: array<u32, 1>;
@compute @workgroup_size(1) fn main() {
  var x = 1u;
  for (var i = 0u; i < rounds; i++) { x = x * 1664525u + 1013904223u + (x >> 7u); }
  sum[0] = x;
}"""
A = np.arange(1, 1001, dtype=np.float32)


async def scaled(data=A, **more):
    """What the device makes of three times `data`, as a whole."""
    given = await gpu.dispatch(SCALE, {"a": data, "out": np.zeros(1000, np.float32)}, workgroups=16, **more)
    return given["out"]


async def works():
    """Whether the device computes."""
    return bool((await asyncio.wait_for(scaled(), 20) == 3 * A).all())


async def code_of(awaitable):
    """The code with which something fails; that it does not is an answer too, and that it never ends."""
    try:
        await asyncio.wait_for(awaitable, 110)
    except TimeoutError as error:
        return getattr(error, "code", "HANGS")
    except KernelError as error:
        return error.code
    return "OK"


async def endless(groups=1, **more):
    await gpu.dispatch(ENDLESS, {"state": np.zeros(16, np.uint32)}, workgroups=groups, **more)


async def slow(rounds, **more):
    given = await gpu.dispatch(SLOW, {"rounds": rounds, "sum": np.zeros(1, np.uint32)}, workgroups=1, **more)
    return int(given["sum"][0])


async def rounds_for(seconds):
    """How many rounds of SLOW take so long here."""
    from time import perf_counter
    rounds, taken = 1 << 16, 0.0
    await slow(1)
    while taken < seconds / 2:
        rounds *= 2
        began = perf_counter()
        await slow(rounds)
        taken = perf_counter() - began
    return int(rounds * seconds / taken)
'''

# Each function calls the next one twice: short for us, long for compilers that put them into one.
HEAVY = '''
def heavy(depth, seed):
    functions = "\\n".join(
        f"fn f{n}(x: u32) -> u32 {{ return f{n + 1}(x * {n + seed}u) ^ f{n + 1}(x + {n}u); }}" for n in range(depth)
    )
    return f"""@group(0) @binding(0) var<storage, read_write> out: array<u32, 64>;
{functions}
fn f{depth}(x: u32) -> u32 {{ return (x >> 3u) + out[x % 64u]; }}
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {{ out[i] = f0(i); }}"""
'''


class Gpu:
    """A kernel with a GPU that can be crashed."""

    def __init__(self, kernel: HostKernel) -> None:
        self.kernel = kernel
        kernel.reset()
        self(PRELUDE)

    def __call__(self, code: str) -> Any:
        """Run Python in the kernel; it ends, one way or another."""
        return self.kernel.python(code, timeout=PATIENCE)

    def crash(self, *, awaited: bool = True) -> None:
        """Crash the GPU process, and wait until the kernel has been told that its device is lost, if it has one."""
        told = awaited and self("gpu.info is not None")
        latest = max((event.sequence for event in self.kernel.events.history), default=0)
        self.kernel.restart_gpu()
        if told:
            self.kernel.events.wait_for("GpuDeviceLost", timeout=PATIENCE, where=lambda event: event.sequence > latest)

    def events(self, *names: str) -> list[tuple[str, dict[str, str]]]:
        """What was told of the GPU, in its order."""
        self("None")
        return [(event.name, event.payload) for event in self.kernel.events.history if event.name in names]


@pytest.fixture(scope="module")
def crashable(kernel_session: HostKernel, playwright: Playwright) -> Iterator[HostKernel]:
    with launch(playwright=playwright, site=kernel_session.site) as own:
        yield own


@pytest.fixture
def gpu(crashable: HostKernel) -> Iterator[Gpu]:
    gpu = Gpu(crashable)
    yield gpu
    assert crashable.take_errors() == []


@pytest.fixture
def busy(gpu: Gpu) -> Iterator[Gpu]:
    """A GPU that may be left with endless kernels: it is crashed, for the sake of the tests that follow."""
    yield gpu
    gpu.crash(awaited=False)
    gpu.kernel.reset()


class TestNoGpu:
    def test_without_an_adapter_the_cpu_computes_and_says_why(
        self, kernel_session: HostKernel, playwright: Playwright
    ) -> None:
        with launch(playwright=playwright, site=kernel_session.site, webgpu=False) as own:
            gpu = Gpu(own)
            assert gpu("(await gpu.vector_add(A, A)).tolist() == (A + A).tolist()") is True
            assert gpu("[gpu.using_cpu_fallback, gpu.fallback_code, gpu.info]") == [True, "WEBGPU_NO_ADAPTER", None]
            reason = gpu("gpu.fallback_reason")
            assert "no GPU adapter" in reason
            ((_, payload),) = gpu.events("GpuFallback")
            assert payload == {"providerId": "webgpu.compute", "code": "WEBGPU_NO_ADAPTER", "reason": reason}
            assert gpu("await works()") is True
            gpu("task = asyncio.ensure_future(code_of(endless(time_limit=1.0)))")
            # The page goes on while a kernel runs, and what never ends is ended.
            assert gpu("await asyncio.sleep(0.1)\n[task.done(), await task]") == [False, "WEBGPU_TIMEOUT"]
            text = own.python("import aikernel_web\nstr(await aikernel_web.collect_diagnostics())")
            assert "WEBGPU_NO_ADAPTER" in text
            assert own.take_errors() == []

    def test_a_page_that_is_not_secure_has_no_webgpu(self, kernel_session: HostKernel, playwright: Playwright) -> None:
        rule = "--host-resolver-rules=MAP kernel.test 127.0.0.1"
        handler = functools.partial(ModuleHandler, directory=str(kernel_session.site))
        with (
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
            launch(playwright=playwright, site=kernel_session.site, arguments=[rule]) as own,
        ):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = own.page.context.browser
            assert isinstance(browser, Browser)
            page = browser.new_page()
            page.goto(f"http://kernel.test:{server.server_port}/")
            page.wait_for_function("() => globalThis.aikernel?.kernel", timeout=PATIENCE * 1000)
            code = "await gpu.vector_add(A, A)\n[gpu.fallback_code, gpu.fallback_reason]"
            found = page.evaluate(
                "async (code) => (await globalThis.aikernel.kernel).python(code)", f"{PRELUDE}\n{code}"
            )
            server.shutdown()
        assert found[0] == "WEBGPU_UNSUPPORTED"
        assert "https" in found[1]

    def test_a_device_that_is_refused_is_a_reason_of_its_own(self, gpu: Gpu) -> None:
        gpu("""
import js
from pyodide.ffi import create_proxy
adapters = js.GPUAdapter.prototype
request = adapters.requestDevice
def ask_for_more(adapter, options):
    options.requiredLimits.maxBufferSize = 2**52
    return request.call(adapter, options)
greedy = create_proxy(ask_for_more, capture_this=True)
adapters.requestDevice = greedy
""")
        try:
            assert gpu("(await gpu.vector_add(A, A)).tolist() == (A + A).tolist()") is True
            assert gpu("gpu.fallback_code") == "WEBGPU_DEVICE_REFUSED"
            assert "greater than the supported limit" in gpu("gpu.fallback_reason")
        finally:
            gpu("adapters.requestDevice = request\ngreedy.destroy()")

    def test_a_shutdown_lets_it_look_again(self, gpu: Gpu) -> None:
        assert gpu("await works()") is True
        assert gpu("await gpu.shutdown()\n[gpu.using_cpu_fallback, await works(), gpu.using_cpu_fallback]") == [
            True,
            True,
            False,
        ]


class ModuleHandler(QuietHandler):
    extensions_map = {**QuietHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012


class TestLoss:
    def test_the_next_call_has_a_fresh_device(self, gpu: Gpu) -> None:
        assert gpu("[await works(), gpu.info.generation]") == [True, 1]
        gpu.crash()
        assert gpu("gpu.info") is None
        assert gpu("[await works(), gpu.info.generation, gpu.using_cpu_fallback]") == [True, 2, False]
        (first, ready), (second, lost), (third, again) = gpu.events("GpuDeviceReady", "GpuDeviceLost", "GpuFallback")
        assert [first, second, third] == ["GpuDeviceReady", "GpuDeviceLost", "GpuDeviceReady"]
        assert (ready["generation"], lost["generation"], again["generation"]) == ("1", "1", "2")
        assert (lost["providerId"], lost["reason"]) == ("webgpu.compute", "unknown")
        assert ready["adapter"]

    def test_what_was_only_on_the_device_raises(self, gpu: Gpu) -> None:
        gpu("""
written = await gpu.to_device(A)
made = (await gpu.dispatch(SCALE, {"a": A, "out": gpu.empty(1000, "f32")}, workgroups=16, keep=True))["out"]
used = gpu.empty(1000, "f32")
await scaled(used)
""")
        gpu.crash()
        assert gpu("await works()") is True
        for name in ("written", "made", "used"):
            uses = [
                f"await code_of({name}.read())",
                f"await code_of(scaled({name}))",
                f"await code_of({name}.read(count=1))",
                f"await code_of(gpu.dispatch(SCALE, {{'a': A, 'out': {name}}}, workgroups=16))",
            ]
            assert [gpu(use) for use in uses] == ["WEBGPU_DEVICE_LOST"] * len(uses), name
        assert gpu("written.destroy(); made.destroy(); await works()") is True

    def test_what_has_its_contents_on_the_host_is_restored(self, gpu: Gpu) -> None:
        gpu("""
kept = await gpu.to_device(A, restore=True)
fresh = gpu.empty(1000, "f32")
""")
        gpu.crash()
        assert gpu("(await kept.read()).tolist() == A.tolist()") is True
        gpu.crash()
        assert gpu("(await scaled(kept)).tolist() == (3 * A).tolist()") is True
        assert gpu("(await fresh.read()).any()") is False  # never used before: still all zeros

    def test_a_copy_that_a_kernel_has_made_stale_is_not_restored(self, gpu: Gpu) -> None:
        gpu("""
kept = await gpu.to_device(A, restore=True)
given = await gpu.dispatch(SCALE, {"a": A, "out": kept}, workgroups=16, keep=True)
""")
        assert gpu("(await kept.read()).tolist() == (3 * A).tolist()") is True
        gpu.crash()
        assert gpu("await code_of(kept.read())") == "WEBGPU_DEVICE_LOST"

    def test_the_buffers_of_the_contract_are_restored_from_their_host_store(self, gpu: Gpu) -> None:
        gpu("""
a, b, out = [await gpu.create_buffer(4000) for _ in range(3)]
await gpu.write_buffer(a, A.tobytes())
await gpu.write_buffer(b, A.tobytes())
target = bytearray(4000)
async def add():
    await gpu.execute_kernel(create_vector_add(1000), a, b, out)
async def added():
    await gpu.read_buffer(out, target)
    return np.frombuffer(target, np.float32).tolist() == (A + A).tolist()
""")
        gpu("await add()")
        gpu.crash()
        assert gpu("await code_of(gpu.read_buffer(out, target))") == "WEBGPU_DEVICE_LOST"
        assert gpu("await gpu.read_buffer(a, target)\nbytes(target) == A.tobytes()") is True
        gpu("await gpu.write_buffer(out, bytes(4000))")
        assert gpu("await add()\nawait added()") is True
        gpu.crash()
        assert gpu("await added()") is True  # read before, so that the host has it

    def test_a_compiled_kernel_goes_on(self, gpu: Gpu) -> None:
        gpu("k = await gpu.compile(SCALE, constants={'factor': 5.0})")
        gpu.crash()
        assert (
            gpu("""
given = await gpu.dispatch(k, {"a": A, "out": np.zeros(1000, np.float32)}, workgroups=16)
given["out"].tolist() == (5 * A).tolist()
""")
            is True
        )

    def test_many_calls_at_the_time_end_with_what_they_were_to_give_or_raise(self, gpu: Gpu) -> None:
        gpu("""
rounds = await rounds_for(0.2)
expected = await slow(rounds)
async def one(index):
    try:
        if index % 3 == 0:
            return "right" if await slow(rounds) == expected else "wrong"
        if index % 3 == 1:
            return "right" if (await scaled()).tolist() == (3 * A).tolist() else "wrong"
        d = await gpu.to_device(A)
        await asyncio.sleep(0)
        return "right" if (await d.read()).tolist() == A.tolist() else "wrong"
    except KernelError as error:
        return error.code
tasks = [asyncio.ensure_future(one(index)) for index in range(60)]
await asyncio.sleep(0.2)
""")
        gpu.crash()
        outcomes = gpu("await asyncio.wait_for(asyncio.gather(*tasks), 30)")
        assert set(outcomes) <= {"right", "WEBGPU_DEVICE_LOST"}
        assert "WEBGPU_DEVICE_LOST" in outcomes
        assert gpu("await works()") is True

    def test_calls_that_begin_in_the_moment_of_a_crash_never_hang(self, gpu: Gpu) -> None:
        gpu("await works()")
        outcomes = []
        for _ in range(6):
            gpu.crash(awaited=False)
            outcomes += gpu("""
d = asyncio.ensure_future(code_of(gpu.to_device(A)))
[await code_of(scaled()), await d, await code_of(scaled()), await code_of(scaled(await gpu.to_device(A)))]
""")
        assert set(outcomes) <= {"OK", "WEBGPU_DEVICE_LOST"}
        gpu.crash(awaited=False)
        gpu.crash(awaited=False)
        assert gpu("await code_of(scaled())") in {"OK", "WEBGPU_DEVICE_LOST"}
        assert gpu("await code_of(scaled())") in {"OK", "WEBGPU_DEVICE_LOST"}
        assert gpu("await works()") is True

    def test_synchronizing_takes_nothing_from_those_who_wait(self, gpu: Gpu) -> None:
        code = """
async def right():
    return (await scaled()).tolist() == (3 * A).tolist()
waiting = [one() for _ in range(30) for one in (right, gpu.synchronize)]
found = await asyncio.wait_for(asyncio.gather(*waiting), 20)
[set(found[::2]) == {True}, set(found[1::2]) == {None}]"""
        assert gpu(code) == [True, True]

    def test_in_the_middle_of_a_batch(self, gpu: Gpu) -> None:
        gpu("""
d = await gpu.to_device(A, restore=True)
crashed = asyncio.Event()
async def work():
    async with gpu.batch() as batch:
        r = await batch.dispatch(SCALE, {"a": d, "out": gpu.empty(1000, "f32")}, workgroups=16)
        pending = batch.read(r["out"])
        results.append(r["out"])
        await crashed.wait()
        await batch.dispatch(SCALE, {"a": r["out"], "out": gpu.empty(1000, "f32")}, workgroups=16)
results = []
task = asyncio.ensure_future(code_of(work()))
while not results: await asyncio.sleep(0.01)
""")
        gpu.crash()
        assert gpu("crashed.set(); await task") == "WEBGPU_DEVICE_LOST"
        assert gpu("(await d.read()).tolist() == A.tolist()") is True

    def test_between_the_last_dispatch_of_a_batch_and_its_end(self, gpu: Gpu) -> None:
        gpu("""
crashed = asyncio.Event()
begun = []
async def work():
    async with gpu.batch() as batch:
        begun.append(await batch.dispatch(SCALE, {"a": A, "out": np.zeros(1000, np.float32)}, workgroups=16))
        await crashed.wait()
task = asyncio.ensure_future(code_of(work()))
while not begun: await asyncio.sleep(0.01)
""")
        gpu.crash()
        assert gpu("crashed.set(); await task") == "WEBGPU_DEVICE_LOST"
        assert gpu("await code_of(begun[0]['out'].read())") == "WEBGPU_BATCH_CLOSED"
        assert gpu("await works()") is True

    def test_while_a_kernel_runs_and_its_result_is_read(self, gpu: Gpu) -> None:
        gpu("""
rounds = await rounds_for(3)
d = await gpu.to_device(A)
running = asyncio.ensure_future(code_of(slow(rounds)))
await asyncio.sleep(0.2)
reading = asyncio.ensure_future(code_of(d.read()))
synchronizing = asyncio.ensure_future(code_of(gpu.synchronize()))
await asyncio.sleep(0.2)
""")
        gpu.crash()
        assert gpu("[await running, await reading, await synchronizing]") == ["WEBGPU_DEVICE_LOST"] * 3
        assert gpu("await works()") is True

    def test_while_it_compiles(self, gpu: Gpu) -> None:
        gpu(f"""
{HEAVY}
await works()
compiling = [asyncio.ensure_future(code_of(gpu.compile(heavy(9, i)))) for i in range(4)]
await asyncio.sleep(0.2)
""")
        gpu.crash()
        assert gpu("await asyncio.gather(*compiling)") == ["WEBGPU_DEVICE_LOST"] * 4
        assert gpu("await works()") is True

    def test_a_shader_that_takes_for_ever_to_compile_is_given_up_and_the_rest_goes_on(self, gpu: Gpu) -> None:
        gpu(f"""
{HEAVY}
import aikernel_web.browser.gpu as seam
usual, seam.TIME_LIMIT = seam.TIME_LIMIT, 1
""")
        try:
            assert gpu("await code_of(gpu.compile(heavy(12, 1)))") == "WEBGPU_TIMEOUT"
        finally:
            gpu("seam.TIME_LIMIT = usual")
        assert gpu("[await works(), gpu.info.generation]") == [True, 1]
        gpu.kernel.reset()
        gpu(PRELUDE)
        gpu.crash()  # else the compiler has a processor for minutes
        assert gpu("await works()") is True

    def test_between_making_an_array_and_writing_it(self, gpu: Gpu) -> None:
        gpu("""
d = gpu.empty(1000, "f32")
e = await gpu.to_device(np.zeros(1000, np.float32))
""")
        gpu.crash()
        assert gpu("await d.write(A)\n(await d.read()).tolist() == A.tolist()") is True
        # A part of what is gone cannot be written without inventing the rest.
        assert gpu("await code_of(e.write(A[:10]))") == "WEBGPU_DEVICE_LOST"

    def test_two_losses_make_chromium_refuse_which_is_told(
        self, kernel_session: HostKernel, playwright: Playwright
    ) -> None:
        # As a browser is that a person starts.
        flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--disable-gpu-process-crash-limit"]
        with launch(playwright=playwright, site=kernel_session.site, webgpu=False, arguments=flags) as own:
            gpu = Gpu(own)
            assert gpu("await works()") is True
            gpu.crash()
            assert gpu("await works()") is True
            gpu.crash()
            assert gpu("[await code_of(scaled()), await code_of(scaled())]") == ["WEBGPU_NO_ADAPTER"] * 2
            said = gpu("""
try: await scaled()
except KernelError as error: said = str(error)
said""")
            assert "two minutes" in said
            assert own.take_errors() == []


STRESS = """
import random
from math import fsum
random.seed(5)
kept = await gpu.to_device(A, restore=True)
stopped, outcomes, wrong = False, set(), []


def same(found, expected):
    return found.tolist() == expected.tolist()


async def one_dispatch():
    return same(await scaled(), 3 * A)


async def one_that_is_kept():
    r = await gpu.dispatch(SCALE, {"a": A, "out": gpu.empty(1000, "f32")}, workgroups=16, keep=True)
    await asyncio.sleep(random.random() / 100)
    return same(await r["out"].read(), 3 * A)


async def one_restored():
    return same(await kept.read(), A)


async def one_batch():
    async with gpu.batch() as batch:
        r = await batch.dispatch(SCALE, {"a": kept, "out": gpu.empty(1000, "f32")}, workgroups=16)
        await asyncio.sleep(random.random() / 100)
        r = await batch.dispatch(SCALE, {"a": r["out"], "out": np.zeros(1000, np.float32)}, workgroups=16)
        pending = batch.read(r["out"])
    return same(pending.array, 9 * A) and same(await r["out"].read(), 9 * A)


async def one_compilation():
    factor = random.randint(2, 40)
    r = await gpu.dispatch(
        SCALE, {"a": A, "out": np.zeros(1000, np.float32)}, workgroups=16, constants={"factor": factor}
    )
    return same(r["out"], factor * A)


async def one_write():
    d = gpu.empty(1000, "f32")
    await d.write(A)
    return same(await d.read(), A)


async def one_low_level():
    a, b, out = [await gpu.create_buffer(4000) for _ in range(3)]
    await gpu.write_buffer(a, A.tobytes())
    await gpu.write_buffer(b, A.tobytes())
    await gpu.execute_kernel(create_vector_add(1000), a, b, out)
    target = bytearray(4000)
    await gpu.read_buffer(out, target)
    return same(np.frombuffer(target, np.float32), A + A)


async def one_ready_kernel():
    return await gpu.kernels.sum(A) == fsum(A)


async def one_wait():
    await gpu.synchronize()
    return True


KINDS = [value for name, value in list(globals().items()) if name.startswith("one_")]


async def work():
    while not stopped:
        kind = random.choice(KINDS)
        try:
            outcome = "right" if await asyncio.wait_for(kind(), 20) else "wrong"
        except TimeoutError as error:
            outcome = getattr(error, "code", "hangs")
        except KernelError as error:
            outcome = error.code
        outcomes.add(f"{kind.__name__} {outcome}")
        await asyncio.sleep(random.random() / 200)


workers = [asyncio.ensure_future(work()) for _ in range(8)]
None
"""


@pytest.mark.deep
def test_whatever_is_done_while_the_gpu_crashes_again_and_again_is_right_or_raises(gpu: Gpu) -> None:
    gpu(STRESS)
    end = time.monotonic() + 30
    crashes = 0
    while time.monotonic() < end:
        gpu.crash(awaited=False)
        crashes += 1
        time.sleep(0.1 + crashes % 7 / 7)
    outcomes = gpu("stopped = True\nawait asyncio.gather(*workers)\nsorted(outcomes)")
    assert {outcome.split()[1] for outcome in outcomes} <= {"right", "WEBGPU_DEVICE_LOST"}
    assert len([outcome for outcome in outcomes if outcome.endswith(" right")]) == int(gpu("len(KINDS)"))
    told = [payload["generation"] for name, payload in gpu.events("GpuDeviceLost")]
    assert len(told) == len(set(told)) > crashes / 3
    assert gpu("await works()") is True


class TestEndless:
    def test_a_kernel_that_never_ends_is_given_up(self, busy: Gpu) -> None:
        code = """
from time import monotonic
began = monotonic()
try: await endless(time_limit=0.5)
except TimeoutError as error: said = [type(error).__name__, error.code, isinstance(error, KernelError)]
[*said, monotonic() - began]"""
        name, said, ours, seconds = busy(code)
        assert (name, said, ours) == ("GpuTimeoutError", "WEBGPU_TIMEOUT", True)
        assert 0.5 <= seconds < 10
        ((_, lost),) = busy.events("GpuDeviceLost")
        assert (lost["reason"], lost["generation"]) == ("timeout", "1")
        # A GPU in software may have threads left for others, or for the first of them, or not; a hang it is in no case.
        assert busy("await code_of(scaled(time_limit=5))") in {"OK", "WEBGPU_TIMEOUT"}
        busy.crash()
        assert busy("await works()") is True

    def test_those_who_wait_behind_it_are_told(self, busy: Gpu) -> None:
        outcomes = busy("""
d = await gpu.to_device(A)
kept = await gpu.to_device(A, restore=True)
first = asyncio.ensure_future(code_of(endless(time_limit=1)))
await asyncio.sleep(0.2)
waiting = [asyncio.ensure_future(code_of(one)) for one in (scaled(), d.read(), gpu.synchronize())]
[await first, *await asyncio.gather(*waiting)]
""")
        assert outcomes == ["WEBGPU_TIMEOUT", *["WEBGPU_DEVICE_LOST"] * 3]
        busy.crash()
        assert busy("await code_of(d.read())") == "WEBGPU_DEVICE_LOST"
        assert busy("(await kept.read()).tolist() == A.tolist()") is True

    def test_there_is_a_limit_where_none_is_given(self, busy: Gpu) -> None:
        busy("""
import aikernel_web.browser.gpu as seam
usual, seam.TIME_LIMIT = seam.TIME_LIMIT, 0.5
""")
        try:
            assert busy("usual") == 60
            assert busy("await code_of(endless())") == "WEBGPU_TIMEOUT"
            busy.crash()
            code = """
buffer = await gpu.create_buffer(64)
async def low_level():
    await gpu.execute_kernel(ComputeKernel(ENDLESS, 1), buffer)
    await gpu.read_buffer(buffer, bytearray(64))
await code_of(low_level())"""
            assert busy(code) == "WEBGPU_TIMEOUT"
        finally:
            busy("seam.TIME_LIMIT = usual")

    def test_a_long_queue_is_not_mistaken_for_it(self, gpu: Gpu) -> None:
        assert gpu("""
from time import monotonic
rounds = await rounds_for(0.4)
expected = await slow(rounds)
began = monotonic()
sums = await asyncio.gather(*(slow(rounds, time_limit=1.5) for _ in range(8)))
[set(sums) == {expected}, monotonic() - began > 1.5, gpu.info.generation]
""") == [True, True, 1]

    def test_a_kernel_that_ends_too_late_frees_its_device_then(self, gpu: Gpu) -> None:
        assert gpu("""
rounds = await rounds_for(1.5)
said = await code_of(slow(rounds, time_limit=0.3))
[said, await works(), gpu.info.generation]
""") == ["WEBGPU_TIMEOUT", True, 2]
        assert gpu("await asyncio.sleep(2.5)\n[await works(), gpu.info.generation]") == [True, 2]

    def test_a_gpu_that_is_busy_with_it_for_ever_is_told_instead_of_waited_for(self, busy: Gpu) -> None:
        assert busy("await code_of(endless(256, time_limit=0.5))") == "WEBGPU_TIMEOUT"
        said = busy("""
try: await scaled()
except KernelError as error: said = [error.code, str(error)]
said""")
        assert said[0] == "WEBGPU_TIMEOUT"
        assert "closing the browser" in said[1]
        busy.crash()
        assert busy("await works()") is True

    def test_the_kernel_can_be_reset_while_one_runs(self, busy: Gpu) -> None:
        assert busy("await code_of(endless(time_limit=0.3))") == "WEBGPU_TIMEOUT"
        busy.kernel.reset()
        busy(PRELUDE)
        # To destroy, or to collect, a device that is at work would keep the GPU process from answering anybody.
        code = """
import gc, js
gc.collect()
adapter = await asyncio.wait_for(js.navigator.gpu.requestAdapter(), 20)
adapter is not None"""
        assert busy(code) is True
        busy.crash()
        assert busy("[await works(), gpu.info.generation]") == [True, 1]


class TestRefusal:
    def test_out_of_memory_harms_nothing_else(self, gpu: Gpu) -> None:
        gpu("""
d = await gpu.to_device(A)
limit = gpu.info.limits["maxBufferSize"]
large = gpu.empty(limit // 4, "f32")
errors = []
for use in (gpu.dispatch(SCALE, {"a": A, "out": large}, workgroups=16), large.read(count=1)):
    try: await use
    except MemoryError as error: errors.append([error.code, isinstance(error, KernelError)])
""")
        assert gpu("errors") == [["WEBGPU_OUT_OF_MEMORY", True]] * 2
        assert gpu("[(await d.read()).tolist() == A.tolist(), await works(), gpu.info.generation]") == [True, True, 1]

    def test_what_a_failed_kernel_was_to_write_is_not_read_as_zeros(self, gpu: Gpu) -> None:
        assert (
            gpu("""
await gpu.initialize()
large = gpu.empty(gpu.info.limits["maxBufferSize"] // 4, "f32")
try:
    made = await gpu.dispatch(SCALE, {"a": large, "out": gpu.empty(1000, "f32")}, workgroups=16, keep=True)
    codes = [await code_of(made["out"].read()), await code_of(scaled(made["out"]))]
except KernelError as error:
    codes = [error.code] * 2
codes
""")
            == ["WEBGPU_OUT_OF_MEMORY"] * 2
        )

    def test_more_than_the_device_takes_is_refused_before_it_is_asked(self, gpu: Gpu) -> None:
        said = gpu("""
await gpu.initialize()
submits = gpu.counts()["submits"]
large = gpu.empty(gpu.info.limits["maxBufferSize"] // 4 + 1, "f32")
said = []
for use in (
    lambda: gpu.dispatch(SCALE, {"a": large, "out": A}, workgroups=1),
    lambda: gpu.dispatch(SCALE, {"a": A, "out": A.copy()}, workgroups=(1, 65536, 1 << 30)),
    lambda: gpu.dispatch(SCALE, {"a": A, "out": A.copy()}, workgroups=-1),
    lambda: gpu.dispatch(SCALE.replace("(64)", "(2048)"), {"a": A, "out": A.copy()}, workgroups=1),
):
    try: await use()
    except ValueError as error: said.append([error.code, str(error)])
    else: said.append(["OK", ""])
[said, gpu.counts()["submits"] - submits]
""")
        refused, submits = said
        limit, invalid = "WEBGPU_LIMIT_EXCEEDED", "WEBGPU_WORKGROUPS_INVALID"
        assert [code for code, _ in refused] == [limit, invalid, invalid, limit]
        assert all(part in refused[0][1] for part in ("'a'", "1073741828", "1073741824", "maxStorageBufferBindingSize"))
        assert submits == 0

    def test_a_shader_that_does_not_compile_says_where(self, gpu: Gpu) -> None:
        found = gpu("""
said = []
for old, new in (("* factor", "* true"), ("factor;", "factor"), ("a[id.x]", "b[id.x]")):
    text = SCALE.replace(old, new)
    try: await gpu.dispatch(text, {"a": A, "out": A.copy()}, workgroups=1)
    except KernelError as error: said.append([type(error).__name__, error.code, error.diagnostics[0].line])
said
""")
        assert [name for name, _, _ in found] == ["WgslError"] * 3
        assert found[0][2] == 6
        assert all(code.startswith(("WEBGPU_SHADER_INVALID", "WGSL_")) for _, code, _ in found)
        assert gpu("await works()") is True


class TestDiagnostics:
    def test_the_page_tells_what_it_computes_on(self, gpu: Gpu) -> None:
        found = gpu("""
import aikernel_web
before = aikernel_web.diagnostics().as_dict()
opened = (await aikernel_web.collect_diagnostics()).as_dict()
await scaled()
after = aikernel_web.diagnostics(gpu)
{"before": before, "opened": opened, "after": after.as_dict(), "text": str(after)}
""")
        assert found["before"]["gpu"]["backend"] == "unopened"
        assert found["opened"]["versions"] == found["after"]["versions"]
        assert {"aikernel_web", "numpy", "pyodide", "python"} == set(found["opened"]["versions"])
        assert "not installed" not in found["opened"]["versions"].values()
        assert "Chrome" in found["opened"]["platform"]["browser"]
        told = found["after"]["gpu"]
        assert (told["backend"], told["fallback_code"], told["problems"]) == ("webgpu", None, [])
        assert told["info"]["generation"] == 1
        assert told["info"]["limits"]["maxBufferSize"] > 0
        assert told["counts"]["dispatches"] == 1
        assert "gpu limits\n  maxBindGroups" in found["text"]

    def test_it_tells_of_a_loss(self, gpu: Gpu) -> None:
        gpu("await works()")
        gpu.crash()
        code = "import aikernel_web\naikernel_web.diagnostics().as_dict()['gpu']"
        assert (gpu(code)["backend"], gpu(code)["info"]) == ("unopened", None)
        assert gpu("await works()") is True
        assert gpu(code)["info"]["generation"] == 2
