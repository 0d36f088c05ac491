"""An engine for plain CPython: real programs on PyPI wasmtime, behind the same seam as the browser's.

A program runs in a thread of its own, which alone touches its store: calls of exports and of memory are sent to it, and
served while the program stays, or waits for an import. What wasmtime's Python cannot do is refused with a
`NotSupportedError`: mounts, quotas, tracing, devices, the terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import wasmtime
from unit.wasmtime_inline import WasmtimeModule, compile_module

from aikernel_web.contracts.engine import DEFAULT_COLUMNS, DEFAULT_ROWS, BytesLike, ProcessSpec, Quota
from aikernel_web.contracts.errors import KernelError, NotSupportedError
from aikernel_web.contracts.observation import AudioBlock, Frame, OutputLine, TraceCall
from aikernel_web.contracts.processes import ExitReason, ProcessExit

Request = Callable[[], object]


def plain(data: BytesLike) -> bytes:
    return bytes(data) if isinstance(data, bytes | bytearray | memoryview) else data.to_bytes()


def refuse(what: str, code: str) -> NoReturn:
    raise NotSupportedError(f"The engine of the unit tests has no {what}.", code=code)


class ImportFailedError(Exception):
    """A function of the host raised; the message is the process's."""


class WasmtimeEngine:
    def spawn(self, spec: ProcessSpec) -> WasmtimeProcess:
        if spec.mounts:
            refuse("mounts", "WASM_MOUNTS_UNSUPPORTED")
        if spec.quota != Quota():
            refuse("quotas", "WASM_QUOTA_UNSUPPORTED")
        if spec.trace:
            refuse("traces", "WASM_TRACE_UNSUPPORTED")
        if spec.terminal or (spec.columns, spec.rows) != (DEFAULT_COLUMNS, DEFAULT_ROWS):
            refuse("terminal", "WASM_TERMINAL_UNSUPPORTED")
        return WasmtimeProcess(spec)

    async def compile(self, module: BytesLike, *, memory_limit: int | None = None) -> WasmtimeModule:
        return compile_module(plain(module), memory_limit)


class WasmtimeProcess:
    def __init__(self, spec: ProcessSpec) -> None:
        self._spec = spec
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[ProcessExit | None] = self._loop.create_future()
        self._ended: asyncio.Future[ProcessExit] = self._loop.create_future()
        self._folder = Path(tempfile.mkdtemp(prefix="wasmtime-engine-"))
        self._stdin = os.open(self._make_stdin(), os.O_RDWR) if spec.stdin is None else -1
        config = wasmtime.Config()
        config.epoch_interruption = True
        self._engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(self._engine)
        self._exports: Any = None
        self._requests: queue.Queue[Request | None] = queue.Queue()
        self._serving = False
        self._memory_bytes = 0
        self._killed: ProcessExit | None = None
        if spec.timeout is not None:
            late = ProcessExit(ExitReason.TIMEOUT, 124, "WASM_PROCESS_TIMEOUT", f"still running after {spec.timeout} s")
            self._loop.call_later(spec.timeout, self._terminate, late)
        threading.Thread(target=self._run, daemon=True).start()

    async def started(self) -> ProcessExit | None:
        return await asyncio.shield(self._started)

    async def wait(self) -> ProcessExit:
        return await asyncio.shield(self._ended)

    def write_stdin(self, data: BytesLike) -> None:
        if self._stdin >= 0 and not self._ended.done():
            os.write(self._stdin, plain(data))

    def close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def kill(self) -> None:
        self._terminate(ProcessExit(ExitReason.KILLED, 137, "WASM_PROCESS_KILLED"))

    async def terminate(self, grace: float) -> ProcessExit:  # noqa: ARG002 - no program of these tests takes signals
        self._terminate(ProcessExit(ExitReason.KILLED, 143, "WASM_PROCESS_TERMINATED"))
        return await self.wait()

    async def call_export(self, name: str, *args: float) -> Any:
        def call() -> object:
            function = self._exports.get(name)
            if not isinstance(function, wasmtime.Func):
                raise KernelError(f"There is no exported function {name!r}.", code="WASM_EXPORT_NOT_FOUND")
            if len(args) != len(function.type(self._store).params):
                raise KernelError(f"{name} takes other arguments.", code="WASM_EXPORT_ARGUMENTS_INVALID")
            try:
                return function(self._store, *args)
            except (wasmtime.Trap, wasmtime.WasmtimeError, ImportFailedError) as error:
                end = self._killed or self._ending(error)
                self._killed = end
                raise KernelError(end.message, code=end.code or "WASM_TRAP") from None

        return await self._ask(call)

    async def read_memory(self, offset: int, length: int) -> bytes:
        return await self._ask(lambda: bytes(self._memory(offset, length).read(self._store, offset, offset + length)))

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        raw = plain(data)
        await self._ask(lambda: self._memory(offset, len(raw)).write(self._store, raw, offset))

    async def memory_size(self) -> int:
        return await self._ask(lambda: self._memory(0, 0).data_len(self._store))

    async def flush(self) -> None:
        """Nothing is persistent here."""

    async def control(self, operation: str, *args: Any) -> Any:  # noqa: ARG002 - the seam's signature
        refuse(operation, "WASM_OPERATION_UNSUPPORTED")

    def frame(self) -> Frame | None:
        return None

    def audio(self) -> AudioBlock | None:
        return None

    def send_input(self, data: BytesLike) -> None:  # noqa: ARG002 - the seam's signature
        refuse("input device", "WASM_INPUT_UNSUPPORTED")

    def send_event(self, line: str) -> None:  # noqa: ARG002 - the seam's signature
        refuse("event device", "WASM_EVENTS_UNSUPPORTED")

    def resize(self, columns: int, rows: int) -> None:  # noqa: ARG002 - the seam's signature
        refuse("terminal", "WASM_TERMINAL_UNSUPPORTED")

    def trace(self) -> Sequence[TraceCall]:
        return ()

    def counters(self) -> Mapping[str, float]:
        return {"memory_bytes": self._memory_bytes} if self._ended.done() else {}

    def lines(self) -> Sequence[OutputLine]:
        refuse("times of output", "WASM_LINES_UNSUPPORTED")

    def output(self, fd: int) -> bytes:
        return self._path(fd).read_bytes()

    def log(self) -> Sequence[tuple[int, str]]:
        return [(fd, line) for fd in (1, 2) for line in self.output(fd).decode().splitlines()]

    def files(self, path: str = "/") -> Mapping[str, BytesLike]:  # noqa: ARG002 - the seam's signature
        raise KernelError("This engine gives programs no files.", code="WASM_FILES_LOST")

    def release(self) -> None:
        self.kill()

    def _terminate(self, end: ProcessExit) -> None:
        if not self._ended.done() and self._killed is None:
            self._killed = end
            self._engine.increment_epoch()
            self._requests.put(None)
            if self._started.done():  # before that, the program's thread waits for this end of the pipe
                self.close_stdin()

    async def _ask(self, request: Request) -> Any:
        """Run ``request`` in the program's thread."""
        if self._ended.done():
            raise KernelError("The program has ended.", code="WASM_PROCESS_ENDED")
        if not (self._serving or self._spec.stay):
            refuse("way into a program that runs and does not wait", "WASM_CALL_UNSUPPORTED")
        answer: asyncio.Future[object] = self._loop.create_future()

        def settle(value: object, error: BaseException | None) -> None:
            if not answer.done():
                answer.set_exception(error) if error is not None else answer.set_result(value)

        def run() -> None:
            value, problem = None, None
            try:
                value = request()
            except KernelError as error:
                problem = error
            self._loop.call_soon_threadsafe(settle, value, problem)

        self._requests.put(run)
        ended = asyncio.ensure_future(self.wait())
        await asyncio.wait({answer, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not answer.done():
            raise KernelError("The program has ended.", code="WASM_PROCESS_ENDED")
        return answer.result()

    def _serve(self, finished: Callable[[], bool]) -> None:
        """Serve requests in the program's thread until ``finished``, or until the program is killed."""
        outer, self._serving = self._serving, True
        while self._killed is None and not finished():
            request = self._requests.get()
            if request is not None:
                request()
        self._serving = outer

    def _memory(self, offset: int, length: int) -> wasmtime.Memory:
        memory = self._exports.get("memory") if self._exports is not None else None
        if not isinstance(memory, wasmtime.Memory):
            raise KernelError("The module has no memory.", code="WASM_NO_MEMORY")
        if not 0 <= offset <= offset + length <= memory.data_len(self._store):
            raise KernelError(f"{length} bytes at {offset} are outside memory.", code="WASM_MEMORY_RANGE_INVALID")
        return memory

    def _import(self, module: str, name: str) -> Callable[..., Any]:
        handler = self._spec.imports
        assert handler is not None

        def call(*args: Any) -> Any:
            async def answer() -> Any:
                value = handler.call(module, name, args)
                return await value if inspect.isawaitable(value) else value

            asked = asyncio.run_coroutine_threadsafe(answer(), self._loop)
            asked.add_done_callback(lambda _: self._requests.put(None))
            self._serve(asked.done)
            if not asked.done():
                asked.cancel()
                raise ImportFailedError("the program was ended")
            error = asked.exception()
            if error is not None:
                raise ImportFailedError(
                    f"{module}.{name}, a function of the host, failed: {type(error).__name__}: {error}"
                )
            return asked.result()

        return call

    def _run(self) -> None:
        end = self._execute()
        self._deliver()
        with contextlib.suppress(RuntimeError):  # the test and its loop may be over
            self._loop.call_soon_threadsafe(self._settle, end)

    def _execute(self) -> ProcessExit:
        spec = self._spec
        try:
            module = wasmtime.Module(self._engine, plain(spec.module))
        except wasmtime.WasmtimeError as error:
            return ProcessExit(ExitReason.INVALID, 126, "WASM_MODULE_INVALID", str(error))
        store = self._store
        store.set_epoch_deadline(1)
        if spec.memory_limit is not None:
            store.set_limits(memory_size=spec.memory_limit)
        wasi = wasmtime.WasiConfig()
        wasi.argv = list(spec.args)
        wasi.env = list(spec.env.items())
        wasi.stdin_file = str(self._path(0) if spec.stdin is None else self._make_stdin(plain(spec.stdin)))
        wasi.stdout_file, wasi.stderr_file = str(self._path(1)), str(self._path(2))
        store.set_wasi(wasi)
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        offered = set(spec.imports.names) if spec.imports is not None else set()
        for wanted in module.imports:
            pair = (wanted.module, wanted.name or "")
            if pair in offered and isinstance(wanted.type, wasmtime.FuncType):
                linker.define_func(*pair, wanted.type, self._import(*pair))
        try:
            instance = linker.instantiate(store, module)
        except (wasmtime.Trap, ImportFailedError) as error:
            return self._killed or self._ending(error)
        except wasmtime.WasmtimeError as error:
            if spec.memory_limit is not None and "memory" in str(error):
                return ProcessExit(ExitReason.MEMORY, 137, "WASM_MEMORY_LIMIT", str(error))
            return ProcessExit(ExitReason.LINK, 126, "WASM_IMPORT_MISSING", str(error))
        self._exports = instance.exports(store)
        self._loop.call_soon_threadsafe(self._settle_started)
        start = self._exports.get("_start")
        try:
            # A kill from before there was a deadline has passed none.
            if isinstance(start, wasmtime.Func) and self._killed is None:
                start(store)
            if spec.stay:
                self._serve(lambda: False)
        except (wasmtime.Trap, wasmtime.WasmtimeError, ImportFailedError) as error:
            return self._killed or self._ending(error)
        finally:
            with contextlib.suppress(KernelError):
                self._memory_bytes = self._memory(0, 0).data_len(store)
        return self._killed or ProcessExit(ExitReason.EXITED, 0)

    def _ending(self, error: Exception) -> ProcessExit:
        if isinstance(error, wasmtime.ExitTrap):
            return ProcessExit(ExitReason.EXITED, error.code)
        code = "WASM_IMPORT_FAILED" if isinstance(error, ImportFailedError) else "WASM_TRAP"
        return ProcessExit(ExitReason.TRAPPED, 134, code, str(error).splitlines()[-1])

    def _settle_started(self) -> None:
        if not self._started.done():
            self._started.set_result(None)
        if self._killed is not None:
            self.close_stdin()

    def _settle(self, end: ProcessExit) -> None:
        if not self._started.done():
            self._started.set_result(end)
        self._ended.set_result(end)

    def _deliver(self) -> None:
        if self._spec.sink is not None:
            for fd in (1, 2):
                if self._path(fd).exists() and (data := self.output(fd)):
                    self._spec.sink.write(fd, data)

    def _path(self, fd: int) -> Path:
        return self._folder / str(fd)

    def _make_stdin(self, data: bytes | None = None) -> Path:
        if data is None:
            os.mkfifo(self._path(0))
        else:
            self._path(0).write_bytes(data)
        return self._path(0)
