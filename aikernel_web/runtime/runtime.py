"""The runtime provider: boots, and makes processes on the engine it was given (reference contract, section 3.3)."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from ..contracts.cancellation import CancellationToken
from ..contracts.engine import Engine
from ..contracts.events import EventBus
from ..contracts.results import Result, Try, direct
from .buffers import DEFAULT_MEMORY_BYTES, byte_count
from .process import WasmProcess
from .process_options import WasmProcessOptions
from .provider_base import WasmProviderBase

if TYPE_CHECKING:
    from .context import WasmRuntimeContext


class WasmRuntime(WasmProviderBase):
    """Creates contexts, and processes that are listed nowhere: `WasmProcessProvider` keeps a table of those it creates.

    It remembers its contexts for as long as somebody has them, disposes them with `dispose`, and stays usable.
    """

    def __init__(self, event_bus: EventBus | None = None, *, engine: Engine | None = None) -> None:
        super().__init__(
            "wasm.runtime",
            "WASM Runtime",
            operations=("wasm.runtime.boot", "wasm.runtime.shutdown"),
            data_types=("runtime",),
        )
        self._bus = event_bus
        self._engine = engine
        self._contexts: list[weakref.ref[WasmRuntimeContext]] = []

    @classmethod
    def create(cls) -> WasmRuntime:
        """Return a runtime without an engine or a bus (reference contract, section 7)."""
        return cls()

    async def try_boot(self, *, cancellation: CancellationToken | None = None) -> Result[bool]:
        """Boot the runtime. Needs an engine: fails with ``WASM_ENGINE_REQUIRED`` where none was given.

        Fails with ``WASM_RUNTIME_BOOT_CANCELLED`` where ``cancellation`` is cancelled.
        """
        if cancellation is not None and cancellation.cancelled:
            return Result.failure("The boot was cancelled before it began.", code="WASM_RUNTIME_BOOT_CANCELLED")
        if self._engine is None:
            return Result.failure(
                "The runtime has no WebAssembly engine: in a page use `kernel.runtime`, elsewhere pass engine=.",
                code="WASM_ENGINE_REQUIRED",
            )
        return Result.success(True)

    boot = direct(try_boot)

    def try_create_context(
        self, initial_memory_bytes: int = DEFAULT_MEMORY_BYTES, *, options: WasmProcessOptions | None = None
    ) -> Result[WasmRuntimeContext]:
        """Create a context on the runtime's engine and bus; fails with ``WASM_INITIAL_MEMORY_INVALID``."""
        from .context import WasmRuntimeContext  # noqa: PLC0415 - a page that makes none boots without it

        byte_count(initial_memory_bytes)

        def create() -> WasmRuntimeContext:
            return WasmRuntimeContext(initial_memory_bytes, self._bus, engine=self._engine, options=options)

        made = Try.run(create)
        if made.is_success:
            self._contexts = [known for known in self._contexts if (context := known()) and not context.is_disposed]
            self._contexts.append(weakref.ref(made.value))
        return made

    create_context = direct(try_create_context)

    def dispose(self) -> None:
        """Dispose and forget every context; processes in workers go on."""
        contexts, self._contexts = self._contexts, []
        for known in contexts:
            context = known()
            if context is not None:
                context.dispose()

    async def try_create_process(self, name: str, args: object = None) -> Result[WasmProcess]:
        """Create a process in the state Starting; ``args`` may be `WasmProcessOptions`, anything else is ignored."""
        options = args if isinstance(args, WasmProcessOptions) else None
        return Result.success(WasmProcess(name, options, engine=self._engine, event_bus=self._bus))

    create_process = direct(try_create_process)
