from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import Kernel

T = TypeVar("T")

# How long an example takes says more about what else runs on the machine than about the code.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")


@pytest.fixture
def run_kernel() -> Callable[[Callable[[Kernel], Coroutine[Any, Any, T]]], T]:
    """Runs a coroutine function on a fresh kernel over wasmtime, in a loop of its own."""

    def run(body: Callable[[Kernel], Coroutine[Any, Any, T]]) -> T:
        async def main() -> T:
            kernel = Kernel(WasmtimeEngine())
            await kernel.start()
            try:
                return await body(kernel)
            finally:
                await kernel.reset()

        return run_async(main())

    return run
