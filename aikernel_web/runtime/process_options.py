"""What a process runs, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contracts.engine import (
    DEFAULT_COLUMNS,
    DEFAULT_ROWS,
    EMPTY_MODULE,
    BytesLike,
    ImportHandler,
    Mount,
    OutputSink,
    ProcessObserver,
    ProcessSpec,
    Quota,
    TreeEntry,
)
from .imports import Imports


@dataclass(frozen=True, slots=True)
class WasmProcessOptions:
    """What to run, and with what.

    ``module_bytes`` None or empty runs the empty module. ``args`` are the arguments after the name; ``argv0`` replaces
    the process's name as the first one. ``stdin`` None leaves standard input open. ``files`` maps absolute guest paths
    to contents; ``tree`` is such a tree held by the engine. ``timeout`` is in seconds, ``output_limit`` and
    ``memory_limit`` are in bytes. ``imports`` answers what the module imports of its own: functions or coroutine
    functions by ``"module.name"`` or ``(module, name)``, or an `ImportHandler`. ``stay`` keeps the instance when its
    entry has returned, for calls of its exports. ``trace`` records system calls, ``observer`` is told of them, and of
    events and the terminal. ``mounts``, ``quota``, ``terminal``, ``columns`` and ``rows``: see `ProcessSpec`.
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
    memory_limit: int | None = None
    quota: Quota = field(default_factory=Quota)
    mounts: tuple[Mount, ...] = ()
    imports: Mapping[str | tuple[str, str], Callable[..., Any]] | ImportHandler | None = None
    observer: ProcessObserver | None = None
    stay: bool = False
    trace: bool = False
    terminal: bool = False
    columns: int = DEFAULT_COLUMNS
    rows: int = DEFAULT_ROWS

    def to_spec(self, name: str, observer: ProcessObserver | None = None) -> ProcessSpec:
        """Return what the engine needs to run this as ``name``, with ``observer`` in the place of the options' own."""
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
            memory_limit=self.memory_limit,
            quota=self.quota,
            mounts=self.mounts,
            imports=Imports(self.imports) if isinstance(self.imports, Mapping) else self.imports,
            observer=observer or self.observer,
            stay=self.stay,
            trace=self.trace,
            terminal=self.terminal,
            columns=self.columns,
            rows=self.rows,
        )
