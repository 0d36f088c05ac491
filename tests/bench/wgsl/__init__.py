"""WGSL on the CPU beside SwiftShader, NumPy by hand, and wgsl_reflect's interpreter: in one browser, by turns.

Each round measures each contestant once, in the reverse order of the round before; a ratio is the median of the
rounds' own ratios. The interpreter has smaller sizes, and is compared by work done in a second: its time grows with
the work. It is compared only where what it computes is right.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import WGSL_REFLECT
from aikernel_web.host.static_files import HEADERS

from ..figures import number
from .in_kernel import by_hand, given
from .rows import ROWS, Row

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from aikernel_web.host import HostKernel

import numpy as np

OURS, SWIFTSHADER, NUMPY, INTERPRETER = "ours", "SwiftShader", "NumPy", "wgsl_reflect"
ROUNDS = 7
WARM_UP_ROUNDS = 1
INTERPRETED_ROUNDS = 3
PATIENCE = 600

_FOLDER = Path(__file__).parent
_MODULES = ("shaders", "rows", "in_kernel")
_ADDRESS = "/bench/wgsl"
_CARRY = """
import sys, tempfile
from pathlib import Path
folder = Path(tempfile.mkdtemp()) / "wgsl_bench"
folder.mkdir()
for name, text in {texts!r}.items():
    (folder / name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(folder.parent))
from aikernel_web import EventBusProvider, WebGpuComputeProvider
from aikernel_web.compute.backends import WebGpuWasmBackend
from aikernel_web.compute.settings import WebGpuComputeSettings
from wgsl_bench.in_kernel import ByHand, Dispatched, check, seconds
from wgsl_bench.rows import ROWS
cpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))
gpu = WebGpuComputeProvider(backend=WebGpuWasmBackend(kernel.make_gpu()), event_bus=EventBusProvider())
"""
_PREPARE = """
row = ROWS[{at}]
contestants = {{"ours": Dispatched(cpu, row), "SwiftShader": Dispatched(gpu, row), "NumPy": ByHand(row)}}
for contestant in contestants.values():
    await contestant.prepare()
"""
_INTERPRET = """async ([address, code, arrays, groups]) => {
  try {
    return (await import(address)).interpret(code, arrays, groups);
  } catch (error) {
    return String(error);
  }
}"""


def bench(kernel: HostKernel) -> None:
    texts = {f"{name}.py": (_FOLDER / f"{name}.py").read_text("utf-8") for name in _MODULES}
    kernel.python(_CARRY.format(texts={"__init__.py": "", **texts}), timeout=PATIENCE)
    _serve(kernel.page)
    print("wgsl: median and quartiles of the rounds, one dispatch with its arrays in place")
    for at, row in enumerate(ROWS):
        kernel.python(_PREPARE.format(at=at), timeout=PATIENCE)
        times = _measure(kernel, row)
        wrong = kernel.python("await check(contestants, row)", timeout=PATIENCE)
        if wrong:
            raise RuntimeError(f"{row.name}: {wrong} have not computed what NumPy has")
        _say(row, times)
        _say_interpreted(row, times[OURS], kernel.page)
    kernel.page.unroute(f"**{_ADDRESS}/*")
    kernel.python("await gpu.shutdown()\ndel contestants")


def _serve(page: Page) -> None:
    package = npm_package(BuildContext(SilentProgress()), WGSL_REFLECT)

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        file = (_FOLDER if name == "interpreter.mjs" else package) / name
        route.fulfill(path=file, headers={**dict(HEADERS), "content-type": "text/javascript"})

    page.route(f"**{_ADDRESS}/*", serve)


def _measure(kernel: HostKernel, row: Row) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {OURS: [], SWIFTSHADER: [], NUMPY: []}
    order = list(times)
    for turn in range(WARM_UP_ROUNDS + ROUNDS):
        order.reverse()
        for name in order:
            call = f"await seconds(contestants[{name!r}], {row.acts})"
            took = float(kernel.python(call, timeout=PATIENCE))
            if turn >= WARM_UP_ROUNDS:
                times[name].append(took)
    return times


def _say(row: Row, times: dict[str, list[float]]) -> None:
    print(row.name)
    goals = {SWIFTSHADER: row.swiftshader, NUMPY: row.numpy}
    for name, each in times.items():
        low, middle, high = statistics.quantiles(each, n=4)
        line = f"  {name:<13} {number(middle * 1000):>8} ms   {number(low * 1000)} .. {number(high * 1000)}"
        line += f"   {_rate(row.work(row.size) / middle)} {row.unit} a second"
        if name != OURS:
            ratio = statistics.median(own / theirs for own, theirs in zip(times[OURS], each, strict=True))
            line += f"   ours takes {number(ratio)} of it"
            goal = goals[name]
            line += "" if goal is None else f"   goal <= {goal:g}: {_verdict(ratio <= goal)}"
        print(line)


def _say_interpreted(row: Row, ours: list[float], page: Page) -> None:
    code, arrays, groups = given(row, row.interpreted)
    kinds = {np.dtype(np.float32): "f32", np.dtype(np.uint32): "u32"}
    listed = [[kinds[array.dtype], array.tolist()] for array in arrays.values()]
    told: list[Any] = [
        page.evaluate(_INTERPRET, [f"{_ADDRESS}/interpreter.mjs", code, listed, [*groups, 1, 1][:3]])
        for _ in range(INTERPRETED_ROUNDS)
    ]
    head = f"  {INTERPRETER:<13} of size {row.interpreted}:"
    if isinstance(told[0], str):
        print(f"{head} it fails: {told[0]}")
        return
    expected = _expected(row, arrays)
    if not np.allclose(told[0][1], expected, rtol=1e-4):
        print(f"{head} what it computes is wrong: {told[0][1][:3]}, and not {expected[:3].tolist()}")
        return
    took = statistics.median(milliseconds for milliseconds, _ in told) / 1000
    rate = row.work(row.interpreted) / took
    ratio = row.work(row.size) / statistics.median(ours) / rate
    line = (
        f"{head} {number(took * 1000)} ms   {_rate(rate)} {row.unit} a second   ours is {number(ratio)} times as fast"
    )
    goal = row.interpreter
    print(line + ("" if goal is None else f"   goal >= {goal:g}: {_verdict(ratio >= goal)}"))


def _expected(row: Row, arrays: dict[str, Any]) -> Any:
    small = Row(row.name, row.task, row.interpreted, row.interpreted, row.unit, row.power)
    by_hand(small, arrays)()
    return arrays["out"]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _rate(each_second: float) -> str:
    if each_second >= 1e6:
        return f"{number(each_second / 1e6)} M"
    return f"{number(each_second / 1e3)} k"
