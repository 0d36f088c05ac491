r"""Fixtures for tests of WebAssembly programs: one browser for the session, a clean kernel for every test.

def test_it(kernel):
    assert kernel.run("prog.wasm").stdout == b"hi\n"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .kernel import HostKernel


@pytest.fixture(scope="session")
def kernel_session(request: pytest.FixtureRequest) -> Iterator[HostKernel]:
    """The kernel of the test session. Tests use `kernel`, which is this one, cleaned."""
    from .launch import launch  # noqa: PLC0415 - test runs without a kernel do not pay for the browser's client
    from .progress import TerminalProgress  # noqa: PLC0415

    # A thread can run Playwright once: where pytest-playwright is at work, its own is shared.
    shared = request.getfixturevalue("playwright") if request.config.pluginmanager.hasplugin("playwright") else None
    with launch(playwright=shared, progress=TerminalProgress()) as kernel:
        yield kernel


@pytest.fixture
def kernel(kernel_session: HostKernel) -> Iterator[HostKernel]:
    """A kernel without processes, programs or events of other tests.

    The test fails when the page or a worker logged an error, unless the test took it by ``kernel.take_errors()``.
    """
    kernel_session.reset()
    yield kernel_session
    errors = kernel_session.take_errors()
    if errors:
        pytest.fail("The page logged errors:\n" + "\n".join(errors), pytrace=False)


@pytest.fixture
def kernel_page(kernel: HostKernel) -> Page:
    """The page of `kernel`, with the console in it."""
    return kernel.page
