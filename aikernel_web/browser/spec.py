"""What a process needs, as static/bridge/wasm.mjs takes it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Sequence
from contextvars import Context, ContextVar, copy_context
from typing import Any

from js import Error, Promise
from pyodide.ffi import JsProxy, create_proxy, to_js

from ..contracts.engine import (
    ImportHandler,
    ProcessObserver,
    ProcessSpec,
)
from ..contracts.errors import KernelError
from ..contracts.imports import ClockImport
from ..contracts.observation import TraceCall
from ..runtime.mounts import mount_fields, tree_fields

_within: ContextVar[tuple[Held, int] | None] = ContextVar("within", default=None)
"""The import that this code answers: whose, and which of its calls."""


class Held:
    """What of Python a process holds on to from JavaScript's side, until it has ended."""

    def __init__(self) -> None:
        self._proxies: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def reference(self, value: object) -> Any:
        """Return ``value`` as JavaScript sees it. What came from there, None too, goes back as it is."""
        if value is None or isinstance(value, JsProxy):
            return value
        proxy = create_proxy(value)
        self._proxies.append(proxy)
        return proxy

    def answering(self, number: int) -> Context:
        """Return a context for answering an import: calls of exports made in it are from within that import."""
        context = copy_context()
        context.run(_within.set, (self, number))
        return context

    @property
    def within(self) -> int | None:
        """Which import of the process the code that asks answers, or None."""
        held, number = _within.get() or (None, None)
        return number if held is self else None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` until it is done or the process has ended."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def destroy(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        proxies, self._proxies = self._proxies, []
        for proxy in proxies:
            proxy.destroy()


def spec_fields(spec: ProcessSpec, held: Held) -> dict[str, object]:
    """Return the fields of the engine's `Spec`; what they hold of Python is in ``held``."""
    return {
        "module": spec.module,
        "args": spec.args,
        "env": list(spec.env.items()),
        "stdin": spec.stdin,
        "tree": tree_fields(spec.tree),
        "preopens": spec.preopens,
        "timeout": spec.timeout,
        "outputLimit": spec.output_limit,
        "controllable": spec.controllable,
        "sink": held.reference(spec.sink),
        "memoryLimit": spec.memory_limit,
        "quota": {
            "bytes": spec.quota.bytes,
            "files": spec.quota.files,
            "descriptors": spec.quota.descriptors,
        },
        "mounts": [mount_fields(mount) for mount in spec.mounts],
        "imports": None if spec.imports is None else _imports(spec.imports, held),
        "stay": spec.stay,
        "trace": spec.trace,
        "terminal": spec.terminal,
        "columns": spec.columns,
        "rows": spec.rows,
        "clock": {
            "mode": spec.clock.mode,
            "start": spec.clock.start,
            "scale": spec.clock.scale,
            "paused": spec.clock.paused,
        },
        "seed": spec.seed,
        "lossless": spec.lossless,
        "state": None if spec.state is None else [[tag, text, list(blobs)] for tag, text, blobs in spec.state],
        "events": None if spec.observer is None else held.reference(_listener(spec.observer)),
    }


class _Batch:
    """System calls as JavaScript sent them."""

    def __init__(self, calls: Any) -> None:
        self.reference = calls

    def __len__(self) -> int:
        return int(self.reference.length)

    def first(self, count: int) -> Sequence[TraceCall]:
        return trace_calls(self.reference.slice(0, count))


def _listener(observer: ProcessObserver) -> Any:
    def tell(kind: str, value: Any) -> None:
        try:
            match kind:
                case "event":
                    observer.event(value)
                case "terminal":
                    observer.terminal(bool(value))
                case "trace":
                    observer.trace(_Batch(value))
        except Exception as error:  # who watches a program does not end it
            asyncio.get_running_loop().call_exception_handler({"message": "An observer failed", "exception": error})

    return tell


def _imports(handler: ImportHandler, held: Held) -> object:
    """Return the JavaScript form of ``handler``; one that came from there is handed back as it is."""
    if isinstance(handler, JsProxy):
        return handler

    def answer(module: str, name: str, args: Any) -> Any:
        # A rejected promise instead of an exception: it carries the message alone, and leaves no traceback alive.
        try:
            value = handler.call(module, name, args.to_py())
        except Exception as error:  # the caller is on the other side
            return Promise.reject(Error.new(_said(error)))
        if not inspect.isawaitable(value):
            return to_js(value)
        later = Promise.withResolvers()

        async def settle() -> None:
            try:
                later.resolve(to_js(await value))
            except BaseException as error:
                later.reject(Error.new(_said(error)))
                if not isinstance(error, Exception):
                    raise

        held.run(settle())
        return later.promise

    def call(module: str, name: str, args: Any, within: int) -> Any:
        return held.answering(within).run(answer, module, name, args)

    return {"names": [_import_name(handler, *pair) for pair in handler.names], "call": held.reference(call)}


def _import_name(handler: ImportHandler, module: str, name: str) -> list[object]:
    """Return an `ImportName` of static/process/protocol.mjs."""
    function = handler.function(module, name)
    return [module, name, function.fields()] if isinstance(function, ClockImport) else [module, name]


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, KernelError) else f"{type(error).__name__}: {error}"


def trace_calls(calls: Any) -> list[TraceCall]:
    """Return system calls of JavaScript's as Python's."""
    return [
        TraceCall(call["time"], call["name"], call["args"], call["result"], call["duration"]) for call in calls.to_py()
    ]
