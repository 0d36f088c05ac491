"""Runs the benchmarks that are named, or all: ``python build.py bench [boot] [run] [kill]``."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from programs import compile_program

from aikernel_web.host import HostKernel, launch
from aikernel_web.host.progress import TerminalProgress

if TYPE_CHECKING:
    from playwright.sync_api import Route

PLAIN_WORKER = """
import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";
const at = (path) => new URL(path, import.meta.url).href;
const site = await (await fetch(at("./site.json"))).json();
const lockFileContents = await (await fetch(at(site.lock))).text();
const packageBaseUrl = at("./wheels/");
const pyodide = await loadPyodide({ indexURL: at("./vendor/pyodide/"), lockFileContents, packageBaseUrl });
postMessage(pyodide.runPython("1 + 1"));
"""
BOOT_PAIR = """async () => {
  const { boot } = await import("/static/aikernel.mjs");
  let start = performance.now();
  (await boot()).dispose();
  const ours = performance.now() - start;
  start = performance.now();
  await new Promise((resolve, reject) => {
    const worker = new Worker("/static/plain-pyodide.mjs", { type: "module" });
    worker.onmessage = () => { worker.terminate(); resolve(); };
    worker.onerror = (event) => reject(new Error(event.message));
  });
  return [ours, performance.now() - start];
}"""


def say(name: str, milliseconds: Sequence[float]) -> float:
    """Print the median and the range; return the median."""
    middle = statistics.median(milliseconds)
    print(f"{name:<44} median {middle:8.1f} ms   {min(milliseconds):8.1f} .. {max(milliseconds):.1f}")
    return middle


def timed(action: Callable[[], object]) -> float:
    """Return the milliseconds that ``action`` takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def boot(kernel: HostKernel) -> None:
    """The kernel (Python, NumPy, micropip, our wheel) beside plain Pyodide, by turns."""

    def answer(route: Route) -> None:
        headers = {"Content-Type": "text/javascript", "Cross-Origin-Embedder-Policy": "require-corp"}
        route.fulfill(body=PLAIN_WORKER, headers=headers)

    kernel.page.route("**/static/plain-pyodide.mjs", answer)
    kernel.page.evaluate(BOOT_PAIR)  # the first pair fills the caches
    pairs = [kernel.page.evaluate(BOOT_PAIR) for _ in range(5)]
    ours = say("boot: our kernel", [pair[0] for pair in pairs])
    plain = say("boot: plain Pyodide, no packages", [pair[1] for pair in pairs])
    print(f"{'boot: ratio':<44} {ours / plain:.2f}")


def run(kernel: HostKernel) -> None:
    """An empty program from `kernel.run` to its result, at rest and one after another."""
    module = compile_program("empty").read_bytes()
    resting = []
    for _ in range(20):
        time.sleep(0.15)  # the next worker is ready by then
        resting.append(timed(lambda: kernel.run(module)))
    say("run: empty program, worker in reserve", resting)
    say("run: empty program, back to back", [timed(lambda: kernel.run(module)) for _ in range(20)])


def kill(kernel: HostKernel) -> None:
    """From `kill` to the end of an endless loop, as the host sees it."""
    module = compile_program("spin").read_bytes()
    times = []
    for _ in range(20):
        process = kernel.spawn(module)
        time.sleep(0.15)
        times.append(timed(lambda process=process: (process.kill(), process.wait())))
    say("kill: endless loop, kill and wait", times)


BENCHMARKS = {"boot": boot, "run": run, "kill": kill}


def main(names: Sequence[str]) -> int:
    """Run the benchmarks and return the exit code."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown benchmark: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    with launch(progress=TerminalProgress()) as kernel:
        for name in names or BENCHMARKS:
            BENCHMARKS[name](kernel)
    return 0


sys.exit(main(sys.argv[1:]))
