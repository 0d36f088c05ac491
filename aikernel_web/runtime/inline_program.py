"""A context as the program of a process: what an `EngineProcess` is to a worker, this is to the kernel's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ..contracts.engine import EMPTY_MODULE, BytesLike
from ..contracts.errors import KernelError, NotSupportedError
from ..contracts.observation import AudioBlock, Frame, OutputLine, TraceCall
from ..contracts.processes import ExitReason, ProcessExit
from .context import WasmRuntimeContext
from .guest import KILLED

_REASONS = {
    "WASM_MODULE_INVALID": (ExitReason.INVALID, 126),
    "WASM_COMPONENT_UNSUPPORTED": (ExitReason.INVALID, 126),
    "WASM_FEATURE_UNSUPPORTED": (ExitReason.INVALID, 126),
    "WASM_IMPORT_MISSING": (ExitReason.LINK, 126),
    "WASM_MEMORY_LIMIT": (ExitReason.MEMORY, 137),
}
_NO_PROGRAM = frozenset({"WASM_CONTEXT_DISPOSED", "WASM_ENGINE_REQUIRED"})
"""Why nothing was begun at all, so that nothing has crashed either."""


class InlineProgram:
    """Runs a context once, from its instantiation to its end; an `EngineProcess`.

    A command ends when its entry returns; every other module runs until it is killed, or until a call of an export, by
    whomever, ends it.
    """

    def __init__(self, context: WasmRuntimeContext, module: BytesLike | None) -> None:
        self._context = context
        self._module = module
        self._ended: asyncio.Future[ProcessExit] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def started(self) -> ProcessExit | None:
        """Load the module where the context has none, instantiate it and begin; answer its end where it cannot begin.

        Raises `KernelError` where the context is disposed or has no engine.
        """
        context = self._context
        try:
            if not context.is_module_loaded:
                await context.load_module(self._module or EMPTY_MODULE)
            context.begin()
        except KernelError as error:
            if error.code in _NO_PROGRAM:
                raise
            end = ending_of(error, context.exit)
            self._settle(end)
            return end
        context.on_end = self._settle
        self._task = asyncio.ensure_future(self._run())
        return None

    async def wait(self) -> ProcessExit:
        """Wait until the program has ended."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        """End the program."""
        self._settle(KILLED)
        self._context.halt()

    async def terminate(self, grace: float) -> ProcessExit:  # noqa: ARG002 - the seam's signature
        """End the program at once: in this thread there is nothing that would tell it."""
        self.kill()
        return await self.wait()

    def release(self) -> None:
        """End the program; the context belongs to whoever made it."""
        self.kill()

    def write_stdin(self, data: BytesLike) -> None:
        """Append to standard input."""
        self._context.write_stdin(data)

    def close_stdin(self) -> None:
        """End standard input."""
        self._context.close_stdin()

    def output(self, fd: int) -> bytes:
        """Return what was written to ``fd`` so far."""
        return self._context.stdout if fd == 1 else self._context.stderr

    def log(self) -> Sequence[tuple[int, str]]:
        """Return the lines of standard output, then those of standard error."""
        return [(fd, line) for fd in (1, 2) for line in self.output(fd).decode(errors="replace").splitlines()]

    def lines(self) -> Sequence[OutputLine]:
        """Refuse: when a line was written is not kept here."""
        raise _unsupported("times of output", "WASM_LINES_UNSUPPORTED")

    def files(self, path: str = "/") -> Mapping[str, BytesLike]:
        """Return the files below ``path``."""
        control = self._context.control
        return {at: control("files.read", at) for at in control("files.list", path)}

    async def flush(self) -> None:
        """Nothing is persistent in a context."""

    async def call_export(self, name: str, *args: float) -> Any:
        """Call an exported function."""
        return self._context.call(name, *args)

    async def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of memory."""
        return self._context.read_memory(offset, length)

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into memory."""
        self._context.write_memory(offset, data)

    async def memory_size(self) -> int:
        """Return the size of memory in bytes."""
        return self._context.memory_size

    async def control(self, operation: str, *args: Any) -> Any:
        """Carry out an operation."""
        return await self._context.target.control(operation, *args)

    def frame(self) -> Frame | None:
        """Return the last picture."""
        return self._context.frame()

    def audio(self) -> AudioBlock | None:
        """Take the sound that the program has played."""
        return self._context.take_audio()

    def send_input(self, data: BytesLike) -> None:
        """Append records of keys and pointers."""
        self._context.send_input(data)

    def send_event(self, line: str) -> None:
        """Give a line to readers of ``/dev/event``."""
        self._context.send_event(line)

    def resize(self, columns: int, rows: int) -> None:  # noqa: ARG002 - the seam's signature
        """Refuse: a context has no terminal."""
        raise _unsupported("terminal", "WASM_TERMINAL_UNSUPPORTED")

    def trace(self) -> Sequence[TraceCall]:
        """Return nothing: system calls are not recorded in a context."""
        return ()

    def counters(self) -> Mapping[str, float]:
        """Return nothing: system calls are not counted in a context."""
        return {}

    async def _run(self) -> None:
        try:
            await self._context.follow()
        except KernelError as error:
            self._settle(ending_of(error, self._context.exit))
        except Exception as error:  # what an import's function raised: nobody is there who called
            message = f"a function of the host failed: {type(error).__name__}: {error}"
            self._settle(ProcessExit(ExitReason.TRAPPED, 134, "WASM_IMPORT_FAILED", message))
        else:
            if self._context.exit is not None:
                self._settle(self._context.exit)

    def _settle(self, end: ProcessExit) -> None:
        if not self._ended.done():
            self._ended.set_result(end)


def ending_of(error: KernelError, end: ProcessExit | None) -> ProcessExit:
    """Return how a program has ended that could not go on because of ``error``."""
    if end is not None:
        return end
    reason, exit_code = _REASONS.get(error.code, (ExitReason.TRAPPED, 134))
    return ProcessExit(reason, exit_code, error.code, str(error))


def _unsupported(what: str, code: str) -> NotSupportedError:
    return NotSupportedError(f"A process in the kernel's own thread has no {what}: run it in a worker.", code=code)
