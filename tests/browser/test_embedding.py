"""A page of another origin embeds the kernel, without COOP and COEP headers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from programs import compile_program

from aikernel_web.host.kernel import HostKernel
from aikernel_web.host.server import SiteServer

PAGE = """<!doctype html>
<meta charset="utf-8"><title>embeds aikernel</title>
<script type="module">
  import {{ boot }} from "{module}";
  const kernel = await boot();
  const bytes = await (await fetch("args.wasm")).arrayBuffer();
  const done = await kernel.run("args", bytes, {{ args: ["from", "elsewhere"] }});
  globalThis.result = {{ ...done, stdout: new TextDecoder().decode(done.stdout), isolated: crossOriginIsolated }};
</script>
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}  # noqa: RUF012

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_origin(kernel_session: HostKernel, tmp_path: Path) -> Iterator[str]:
    with SiteServer(kernel_session.site) as site:
        (tmp_path / "index.html").write_text(PAGE.format(module=f"{site.url}/static/aikernel.mjs"))
        (tmp_path / "args.wasm").write_bytes(compile_program("args").read_bytes())
        (tmp_path / "favicon.ico").write_bytes(b"")
        handler = partial(QuietHandler, directory=str(tmp_path))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


@pytest.fixture
def plain_page(kernel_session: HostKernel) -> Iterator[Page]:
    browser = kernel_session.page.context.browser
    assert isinstance(browser, Browser)
    page = browser.new_page()
    yield page
    page.close()


def test_a_page_of_another_origin_runs_a_program(plain_page: Page, other_origin: str) -> None:
    errors: list[str] = []
    plain_page.on("pageerror", lambda error: errors.append(str(error)))
    plain_page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    plain_page.goto(other_origin)
    plain_page.wait_for_function("() => globalThis.result", timeout=60_000)
    result = plain_page.evaluate("() => globalThis.result")
    assert (result["reason"], result["exitCode"], result["isolated"]) == ("exited", 0, False)
    assert "from" in result["stdout"]
    assert "elsewhere" in result["stdout"]
    assert errors == []
