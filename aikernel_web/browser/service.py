"""What JavaScript calls: the Python half of static/bridge/service.mjs.

Every method answers ``{value: ...}`` or ``{error: {code, message}}``, so that an error keeps its code and no traceback
object stays alive on the other side.
"""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from pyodide.ffi import create_proxy, to_js

from ..contracts.errors import KernelError
from ..contracts.processes import ProcessExit, ProcessId
from ..kernel import Kernel
from ..runtime.process import WasmProcess
from ..shell.session import Session
from .convert import plain, portable, to_object
from .event_feed import EventFeeds
from .options import PeerObserver, read_options

F = TypeVar("F", bound=Callable[..., Any])


def _answers(method: F) -> F:
    """Answer errors instead of raising them."""

    def failed(error: Exception) -> Any:
        code = error.code if isinstance(error, KernelError) else "KERNEL_INTERNAL_ERROR"
        text = str(error) if isinstance(error, KernelError) else f"{type(error).__name__}: {error}"
        return to_object({"error": {"code": code, "message": text}})

    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def call(service: Service, *args: Any) -> Any:
            try:
                value = await method(service, *args)
                service.flush()
                return to_object({"value": value})
            except Exception as error:  # the caller is on the other side
                return failed(error)

    else:

        @functools.wraps(method)
        def call(service: Service, *args: Any) -> Any:
            try:
                value = method(service, *args)
                service.flush()
                return to_object({"value": value})
            except Exception as error:  # the caller is on the other side
                return failed(error)

    return call  # type: ignore[return-value]


class Service:
    """The kernel, as the worker that hosts it calls it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._namespace = self._fresh_namespace()
        self._feeds = EventFeeds(kernel.events)

    def exports(self) -> Any:
        """Return the methods as one JavaScript object of functions, which live as long as the worker."""
        names = [name for name in vars(Service) if not name.startswith("_") and name != "exports"]
        return to_object({name: create_proxy(getattr(self, name)) for name in names})

    def namespace(self) -> Any:
        """Return the globals of code that runs by `kernel.python`; the caller destroys the proxy."""
        return create_proxy(self._namespace, roundtrip=False)

    def flush(self) -> None:
        """Tell the events that led to the answer which comes next."""
        self._feeds.flush()

    @_answers
    async def spawn(self, name: str, process_id: str | None, options: Any) -> object:
        """Create and start a process; one that cannot be started has ended, and is answered all the same.

        The caller may choose the id, so that it can answer imports that are called while the program starts.
        """
        process = await self._kernel.processes.create_process(name, read_options(options))
        if process_id is not None:
            process.id = ProcessId(uuid.UUID(process_id))
        await process.try_start()
        return {"id": str(process.id), "handle": process.program.handle}  # type: ignore[attr-defined]

    @_answers
    def handle(self, process_id: str) -> object:
        """Return the JavaScript side of a process that is starting, running or ended."""
        return self._find(process_id).program.handle  # type: ignore[attr-defined]

    @_answers
    async def terminate(self, process_id: str, grace: float) -> object:
        """Ask a process to end by itself, and kill it after the grace."""
        return _exit(await self._find(process_id).terminate(grace))

    @_answers
    async def wait(self, process_id: str) -> object:
        """Wait for the end of a process; its last event has been delivered then."""
        return _exit(await self._find(process_id).wait())

    @_answers
    async def kill(self, process_id: str) -> None:
        """End a process."""
        await self._find(process_id).stop()

    @_answers
    async def save_state(self, process_id: str) -> bytes:
        """Return the state of a process that no call is running in."""
        return await self._find(process_id).save_state()

    @_answers
    async def restore_state(self, process_id: str, state: Any) -> None:
        """Return a process to a saved state."""
        await self._find(process_id).restore_state(state.to_bytes())

    @_answers
    def release(self, process_id: str) -> None:
        """Drop what is kept of a process."""
        for process in self._kernel.processes.find(process_id):
            process.release()

    @_answers
    def list_processes(self) -> object:
        """Return the process table."""
        return [
            {
                "id": str(process.id),
                "name": process.name,
                "state": process.state.value,
                "startedAt": process.started_at_utc.isoformat() if process.started_at_utc else None,
                "exit": _exit(process.exit) if process.exit else None,
            }
            for process in self._kernel.processes.list_processes()
        ]

    @_answers
    def add_program(self, name: str, data: Any) -> None:
        """Make a module runnable by name."""
        self._kernel.programs.add(name, data)

    @_answers
    def list_programs(self) -> object:
        """Return the programs by name."""
        return [
            {"name": program.name, "bytes": program.size, "source": program.source, "summary": program.summary}
            for program in self._kernel.programs.list()
        ]

    @_answers
    def portable(self, value: object) -> object:
        """Reduce the value of some code to what can leave the interpreter."""
        return portable(value)

    @_answers
    def watch(self, pattern: str, listener: Any) -> object:
        """Call ``listener`` with lists of all events of ``pattern``; the value is a function that ends it."""
        return self._feeds.open(pattern, listener)

    @_answers
    def open_shell(self, sink: Any, observer: Any, columns: int, rows: int) -> object:
        """Open a shell session; the worker owns the proxy and destroys it."""
        session = self._kernel.open_shell(_Terminal(sink), PeerObserver(observer))
        session.resize(columns, rows)
        session.on_foreground = lambda process: observer(
            "foreground", None if process is None else to_object({"id": str(process.id), "name": process.name})
        )
        return create_proxy(session)

    @_answers
    def shell_resize(self, session: Session, columns: int, rows: int) -> None:
        """Take the size of the terminal."""
        session.resize(columns, rows)

    @_answers
    async def shell_execute(self, session: Session, line: str) -> int:
        """Run a command line and answer its exit code."""
        return await session.execute(line)

    @_answers
    def shell_input(self, session: Session, data: Any) -> bool:
        """Give input to the program in the foreground."""
        return session.input(data)

    @_answers
    def shell_end_of_input(self, session: Session) -> bool:
        """End the input of the program in the foreground."""
        return session.end_of_input()

    @_answers
    def shell_interrupt(self, session: Session) -> bool:
        """Kill the program in the foreground."""
        return session.interrupt()

    @_answers
    def shell_complete(self, session: Session, line: str) -> list[str]:
        """Complete the last word of a command line."""
        return list(session.complete(line))

    @_answers
    def uses_gpu(self) -> bool:
        """Whether a GPU device may be open."""
        return not {"gpu", "gallery"}.isdisjoint(vars(self._kernel))

    @_answers
    def attach_canvas(self, name: str, picture: Any) -> None:
        """Take a canvas of the page's, in place of one with that name."""
        from .canvas import PageCanvas  # noqa: PLC0415 - few pages show pictures, and all would wait for it

        self.detach_canvas(name)
        self._kernel.canvases[name] = PageCanvas(name, picture)

    @_answers
    def detach_canvas(self, name: str) -> None:
        """Show nothing in a canvas any more."""
        canvas = self._kernel.canvases.pop(name, None)
        if canvas is not None:
            canvas.close()

    @_answers
    async def draw_gallery(self, canvas: str, request: Any) -> object:
        """Draw a picture of the gallery."""
        return await self._kernel.gallery.draw(canvas, plain(request))

    @_answers
    async def close_gallery(self) -> None:
        """Let go of what the gallery keeps."""
        if "gallery" in vars(self._kernel):
            await self._kernel.gallery.close()

    @_answers
    async def reset(self) -> None:
        """Return the kernel, and the namespace of `kernel.python`, to their first state."""
        await self._kernel.reset()
        self._namespace = self._fresh_namespace()

    def _fresh_namespace(self) -> dict[str, object]:
        return {"__name__": "__main__", "kernel": self._kernel}

    def _find(self, process_id: str) -> WasmProcess:
        found = self._kernel.processes.find(process_id)
        if not found:
            message = (
                f"There is no process {process_id!r}: it was never started, was released, or the kernel was reset."
            )
            raise KernelError(message, code="WASM_PROCESS_NOT_FOUND")
        return found[0]


class _Terminal:
    """A JavaScript sink that also takes Python's bytes; programs write to the sink itself."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def write(self, fd: int, data: object) -> object:
        return self._sink.write(fd, to_js(data))


def _exit(end: ProcessExit) -> dict[str, object]:
    return {
        "reason": end.reason.value,
        "exitCode": end.exit_code,
        "code": end.code,
        "message": end.message,
        "stack": list(end.stack),
    }
