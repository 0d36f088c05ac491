"""Launches a browser with a kernel in it."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contracts.errors import error_code_of
from .browser import chromium_arguments, ensure_browser
from .errors import HostError
from .kernel import HostKernel
from .peer import Peer
from .progress import Progress, SilentProgress
from .server import SiteServer
from .site import build_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

BOOT_TIMEOUT = 120.0
"""Seconds that a kernel may take from the opening of its page until it answers."""

_ATTACH = """(token) => {
  const attached = globalThis.aikernel.kernel.then((kernel) => kernel.attachHost(token));
  globalThis.aikernel.attached = attached.then(() => null, (error) => String(error.message));
}"""
_WAIT = """() => Promise.race([
  globalThis.aikernel.attached.then((error) => ({ done: true, error })),
  new Promise((resolve) => setTimeout(resolve, 100, { done: false, progress: globalThis.aikernel.progress })),
])"""


def launch(
    *,
    headless: bool = True,
    browser: Path | str | None = None,
    webgpu: bool = True,
    site: Path | None = None,
    playwright: Playwright | None = None,
    progress: Progress | None = None,
    timeout: float = BOOT_TIMEOUT,
) -> HostKernel:
    """Launch Chromium, boot a kernel in its page and return it; use it in a ``with`` block.

    Args:
        headless: False shows the browser's window.
        browser: The browser's executable; found, and on Debian installed, if not given.
        webgpu: Whether the browser gets a (software) WebGPU adapter.
        site: A built site; built, or taken from the cache, if not given.
        playwright: A running Playwright to use, since a thread can have only one.
        progress: Where to tell what takes long.
        timeout: Seconds that booting may take.

    Raises `HostError`: ``BROWSER_MISSING``, ``BROWSER_LAUNCH_FAILED``, ``HOST_BOOT_FAILED``, ``SITE_...``, or the code
    with which the page could not boot (``BOOT_...``).
    """
    progress = progress or SilentProgress()
    root = site or build_site(progress=progress)
    executable = Path(browser) if browser is not None else ensure_browser(progress)
    with contextlib.ExitStack() as stack:
        peer = Peer()
        server = stack.enter_context(SiteServer(root, channel=peer.serve))
        with progress.step("Starting the browser"):
            chromium = _start_chromium(stack, playwright, executable, headless=headless, webgpu=webgpu)
            page = chromium.new_page()
        with progress.step("Booting the kernel"):
            page.goto(server.url)
            _attach(page, server.token, peer, timeout)
        return HostKernel(peer, page, root, stack.pop_all())


def _start_chromium(
    stack: contextlib.ExitStack, playwright: Playwright | None, executable: Path | None, *, headless: bool, webgpu: bool
) -> Browser:
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - slow to import, and only needed here

    running = playwright or stack.enter_context(sync_playwright())
    try:
        chromium = running.chromium.launch(
            executable_path=executable, headless=headless, args=chromium_arguments(webgpu=webgpu)
        )
    except Error as error:
        message = f"The browser {executable or 'of Playwright'} could not be started: {error.message}"
        raise HostError(message, code="BROWSER_LAUNCH_FAILED") from error
    stack.callback(chromium.close)
    return chromium


def _attach(page: Page, token: str, peer: Peer, timeout: float) -> None:
    """Wait until the page's kernel has booted and connected to our server."""
    page.wait_for_function("() => globalThis.aikernel?.kernel")
    page.evaluate(_ATTACH, token)
    deadline = time.monotonic() + timeout
    while True:
        state: dict[str, Any] = page.evaluate(_WAIT)
        if state["done"]:
            break
        if time.monotonic() > deadline:
            message = f"The kernel has not booted within {timeout} s; the last it said: {state['progress']}."
            raise HostError(message, code="HOST_BOOT_FAILED")
    if state["error"] is not None:
        raise HostError(state["error"], code=error_code_of(state["error"]) or "HOST_BOOT_FAILED")
    if not peer.connected.wait(timeout=10):
        raise HostError("The kernel has booted but does not connect.", code="HOST_BOOT_FAILED")
