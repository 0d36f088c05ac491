"""The kernel (Python, NumPy, micropip, our wheel) beside plain Pyodide, by turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import say

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from aikernel_web.host import HostKernel

_PLAIN_WORKER = """
import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";
const at = (path) => new URL(path, import.meta.url).href;
const site = await (await fetch(at("./site.json"))).json();
const lockFileContents = await (await fetch(at(site.lock))).text();
const packageBaseUrl = at("./wheels/");
const pyodide = await loadPyodide({ indexURL: at("./vendor/pyodide/"), lockFileContents, packageBaseUrl });
postMessage(pyodide.runPython("1 + 1"));
"""
_PAIR = """async () => {
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


def bench(kernel: HostKernel) -> None:
    def answer(route: Route) -> None:
        headers = {"Content-Type": "text/javascript", "Cross-Origin-Embedder-Policy": "require-corp"}
        route.fulfill(body=_PLAIN_WORKER, headers=headers)

    kernel.page.route("**/static/plain-pyodide.mjs", answer)
    kernel.page.evaluate(_PAIR)  # the first pair fills the caches
    pairs = [kernel.page.evaluate(_PAIR) for _ in range(5)]
    ours = say("boot: our kernel", [pair[0] for pair in pairs])
    plain = say("boot: plain Pyodide, no packages", [pair[1] for pair in pairs])
    print(f"{'boot: ratio':<44} {ours / plain:.2f}")
