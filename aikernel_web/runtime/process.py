"""A process: one program, run by the engine, with its states and events (reference contract, section 3.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..contracts.engine import EMPTY_MODULE, BytesLike, Engine, EngineProcess, OutputSink, ProcessSpec, TreeEntry
from ..contracts.errors import KernelError
from ..contracts.events import PROCESS_CRASHED, PROCESS_STARTED, PROCESS_STOPPED, EventBus
from ..contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
from ..contracts.results import ErrorContext, Result, direct

DEFAULT_NAME = "wasm-process"


@dataclass(frozen=True, slots=True)
class WasmProcessOptions:
    """What to run, and with what.

    ``module_bytes`` None or empty runs the empty module. ``args`` are the arguments after the name; ``argv0`` replaces
    the process's name as the first one. ``stdin`` None leaves standard input open. ``files`` maps absolute guest paths
    to contents; ``tree`` is such a tree held by the engine. ``timeout`` is in seconds, ``output_limit`` in bytes.
    """

    module_bytes: BytesLike | None = None
    initial_memory_bytes: int = 65536
    args: tuple[str, ...] = ()
    argv0: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: BytesLike | None = None
    files: Mapping[str, BytesLike] = field(default_factory=dict)
    tree: object | None = None
    preopens: tuple[str, ...] = ("/",)
    timeout: float | None = None
    output_limit: int | None = None
    controllable: bool = True
    sink: OutputSink | None = None

    def to_spec(self, name: str) -> ProcessSpec:
        """Return what the engine needs to run this as ``name``."""
        tree = self.tree
        if tree is None:
            tree = tuple(TreeEntry(path, "file", data) for path, data in self.files.items())
        return ProcessSpec(
            module=self.module_bytes or EMPTY_MODULE,
            args=(self.argv0 if self.argv0 is not None else name, *self.args),
            env=self.env,
            stdin=self.stdin,
            tree=tree,
            preopens=self.preopens,
            timeout=self.timeout,
            output_limit=self.output_limit,
            controllable=self.controllable,
            sink=self.sink,
        )


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
        self._program = self._engine.spawn(self._options.to_spec(self.name))
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

    async def _watch(self, program: EngineProcess) -> ProcessExit:
        end = await program.wait()
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
