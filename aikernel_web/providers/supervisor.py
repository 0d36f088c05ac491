"""The process supervisor: starts, lists, kills and restarts real processes (reference contract, section 2.4)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace

from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.processes import ProcessId, ProcessInfo
from ..contracts.results import Result, direct
from ..runtime.process import WasmProcess
from ..runtime.process_options import WasmProcessOptions
from ..runtime.provider_base import WasmProviderBase
from .process import WasmProcessProvider


class DefaultProcessSupervisorProvider(WasmProviderBase):
    """Supervises the processes of one `WasmProcessProvider`, whoever has created them there.

    (The reference only keeps books: nothing that it lists runs.) An id that is not in the provider's table is ignored.
    """

    def __init__(self, processes: WasmProcessProvider | None = None) -> None:
        super().__init__(
            "providers.process.supervisor.default",
            "Default Process Supervisor",
            operations=("process.start", "process.list", "process.kill", "process.restart"),
            data_types=("process",),
        )
        self._processes = processes or WasmProcessProvider()
        self._metadata: dict[ProcessId, Mapping[str, str]] = {}
        self._changing: dict[ProcessId, asyncio.Lock] = {}

    async def try_create_process(self, name: str, args: object = None) -> Result[WasmProcess]:
        """Create a process in the state Starting; fails with ``PROCESS_NAME_REQUIRED`` for a blank name."""
        if not name or name.isspace():
            message = "The name of the process is blank: give it one to be listed under."
            return Result.fail(InvalidArgumentError(message, code="PROCESS_NAME_REQUIRED"))
        return await self._processes.try_create_process(name, args)

    create_process = direct(try_create_process)

    async def try_start(
        self, name: str, metadata: Mapping[str, str] | None = None, *, options: WasmProcessOptions | None = None
    ) -> Result[ProcessInfo]:
        """Create and start a process; the answer is its line of the list, which shows ``metadata`` too.

        Fails with ``PROCESS_NAME_REQUIRED``, and as `WasmProcess.try_start` does: such a process stays in the list.
        """
        created = await self.try_create_process(name, options)
        if created.error is not None:
            return Result.fail(created.error)
        process = created.value
        self._metadata[process.id] = dict(metadata or {})
        async with self._change(process):
            started = await process.try_start()
        return started.map(lambda _: self._info(process))

    start = direct(try_start)

    async def list(self) -> tuple[ProcessInfo, ...]:
        """Return the processes, sorted by id."""
        self._forget_the_released()
        return tuple(sorted(map(self._info, self._processes.list_processes()), key=lambda info: str(info.id)))

    async def try_kill(self, process_id: ProcessId) -> Result[bool]:
        """End a process, whatever it is doing; the value is False where there is none of that id."""
        process = self._find(process_id)
        if process is None:
            return Result.success(False)
        with contextlib.suppress(KernelError):  # it was never started, then there is no program
            process.program.kill()  # before waiting for its turn: it may hang while it starts
        async with self._change(process):
            return await process.try_stop()

    kill = direct(try_kill)

    async def try_restart(self, process_id: ProcessId) -> Result[bool]:
        """End a process if it runs, and start it again under its id with the options it was created with.

        The value is False where there is none of that id. Fails as `WasmProcess.try_start` does.
        """
        process = self._find(process_id)
        if process is None:
            return Result.success(False)
        async with self._change(process):
            stopped = await process.try_stop()
            return stopped if stopped.is_failure else await process.try_start()

    restart = direct(try_restart)

    def _find(self, process_id: ProcessId) -> WasmProcess | None:
        self._forget_the_released()
        return next((process for process in self._processes.list_processes() if process.id == process_id), None)

    def _info(self, process: WasmProcess) -> ProcessInfo:
        info = process.info()
        return replace(info, metadata={**self._metadata.get(process.id, {}), **info.metadata})

    def _change(self, process: WasmProcess) -> asyncio.Lock:
        """Return what lets one start, restart or kill of a process happen at a time."""
        return self._changing.setdefault(process.id, asyncio.Lock())

    def _forget_the_released(self) -> None:
        there = {process.id for process in self._processes.list_processes()}
        for kept in (self._metadata, self._changing):
            for process_id in kept.keys() - there:
                del kept[process_id]
