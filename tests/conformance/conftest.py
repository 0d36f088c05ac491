from __future__ import annotations

import pytest

from .interpreters import Interpreter, interpreter_called
from .wasmtime_host import WasmtimeHost


@pytest.fixture(scope="session")
def host() -> WasmtimeHost:
    """wasmtime, which says what is right."""
    return WasmtimeHost()


@pytest.fixture(params=["chromium", "cpython"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """A place where cases of the contract run; each of them runs in all."""
    return interpreter_called(request.param, request)
