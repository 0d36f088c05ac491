from __future__ import annotations

import pytest

from .wasmtime_host import WasmtimeHost


@pytest.fixture(scope="session")
def host() -> WasmtimeHost:
    """wasmtime, which says what is right."""
    return WasmtimeHost()
