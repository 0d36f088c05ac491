"""A process: one program, run by the engine, with its states and events (reference contract, section 3.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..contracts.engine import BytesLike, Engine, EngineProcess
from ..contracts.errors import KernelError
from ..contracts.events import PROCESS_CRASHED, PROCESS_STARTED, PROCESS_STOPPED, EventBus
from ..contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
from ..contracts.results import ErrorContext, Result, direct
from .observation import ProcessEvents
from .process_options import WasmProcessOptions

DEFAULT_NAME = "wasm-process"
DEFAULT_GRACE = 5.0
"""Seconds that a program has to end by itself when it is asked to."""

T = TypeVar("T")


class WasmProcess:
    """One program from its creation to its end.

    States: Starting, then Running, then Stopped when the program exited or was stopped, or Error when it crashed (a
    trap, a module that is invalid or cannot be linked, a limit of its own making). Each change is an event:
    ``ProcessStarted``, ``ProcessStopped``, ``ProcessCrashed``, with processId, processName, state and reason; the end
    of a program that ran adds exitCode and exitReason.
    """

    def __init__(
        self,
        name: str = "",
        options: WasmProcessOptions | None = None,
        *,
        engine: Engine | None = None,
        event_bus: EventBus | None = None,
    ) -> None:
        self.id = ProcessId()
        self.name = name if name and not name.isspace() else DEFAULT_NAME
        self.state = ProcessState.STARTING
        self.started_at_utc: datetime | None = None
        self.exit: ProcessExit | None = None
        self._options: WasmProcessOptions | None = options or WasmProcessOptions()
        self._engine = engine
        self._bus = event_bus
        self._program: EngineProcess | None = None
        self._watcher: asyncio.Task[ProcessExit] | None = None
        self._declared_end: ProcessExit | None = None
        self._events: ProcessEvents | None = None

    async def try_start(self) -> Result[bool]:
        """Start the program and wait until it is linked and running. Starting a running process changes nothing.

        Fails with ``WASM_ENGINE_REQUIRED`` where no engine was given, and with the engine's code when the module cannot
        be started (``WASM_MODULE_INVALID``, ``WASM_IMPORT_MISSING`` ...), in which case the process has crashed.
        """
        if self._watcher is not None and not self._watcher.done():
            return Result.success(True)
        if self._engine is None:
            return Result.failure(
                f"Process {self.name!r} has no engine to run on: create it through the kernel's provider.",
                code="WASM_ENGINE_REQUIRED",
            )
        if self._options is None:
            return Result.failure(
                f"Process {self.name!r} was released: create a new one.", code="WASM_PROCESS_RELEASED"
            )
        self.state = ProcessState.STARTING
        self.exit = None
        self.started_at_utc = datetime.now(UTC)
        if self._bus is not None:
            self._events = ProcessEvents(self._bus, str(self.id), self.name, self._options.observer)
        self._program = self._engine.spawn(self._options.to_spec(self.name, self._events))
        ended = await self._program.started()
        if ended is not None and ended.reason.is_crash:
            await self._end(ended)
            return Result.failure(ended.message, code=ended.code or "WASM_START_FAILED")
        self.state = ProcessState.RUNNING
        published = await self._publish(PROCESS_STARTED)
        self._watcher = asyncio.ensure_future(self._watch(self._program))
        return published

    start = direct(try_start)

    async def try_stop(self) -> Result[bool]:
        """End the program at once, whatever it is doing. Stopping an ended process changes nothing."""
        if self._program is None:
            self.state = ProcessState.STOPPED
            return await self._publish(PROCESS_STOPPED)
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

    async def try_call(self, name: str, *args: float) -> Result[Any]:
        """Call the exported function ``name`` of a program that was started with ``stay``, or from within an import.

        It runs when the program's entry and all calls before it have returned. Called by an import's function, or in a
        task that it has started, it runs at once while the program waits for that import.

        Integers cross exactly, whatever their width. Several results are a list. A trap ends the process. Fails with
        ``WASM_EXPORT_NOT_FOUND``, ``WASM_EXPORT_ARGUMENTS_INVALID``, ``WASM_PROCESS_ENDED``,
        ``WASM_PROCESS_NOT_STARTED``, and the code of the trap.
        """
        return await self._attempt(self._call(name, args))

    call = direct(try_call)

    async def try_read_memory(self, offset: int, length: int) -> Result[bytes]:
        """Copy ``length`` bytes of linear memory from ``offset``.

        Fails with ``WASM_MEMORY_RANGE_INVALID``, ``WASM_NO_MEMORY``, ``WASM_PROCESS_ENDED``,
        ``WASM_PROCESS_NOT_STARTED``.
        """
        return await self._attempt(self._read_memory(offset, length))

    read_memory = direct(try_read_memory)

    async def try_write_memory(self, offset: int, data: BytesLike) -> Result[None]:
        """Write ``data`` into linear memory at ``offset``; fails as `try_read_memory` does."""
        return await self._attempt(self._write_memory(offset, data))

    write_memory = direct(try_write_memory)

    async def try_memory_size(self) -> Result[int]:
        """Return the size of linear memory in bytes; fails as `try_read_memory` does."""
        return await self._attempt(self._memory_size())

    memory_size = direct(try_memory_size)

    async def try_flush(self) -> Result[None]:
        """Wait until everything that the program has written to persistent mounts is stored."""
        return await self._attempt(self._flush())

    flush = direct(try_flush)

    async def crash(self, reason: str | None = None) -> None:
        """Declare the process crashed: its program ends, the state is Error, ``reason`` is in the event."""
        declared = ProcessExit(ExitReason.TRAPPED, 134, "WASM_PROCESS_CRASHED", reason or "")
        if self._program is None or self._watcher is None or self._watcher.done():
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
        raise self._not_started()

    @property
    def program(self) -> EngineProcess:
        """The engine's side: standard input, output, log and files.

        Raises `KernelError` with ``WASM_PROCESS_NOT_STARTED`` before the first start.
        """
        if self._program is None:
            raise self._not_started()
        return self._program

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

    async def _terminate(self, grace: float) -> ProcessExit:
        await self.program.terminate(grace)
        return await self.wait()

    async def _call(self, name: str, args: tuple[float, ...]) -> Any:
        return await self.program.call_export(name, *args)

    async def _read_memory(self, offset: int, length: int) -> bytes:
        return await self.program.read_memory(offset, length)

    async def _write_memory(self, offset: int, data: BytesLike) -> None:
        await self.program.write_memory(offset, data)

    async def _memory_size(self) -> int:
        return await self.program.memory_size()

    async def _flush(self) -> None:
        await self.program.flush()

    async def _attempt(self, operation: Coroutine[Any, Any, T]) -> Result[T]:
        """Return what ``operation`` answers; an error of the kernel becomes a failure with its code."""
        try:
            return Result.success(await operation)
        except KernelError as error:
            return Result.failure(str(error), code=error.code)

    async def _watch(self, program: EngineProcess) -> ProcessExit:
        end = await program.wait()
        if self._events is not None:
            self._events.close()
        if self._declared_end is not None:
            end, self._declared_end = self._declared_end, None
        published = await self._end(end)
        if published.error is not None:
            # Nobody called, so nobody can be answered: the loop's own handler reports a failing event handler.
            context = {"message": f"The end of process {self.name!r} could not be delivered: {published.error}"}
            asyncio.get_running_loop().call_exception_handler(context)
        return end

    async def _end(self, end: ProcessExit) -> Result[bool]:
        self.exit = end
        crashed = end.reason.is_crash
        self.state = ProcessState.ERROR if crashed else ProcessState.STOPPED
        return await self._publish(PROCESS_CRASHED if crashed else PROCESS_STOPPED)

    async def _publish(self, event_name: str) -> Result[bool]:
        if self._bus is None:
            return Result.success(True)
        payload = {
            "processId": str(self.id),
            "processName": self.name,
            "state": self.state.value,
            "reason": self.exit.message if self.exit is not None and self.exit.reason.is_crash else "",
        }
        if self.exit is not None:
            payload |= {"exitReason": self.exit.reason.value, "exitCode": str(self.exit.exit_code)}
        try:
            await self._bus.publish(event_name, payload)
        except Exception as error:  # a handler's failure is the caller's result, by contract
            return Result.fail(ErrorContext.from_exception(error))
        return Result.success(True)

    def _not_started(self) -> KernelError:
        return KernelError(f"Process {self.name!r} was not started: call start().", code="WASM_PROCESS_NOT_STARTED")
