"""A browser with the benchmark's page in it, served under the headers of our own server."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from programs import compile_program

from aikernel_web.host.browser import chromium_arguments, ensure_browser
from aikernel_web.host.progress import TerminalProgress
from aikernel_web.host.server import SiteServer
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.sources import find_sources

from .peers import peer_modules

OURS = ("plain", "controllable")
PEERS = ("bjorn3", "uwasi")
BARE = "bare"
PROGRAMS = ("bench_calls", "bench_compute", "empty")


@dataclass(frozen=True, slots=True)
class Result:
    """One run: the nanoseconds of each batch as the program measured them, and what the page saw."""

    batches: list[int]
    milliseconds: float
    stdout_bytes: int


class BenchPage:
    """Runs programs under one host after the other."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def restart(self, host: str, program: str, times: int) -> list[float]:
        """Run ``program`` so many times in one worker; return the milliseconds from its bytes to its exit."""
        starts = self.page.evaluate(
            "([host, program, times]) => bench.restart(host, program, times)", [host, program, times]
        )
        return [float(start) for start in starts]

    def cpu_seconds(self) -> float:
        """Return the processor time that the page's process, workers and all, has used so far."""
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "ProcessTime"))

    def run(self, host: str, program: str, run: Mapping[str, Any]) -> Result:
        """Run ``program`` once under ``host`` in a fresh worker that has come to rest.

        Raises:
            playwright.sync_api.Error: with the host's own message, when the program did not end well.
        """
        if host in OURS:
            call = f"bench.runOurs({json.dumps(program)}, {json.dumps(host == 'controllable')}, run)"
        else:
            call = f"bench.runPeer({json.dumps(host)}, {json.dumps(program)}, run)"
        answer = self.page.evaluate(f"(run) => {call}", dict(run))
        if answer["exitCode"] != 0:
            message = (
                f"{program} {run['args']} under {host}: exit code {answer['exitCode']}; {answer['stderr'].strip()}"
            )
            raise RuntimeError(message)
        batches = [int(line) for line in answer["stderr"].split()]
        return Result(batches, answer["milliseconds"], answer["stdoutBytes"])


@contextlib.contextmanager
def open_page() -> Iterator[BenchPage]:
    """Serve the benchmark and open it in Chromium."""
    progress = TerminalProgress()
    browser = ensure_browser(progress)
    with tempfile.TemporaryDirectory() as folder:
        _write_site(Path(folder), BuildContext(progress))
        with SiteServer(Path(folder)) as server, sync_playwright() as playwright:
            arguments = chromium_arguments(webgpu=False)
            chromium = playwright.chromium.launch(executable_path=browser, headless=True, args=arguments)
            page = chromium.new_page()
            page.goto(server.url)
            page.wait_for_function("() => globalThis.bench !== undefined")
            yield BenchPage(page)
            chromium.close()


def _write_site(root: Path, context: BuildContext) -> None:
    files: dict[str, bytes] = {"index.html": b'<!doctype html><script type="module" src="/bench/page.mjs"></script>'}
    for place, path in find_sources().served().items():
        if place.endswith(".mjs"):
            files[place] = path.read_bytes()
    for path in Path(__file__).parent.glob("*.mjs"):
        files[f"bench/{path.name}"] = path.read_bytes()
    for place, content in peer_modules(context).items():
        files[f"bench/peers/{place}"] = content
    for program in PROGRAMS:
        files[f"bench/programs/{program}.wasm"] = compile_program(program).read_bytes()
    for place, content in files.items():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
