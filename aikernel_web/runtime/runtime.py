"""The runtime provider: boots, and makes processes on the engine it was given (reference contract, section 3.3)."""

from __future__ import annotations

from ..contracts.engine import Engine
from ..contracts.events import EventBus
from ..contracts.results import Result, direct
from .process import WasmProcess
from .process_options import WasmProcessOptions
from .provider_base import WasmProviderBase


class WasmRuntime(WasmProviderBase):
    """Creates processes that are listed nowhere; `WasmProcessProvider` keeps a table of the ones it creates."""

    def __init__(self, event_bus: EventBus | None = None, *, engine: Engine | None = None) -> None:
        super().__init__(
            "wasm.runtime",
            "WASM Runtime",
            operations=("wasm.runtime.boot", "wasm.runtime.shutdown"),
            data_types=("runtime",),
        )
        self._bus = event_bus
        self._engine = engine

    async def try_boot(self) -> Result[bool]:
        """Boot the runtime. Needs an engine: fails with ``WASM_ENGINE_REQUIRED`` where none was given."""
        if self._engine is None:
            return Result.failure(
                "The runtime has no WebAssembly engine: in a page use `kernel.runtime`, elsewhere pass engine=.",
                code="WASM_ENGINE_REQUIRED",
            )
        return Result.success(True)

    boot = direct(try_boot)

    async def try_create_process(self, name: str, args: object = None) -> Result[WasmProcess]:
        """Create a process in the state Starting; ``args`` may be `WasmProcessOptions`, anything else is ignored."""
        options = args if isinstance(args, WasmProcessOptions) else None
        return Result.success(WasmProcess(name, options, engine=self._engine, event_bus=self._bus))

    create_process = direct(try_create_process)
