"""A process: one program, run by the engine, with its states and events (reference contract, section 3.4)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from ..contracts.engine import Engine, EngineProcess
from ..contracts.errors import KernelError
from ..contracts.events import PROCESS_CRASHED, PROCESS_STARTED, PROCESS_STOPPED, EventBus
from ..contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
from ..contracts.results import Result, direct
from .observation import ProcessEvents
from .process_options import WasmProcessOptions
from .process_target import ProcessTarget

if TYPE_CHECKING:
    from .context import WasmRuntimeContext

DEFAULT_NAME = "wasm-process"
DEFAULT_GRACE = 5.0
"""Seconds that a program has to end by itself when it is asked to."""


class WasmProcess(ProcessTarget):
    """One program from its creation to its end, in a worker of its own or, with a ``context``, in the kernel's thread.

    States: Starting, then Running, then Stopped when the program exited or was stopped, or Error when it crashed (a
    trap, a module that is invalid or cannot be linked, a limit of its own making). Each change is an event:
    ``ProcessStarted``, ``ProcessStopped``, ``ProcessCrashed``, with processId, processName, state and reason; the end
    of a program that ran adds exitCode and exitReason.

    A process over a context runs what is loaded there, else the module of its options, else the empty module; all else
    that it is given are the context's own options. A command ends it when its entry has returned; every other module
    runs until it is stopped or a call of it traps.
    """

    def __init__(
        self,
        name: str = "",
        options: WasmProcessOptions | None = None,
        *,
        engine: Engine | None = None,
        event_bus: EventBus | None = None,
        context: WasmRuntimeContext | None = None,
    ) -> None:
        self.id = ProcessId()
        self.name = name if name and not name.isspace() else DEFAULT_NAME
        self.state = ProcessState.STARTING
        self.started_at_utc: datetime | None = None
        self.exit: ProcessExit | None = None
        self._options: WasmProcessOptions | None = options or WasmProcessOptions()
        self._engine = engine
        self._bus = event_bus if event_bus is not None or context is None else context.event_bus
        self.context = context
        self._program: EngineProcess | None = None
        self._starting: asyncio.Future[Result[bool]] | None = None
        self._watcher: asyncio.Task[ProcessExit] | None = None
        self._declared_end: ProcessExit | None = None
        self._events: ProcessEvents | None = None
        self._lines: list[str] = []
        self._module_hash: str | None = None
        if context is not None:
            context.identify(str(self.id), self.name)

    @classmethod
    def create(cls) -> WasmProcess:
        """Return a process over a context of its own, without an engine (reference contract, section 7)."""
        from .context import WasmRuntimeContext  # noqa: PLC0415 - a page without contexts boots without it

        return cls(context=WasmRuntimeContext())

    async def try_start(self) -> Result[bool]:
        """Start the program and wait until it is linked and running. Starting a running process changes nothing.

        Who starts one that is being started waits for that start. Fails with ``WASM_ENGINE_REQUIRED`` where no engine
        was given, and with the engine's code when the module cannot be started (``WASM_MODULE_INVALID``,
        ``WASM_IMPORT_MISSING`` ...), in which case the process has crashed.
        """
        if self._watcher is not None and not self._watcher.done():
            return Result.success(True)
        if self._starting is not None:
            # A handler of ProcessStarted cannot wait for the start, which waits for the handler.
            return Result.success(True) if self.state is ProcessState.RUNNING else await asyncio.shield(self._starting)
        if self._engine is None and self.context is None:
            return Result.failure(
                f"Process {self.name!r} has no engine to run on: create it through the kernel's provider.",
                code="WASM_ENGINE_REQUIRED",
            )
        if self._options is None:
            return Result.failure(
                f"Process {self.name!r} was released: create a new one.", code="WASM_PROCESS_RELEASED"
            )
        starting = self._starting = asyncio.get_running_loop().create_future()
        result: Result[bool] = Result.failure("The start was cancelled.", code="WASM_START_FAILED")
        try:
            result = await self._start(self._options)
            return result
        finally:
            self._starting = None
            starting.set_result(result)

    start = direct(try_start)

    async def _start(self, options: WasmProcessOptions) -> Result[bool]:
        self.state = ProcessState.STARTING
        self.exit = self._watcher = None
        self.started_at_utc = datetime.now(UTC)
        self._lines.clear()
        self._program = self._make_program(options)
        try:
            ended = await self._program.started()
        except KernelError as error:
            self._program = None
            return Result.fail(error)
        if ended is not None and ended.reason.is_crash:
            await self._end(ended)
            return Result.failure(ended.message, code=ended.code or "WASM_START_FAILED")
        self.state = ProcessState.RUNNING
        await self._publish(PROCESS_STARTED)
        self._watcher = asyncio.ensure_future(self._watch(self._program))
        return Result.success(True)

    async def try_stop(self) -> Result[bool]:
        """End the program at once, whatever it is doing. Stopping an ended process changes nothing.

        Of one that is still being started, also where a handler of ProcessStarted stops it, the program has ended when
        this returns; the state and the event follow those of the start.

        Fails with ``WASM_CONTEXT_DISPOSED`` over a context that was disposed.
        """
        if self.context is not None and self.context.is_disposed:
            return Result.failure(f"The context of process {self.name!r} was disposed.", code="WASM_CONTEXT_DISPOSED")
        if self._program is None:
            self.state = ProcessState.STOPPED
            await self._publish(PROCESS_STOPPED)
            return Result.success(True)
        self._program.kill()
        await self.wait()
        return Result.success(True)

    stop = direct(try_stop)

    async def try_terminate(self, grace: float = DEFAULT_GRACE) -> Result[ProcessExit]:
        """Ask the program to end by its own exit path; past ``grace`` seconds it is killed. Returns how it ended.

        Fails with ``WASM_PROCESS_NOT_STARTED`` where there is nothing to end, ``WASM_GRACE_INVALID`` for a grace
        below 0.
        """
        if not grace >= 0:
            return Result.failure(
                f"A grace of {grace} s cannot be given: give 0 or more seconds.", code="WASM_GRACE_INVALID"
            )
        return await self._attempt(self._terminate(grace))

    terminate = direct(try_terminate)

    async def try_flush(self) -> Result[None]:
        """Wait until everything that the program has written to persistent mounts is stored."""
        return await self._attempt(self._flush())

    flush = direct(try_flush)

    async def crash(self, reason: str | None = None) -> None:
        """Declare the process crashed: its program ends, the state is Error, ``reason`` is in the event."""
        declared = ProcessExit(ExitReason.TRAPPED, 134, "WASM_PROCESS_CRASHED", reason or "")
        if self._program is None or self.exit is not None:
            await self._end(declared)
            return
        self._declared_end = declared
        self._program.kill()
        await self.wait()

    async def wait(self) -> ProcessExit:
        """Wait until the program has ended and its last event was delivered.

        Raises `KernelError` with ``WASM_PROCESS_NOT_STARTED`` where there is nothing to wait for.
        """
        if self._watcher is not None:
            return await asyncio.shield(self._watcher)
        if self.exit is not None:
            return self.exit
        return await self.program.wait()

    @property
    def traced(self) -> bool:
        """Whether its system calls are recorded."""
        return self._options is not None and self._options.trace

    def release(self) -> None:
        """Drop the module, output and files that are kept; a running program is killed. It cannot be started again."""
        self._options = None
        if self._program is not None:
            self._program.release()

    def info(self) -> ProcessInfo:
        """Return this process as a line of the process table."""
        metadata = {}
        if self.exit is not None:
            metadata = {"exitReason": self.exit.reason.value, "exitCode": str(self.exit.exit_code)}
        return ProcessInfo(self.id, self.name, self.state, self.started_at_utc, metadata)

    def _make_program(self, options: WasmProcessOptions) -> EngineProcess:
        if self.context is not None:
            from .inline_program import InlineProgram  # noqa: PLC0415 - a page without contexts boots without it

            return InlineProgram(self.context, options.module_bytes)
        if self._bus is not None:
            self._events = ProcessEvents(self._bus, str(self.id), self.name, options.observer)
        return cast("Engine", self._engine).spawn(options.to_spec(self.name, self._events))

    async def _terminate(self, grace: float) -> ProcessExit:
        await self.program.terminate(grace)
        return await self.wait()

    async def _flush(self) -> None:
        await self.program.flush()

    async def _watch(self, program: EngineProcess) -> ProcessExit:
        end = await program.wait()
        if self._events is not None:
            self._events.close()
        if self._declared_end is not None:
            end, self._declared_end = self._declared_end, None
        await self._end(end)
        return end

    async def _end(self, end: ProcessExit) -> None:
        self.exit = end
        crashed = end.reason.is_crash
        self.state = ProcessState.ERROR if crashed else ProcessState.STOPPED
        await self._publish(PROCESS_CRASHED if crashed else PROCESS_STOPPED)

    async def _publish(self, event_name: str) -> None:
        if self._bus is None or not self._bus.wants(event_name):
            return
        payload = {
            "processId": str(self.id),
            "processName": self.name,
            "state": self.state.value,
            "reason": self.exit.message if self.exit is not None and self.exit.reason.is_crash else "",
        }
        if self.exit is not None:
            payload |= {"exitReason": self.exit.reason.value, "exitCode": str(self.exit.exit_code)}
        await self._bus.publish(event_name, payload)
