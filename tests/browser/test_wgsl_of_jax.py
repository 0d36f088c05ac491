"""The shaders that the npm package `@jax-js/jax` makes, computed by the page's GPU there and by the CPU here."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
import wgsl_jax
from wgsl_jax import Run, differences

from aikernel_web import WebGpuComputeProvider
from aikernel_web.compute.settings import WebGpuComputeSettings
from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import JAX
from aikernel_web.host.static_files import HEADERS

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from aikernel_web.host import HostKernel

PLACE = "/published/jax"
CAPTURE = Path(str(wgsl_jax.__file__)).parent / "capture.mjs"
FEWEST = 200
"""Shaders that jax-js makes at least: else its tasks were not done."""


@pytest.fixture
def runs(kernel: HostKernel) -> list[Run]:
    try:
        package = npm_package(BuildContext(SilentProgress()), JAX) / "dist"
    except HostError as error:
        if error.code != "SITE_DOWNLOAD_FAILED":
            raise
        pytest.skip(f"{JAX.name} {JAX.version} could not be fetched: {error}")

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        headers = {**dict(HEADERS), "content-type": "text/javascript" if name else "text/html"}
        if name:
            route.fulfill(path=CAPTURE if name == CAPTURE.name else package / name, headers=headers)
        else:
            route.fulfill(body="<!doctype html><title>jax-js</title>", headers=headers)

    # A page of its own: what is hooked there is no business of the kernel's page.
    browser = kernel.page.context.browser
    assert browser is not None
    with browser.new_context() as context, context.new_page() as page:
        page.route(f"**{PLACE}/*", serve)
        page.goto(urljoin(kernel.page.url, f"{PLACE}/"))
        script = "async ([capture, jax]) => (await import(capture)).capture(jax)"
        noted = page.evaluate(script, [f"{PLACE}/{CAPTURE.name}", f"{PLACE}/index.js"])
    assert noted["failed"] == []
    found: list[Run] = noted["runs"]
    assert len(found) > FEWEST
    return found


def test_the_shaders_of_jax_compute_the_same(runs: list[Run]) -> None:
    cpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))

    async def compare() -> list[str]:
        return [f"{wrong}\n{run['code']}" for run in runs for wrong in await differences(cpu, run)]

    with ThreadPoolExecutor(1) as executor:  # a thread without the browser's loop
        told = executor.submit(asyncio.run, compare()).result()
    assert not told, "\n".join(told)
