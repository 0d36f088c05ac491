"""The process provider: creates processes and keeps the process table (reference contract, section 3.5)."""

from __future__ import annotations

from ..contracts.cancellation import CancellationToken
from ..contracts.engine import Engine
from ..contracts.events import EventBus
from ..contracts.processes import ProcessState
from ..contracts.results import Result, direct
from ..runtime.process import WasmProcess
from ..runtime.process_options import WasmProcessOptions
from ..runtime.provider_base import WasmProviderBase

ENDED_PROCESSES_KEPT = 256
"""How many ended processes stay in the table. Without a bound a kernel that runs programs all day would fill up."""


class WasmProcessProvider(WasmProviderBase):
    """Creates processes on its engine, lists them, and starts them by name."""

    def __init__(self, event_bus: EventBus | None = None, *, engine: Engine | None = None) -> None:
        super().__init__(
            "wasm.process",
            "WASM Process Provider",
            operations=("wasm.process.start", "wasm.process.stop"),
            data_types=("process",),
        )
        self._bus = event_bus
        self._engine = engine
        self._processes: list[WasmProcess] = []

    @classmethod
    def create(cls) -> WasmProcessProvider:
        """Return a provider without a bus or an engine (reference contract, section 7)."""
        return cls()

    async def try_create_process(self, name: str, args: object = None) -> Result[WasmProcess]:
        """Create a process in the state Starting and add it to the table; names need not be unique.

        ``args`` may be `WasmProcessOptions`; anything else is ignored and the empty module is run.
        """
        options = args if isinstance(args, WasmProcessOptions) else None
        process = WasmProcess(name, options, engine=self._engine, event_bus=self._bus)
        self._processes.append(process)
        self._forget_the_oldest()
        return Result.success(process)

    create_process = direct(try_create_process)

    async def try_start(self, process_name: str, *, cancellation: CancellationToken | None = None) -> Result[bool]:
        """Start the first process of exactly that name.

        Fails with ``WASM_PROCESS_CANCELLED``, ``WASM_PROCESS_NOT_FOUND`` when there is none, and as
        `WasmProcess.try_start` does.
        """
        if cancellation is not None and cancellation.cancelled:
            return Result.failure("The start was cancelled before it began.", code="WASM_PROCESS_CANCELLED")
        for process in self._processes:
            if process.name == process_name:
                return await process.try_start()
        return Result.failure(f"There is no process named {process_name!r}.", code="WASM_PROCESS_NOT_FOUND")

    start = direct(try_start)

    def list_processes(self) -> tuple[WasmProcess, ...]:
        """Return the processes in the order of their creation, in all states."""
        return tuple(self._processes)

    def find(self, id_or_name: str) -> tuple[WasmProcess, ...]:
        """Return the processes with that id (dashes optional) or name, ignoring case, in the order of creation."""
        wanted = id_or_name.casefold()
        return tuple(
            process
            for process in self._processes
            if wanted in (str(process.id), process.id.value.hex, process.name.casefold())
        )

    async def reset(self) -> None:
        """Stop every process and empty the table."""
        for process in self._processes:
            if process.state in (ProcessState.STARTING, ProcessState.RUNNING):
                await process.try_stop()
        for process in self._processes:
            process.release()
        self._processes.clear()

    def _forget_the_oldest(self) -> None:
        ended = [process for process in self._processes if process.exit is not None]
        for process in ended[: max(0, len(ended) - ENDED_PROCESSES_KEPT)]:
            self._processes.remove(process)
            process.release()
