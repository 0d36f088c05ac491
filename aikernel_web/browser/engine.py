"""The engine in a browser, behind static/bridge/wasm.mjs: one worker per process, or instances in the kernel's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pyodide.ffi import JsProxy, to_js

from ..contracts.engine import BytesLike, ProcessSpec
from ..contracts.errors import KernelError
from ..contracts.observation import OutputLine, TraceCall
from ..contracts.processes import ProcessExit
from .answers import answer, call, exit_of
from .convert import optional, plain, to_object
from .instance import BrowserModule
from .spec import Held, spec_fields, trace_calls
from .surroundings import Surroundings


class BrowserEngine:
    """Runs programs through the page's own WebAssembly."""

    def __init__(self, engine: JsProxy) -> None:
        self._engine: Any = engine

    def spawn(self, spec: ProcessSpec) -> BrowserProcess:
        """Start a program. Raises `KernelError` with ``WASM_PROCESS_LIMIT`` when too many are running."""
        held = Held()
        try:
            return BrowserProcess(call(self._engine.spawn, to_object(spec_fields(spec, held))), held)
        except KernelError:
            held.destroy()
            raise

    async def compile(self, module: BytesLike, *, memory_limit: int | None = None) -> BrowserModule:
        """Compile a module for instances in the kernel's own thread."""
        return BrowserModule(await answer(self._engine.compile, to_js(module), memory_limit))


class BrowserProcess(Surroundings):
    """One program in its worker. ``handle`` is the JavaScript side of it."""

    def __init__(self, handle: Any, held: Held) -> None:
        self.handle = handle
        self._held = held

    async def started(self) -> ProcessExit | None:
        """Wait until the program runs; answer its end where it could not be started."""
        ended = optional(await self.handle.started())
        if ended is None:
            return None
        self._held.destroy()
        return exit_of(ended)

    async def wait(self) -> ProcessExit:
        """Wait until the program has ended."""
        end = exit_of(await self.handle.wait())
        self._held.destroy()
        return end

    def kill(self) -> None:
        """Terminate the worker."""
        self.handle.kill()

    def log(self) -> Sequence[tuple[int, str]]:
        """Return the last lines of output."""
        return [(fd, text) for fd, text in self.handle.log().to_py()]

    def files(self, path: str = "/") -> Mapping[str, BytesLike]:
        """Return the files below ``path`` that the ended program left."""
        return dict(call(self.handle.files, path).as_object_map().items())

    def release(self) -> None:
        """Drop output and files; kill the program if it runs."""
        self.handle.release()

    async def terminate(self, grace: float) -> ProcessExit:
        """Ask the program to end, and kill it after the grace."""
        return exit_of(await answer(self.handle.terminate, grace))

    async def call_export(self, name: str, *args: float) -> Any:
        """Call an exported function."""
        value = optional(await answer(self.handle.callExport, name, to_js(args), self._held.within))
        return value.to_py() if isinstance(value, JsProxy) else value

    async def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of linear memory."""
        return cast("bytes", (await answer(self.handle.readMemory, offset, length)).to_bytes())

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into linear memory."""
        await answer(self.handle.writeMemory, offset, to_js(data))

    async def memory_size(self) -> int:
        """Return the size of linear memory."""
        return int(await answer(self.handle.memorySize))

    async def flush(self) -> None:
        """Wait until persistent mounts are stored."""
        await answer(self.handle.flush)

    async def control(self, operation: str, *args: Any) -> Any:
        """Carry out an operation of static/process/control."""
        return plain(await answer(self.handle.control, operation, to_object(args)))

    def resize(self, columns: int, rows: int) -> None:
        """Tell the size of the terminal."""
        self.handle.resize(columns, rows)

    def trace(self) -> Sequence[TraceCall]:
        """Return the last system calls."""
        return trace_calls(self.handle.trace())

    def counters(self) -> Mapping[str, float]:
        """Return what the ended program has used."""
        return cast("dict[str, float]", self.handle.counters().to_py())

    def lines(self) -> Sequence[OutputLine]:
        """Return the last lines of output with their times."""
        return [
            OutputLine(fd, datetime.fromtimestamp(time / 1000, UTC), text)
            for fd, time, text in self.handle.lines().to_py()
        ]
