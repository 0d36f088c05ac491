"""Launches a browser with a kernel in it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from ..contracts.errors import error_code_of
from .browser import chromium_arguments, ensure_browser
from .errors import HostError
from .kernel import HostKernel
from .peer import Peer
from .progress import Progress, SilentProgress
from .server import SiteServer
from .site import build_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page, Playwright

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
    arguments: Sequence[str] = (),
    site: Path | None = None,
    profile: Path | None = None,
    playwright: Playwright | None = None,
    progress: Progress | None = None,
    timeout: float = BOOT_TIMEOUT,
) -> HostKernel:
    """Launch Chromium, boot a kernel in its page and return it; use it in a ``with`` block.

    Args:
        headless: False shows the browser's window.
        browser: The browser's executable; found, and on Debian installed, if not given.
        webgpu: Whether the browser gets a (software) WebGPU adapter.
        arguments: What the browser's command line has besides, such as
            ``["--enable-unsafe-webgpu", "--enable-features=Vulkan"]`` with ``webgpu=False`` for the machine's own GPU.
        site: A built site; built, or taken from the cache, if not given.
        profile: A folder in which the browser keeps what persistent mounts hold; made if it is not there. Without one
            they end with the browser. One kernel at a time can use a profile.
        playwright: A running Playwright to use, since a thread can have only one.
        progress: Where to tell what takes long.
        timeout: Seconds that booting may take.

    Raises `HostError`: ``BROWSER_MISSING``, ``BROWSER_LAUNCH_FAILED``, ``PROFILE_BUSY``, ``HOST_BOOT_FAILED``,
    ``SITE_...``, or the code with which the page could not boot (``BOOT_...``).
    """
    progress = progress or SilentProgress()
    root = site or build_site(progress=progress)
    executable = Path(browser) if browser is not None else ensure_browser(progress)
    with contextlib.ExitStack() as stack:
        peer = Peer()
        server = stack.enter_context(_serve(root, peer, profile))
        with progress.step("Starting the browser"):
            command_line = [*chromium_arguments(webgpu=webgpu), *arguments]
            page = _open_page(stack, playwright, executable, profile, headless=headless, arguments=command_line)
        with progress.step("Booting the kernel"):
            page.goto(server.url)
            _attach(page, server.token, peer, timeout)
        return HostKernel(peer, page, root, stack.pop_all())


def data_folder() -> Path:
    """Return this user's folder for what is no cache: ``AIKERNEL_WEB_DATA``, or the one of the system's convention."""
    given = os.environ.get("AIKERNEL_WEB_DATA")
    return Path(given) if given else platformdirs.user_data_path("aikernel-web")


def _serve(root: Path, peer: Peer, profile: Path | None) -> SiteServer:
    """Return the site's server, started; for a profile at the port it had before: storage belongs to an origin."""
    if profile is None:
        server = SiteServer(root, channel=peer.serve)
        server.start()
        return server
    profile.mkdir(parents=True, exist_ok=True)
    kept = profile / "port"
    server = SiteServer(root, port=int(kept.read_text()) if kept.exists() else 0, channel=peer.serve)
    try:
        server.start()
    except HostError as error:
        if error.code != "SITE_PORT_BUSY":
            raise
        raise HostError.explain(
            f"The profile {profile} cannot be used.",
            why="another kernel uses it, or another program listens at the port that belongs to it.",
            advice="wait until that one has ended, or give another profile.",
            code="PROFILE_BUSY",
        ) from error
    kept.write_text(f"{server.port}\n")
    return server


def _open_page(
    stack: contextlib.ExitStack,
    playwright: Playwright | None,
    executable: Path | None,
    profile: Path | None,
    *,
    headless: bool,
    arguments: list[str],
) -> Page:
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - slow to import, and only needed here

    running = playwright or stack.enter_context(sync_playwright())
    # A Ctrl-C is this process's: it may have something to ask of the kernel before the browser is closed.
    try:
        if profile is None:
            chromium = running.chromium.launch(
                executable_path=executable, headless=headless, args=arguments, handle_sigint=False
            )
            stack.callback(chromium.close)
            return chromium.new_page()
        context = running.chromium.launch_persistent_context(
            profile / "browser", executable_path=executable, headless=headless, args=arguments, handle_sigint=False
        )
        stack.callback(context.close)
        return context.pages[0]
    except Error as error:
        message = f"The browser {executable or 'of Playwright'} could not be started: {error.message}"
        raise HostError(message, code="BROWSER_LAUNCH_FAILED") from error


def _attach(page: Page, token: str, peer: Peer, timeout: float) -> None:
    """Wait until the page's kernel has booted and connected to our server."""
    from playwright.sync_api import Error  # noqa: PLC0415 - slow to import, and only needed here

    deadline = time.monotonic() + timeout
    try:
        page.wait_for_function("() => globalThis.aikernel?.kernel", timeout=timeout * 1000)
    except Error as error:
        raise HostError(f"The page has not loaded: {error.message}", code="HOST_BOOT_FAILED") from error
    page.evaluate(_ATTACH, token)
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
