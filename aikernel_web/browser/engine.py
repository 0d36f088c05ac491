"""The engine in a browser: one worker per process, behind static/bridge/wasm.mjs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pyodide.ffi import JsException, JsProxy, create_proxy, to_js

from ..contracts.engine import BytesLike, OutputSink, ProcessSpec, TreeEntry
from ..contracts.errors import KernelError, error_code_of
from ..contracts.processes import ExitReason, ProcessExit
from .convert import optional, to_object


class BrowserEngine:
    """Runs programs through the page's own WebAssembly, each in a worker of its own."""

    def __init__(self, engine: JsProxy) -> None:
        self._engine: Any = engine

    def spawn(self, spec: ProcessSpec) -> BrowserProcess:
        """Start a program. Raises `KernelError` with ``WASM_PROCESS_LIMIT`` when too many are running."""
        sink = None if spec.sink is None else _Sink(spec.sink)
        fields = {
            "module": spec.module,
            "args": spec.args,
            "env": list(spec.env.items()),
            "stdin": spec.stdin,
            "tree": [_entry(entry) for entry in spec.tree] if isinstance(spec.tree, tuple) else spec.tree,
            "preopens": spec.preopens,
            "timeout": spec.timeout,
            "outputLimit": spec.output_limit,
            "controllable": spec.controllable,
            "sink": None if sink is None else sink.reference,
        }
        return BrowserProcess(_call(self._engine.spawn, to_object(fields)), sink)


class BrowserProcess:
    """One program in its worker. ``handle`` is the JavaScript side of it."""

    def __init__(self, handle: Any, sink: _Sink | None) -> None:
        self.handle = handle
        self._sink = sink

    async def started(self) -> ProcessExit | None:
        """Wait until the program runs; answer its end where it could not be started."""
        ended = optional(await self.handle.started())
        return None if ended is None else _exit(ended)

    async def wait(self) -> ProcessExit:
        """Wait until the program has ended."""
        end = _exit(await self.handle.wait())
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        return end

    def write_stdin(self, data: BytesLike) -> None:
        """Append to standard input."""
        self.handle.writeStdin(to_js(data))

    def close_stdin(self) -> None:
        """End standard input."""
        self.handle.closeStdin()

    def kill(self) -> None:
        """Terminate the worker."""
        self.handle.kill()

    def output(self, fd: int) -> BytesLike:
        """Return what the program has written to ``fd`` so far."""
        return cast("bytes", self.handle.output(fd).to_bytes())

    def log(self) -> Sequence[tuple[int, str]]:
        """Return the last lines of output."""
        return [(fd, text) for fd, text in self.handle.log().to_py()]

    def files(self, path: str = "/") -> Mapping[str, BytesLike]:
        """Return the files below ``path`` that the ended program left."""
        return dict(_call(self.handle.files, path).as_object_map().items())

    def release(self) -> None:
        """Drop output and files; kill the program if it runs."""
        self.handle.release()


class _Sink:
    """A sink as JavaScript sees it. One that came from JavaScript is handed back as it is."""

    def __init__(self, sink: OutputSink) -> None:
        self._proxy = None if isinstance(sink, JsProxy) else create_proxy(sink)
        self.reference = self._proxy or sink

    def close(self) -> None:
        if self._proxy is not None:
            self._proxy.destroy()


def _entry(entry: TreeEntry) -> dict[str, object]:
    if entry.kind == "file":
        return {"path": entry.path, "kind": "file", "bytes": entry.data}
    if entry.kind == "symlink":
        return {"path": entry.path, "kind": "symlink", "target": entry.target}
    return {"path": entry.path, "kind": "directory"}


def _exit(end: Any) -> ProcessExit:
    return ProcessExit(ExitReason(end.reason), end.exitCode, optional(end.code), end.message, tuple(end.stack.to_py()))


def _call(function: Any, *args: object) -> Any:
    """Call JavaScript; what it throws becomes a `KernelError` with the code it carries."""
    try:
        return function(*args)
    except JsException as error:
        raise KernelError(error.message, code=error_code_of(error.message) or "WASM_ENGINE_FAILED") from None
