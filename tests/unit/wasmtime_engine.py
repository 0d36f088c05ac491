"""An engine for plain CPython: real programs on PyPI wasmtime, behind the same seam as the browser's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import wasmtime

from aikernel_web.contracts.engine import BytesLike, ProcessSpec
from aikernel_web.contracts.errors import KernelError
from aikernel_web.contracts.processes import ExitReason, ProcessExit


def plain(data: BytesLike) -> bytes:
    return bytes(data) if isinstance(data, bytes | bytearray | memoryview) else data.to_bytes()


class WasmtimeEngine:
    def spawn(self, spec: ProcessSpec) -> WasmtimeProcess:
        return WasmtimeProcess(spec)


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
            self.close_stdin()

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
        store = wasmtime.Store(self._engine)
        store.set_epoch_deadline(1)
        wasi = wasmtime.WasiConfig()
        wasi.argv = list(spec.args)
        wasi.env = list(spec.env.items())
        wasi.stdin_file = str(self._path(0) if spec.stdin is None else self._make_stdin(plain(spec.stdin)))
        wasi.stdout_file, wasi.stderr_file = str(self._path(1)), str(self._path(2))
        store.set_wasi(wasi)
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        try:
            instance = linker.instantiate(store, module)
        except wasmtime.WasmtimeError as error:
            return ProcessExit(ExitReason.LINK, 126, "WASM_IMPORT_MISSING", str(error))
        self._loop.call_soon_threadsafe(self._settle_started)
        start = instance.exports(store).get("_start")
        try:
            if isinstance(start, wasmtime.Func):
                start(store)
        except wasmtime.ExitTrap as error:
            return ProcessExit(ExitReason.EXITED, error.code)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            return self._killed or ProcessExit(ExitReason.TRAPPED, 134, "WASM_TRAP", str(error).splitlines()[-1])
        return ProcessExit(ExitReason.EXITED, 0)

    def _settle_started(self) -> None:
        if not self._started.done():
            self._started.set_result(None)

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
