"""What a process runs, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contracts.clock_options import ClockOption, clock_of, seed_of
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
from ..contracts.imports import ClockImport
from .buffers import length_of
from .imports import Imports
from .save_state import module_hash, unpack


@dataclass(frozen=True, slots=True)
class WasmProcessOptions:
    """What to run, and with what.

    ``module_bytes`` None or empty runs the empty module. ``args`` are the arguments after the name; ``argv0`` replaces
    the process's name as the first one. ``stdin`` None leaves standard input open. ``files`` maps absolute guest paths
    to contents; ``tree`` is such a tree held by the engine. ``timeout`` is in seconds, ``output_limit`` and
    ``memory_limit`` are in bytes. ``imports`` answers what the module imports of its own: functions or coroutine
    functions by ``"module.name"`` or ``(module, name)``, or an `ImportHandler`. ``stay`` keeps the instance when its
    entry has returned, for calls of its exports. ``trace`` records system calls, ``observer`` is told of them, and of
    events and the terminal. ``mounts``, ``quota``, ``terminal``, ``columns``, ``rows``, ``seed`` and ``lossless``: see
    `ProcessSpec`. ``clock`` is one, or its mode; None is the host's. ``state`` is a save state of this module, where
    the program goes on instead of beginning.

    ``deterministic`` makes every run with the same module, arguments, files and input the same: None then stands for a
    virtual clock that begins at the epoch, for the seed 0 and for an empty standard input, and the program waits for
    its display. Raises `InvalidArgumentError`: ``WASM_TIME_MODE_INVALID``, ``WASM_TIME_SCALE_NEGATIVE``,
    ``WASM_TIME_RANGE_INVALID``, ``WASM_SEED_INVALID``.
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
    imports: Mapping[str | tuple[str, str], Callable[..., Any] | ClockImport] | ImportHandler | None = None
    observer: ProcessObserver | None = None
    stay: bool = False
    trace: bool = False
    terminal: bool = False
    columns: int = DEFAULT_COLUMNS
    rows: int = DEFAULT_ROWS
    clock: ClockOption = None
    seed: int | None = None
    lossless: bool = False
    deterministic: bool = False
    state: BytesLike | None = None

    def __post_init__(self) -> None:
        """Refuse what is no clock and no seed, and what would be found out late."""
        if self.module_bytes is not None:
            length_of(self.module_bytes)
        if isinstance(self.args, str):
            raise TypeError("args is one text: give several arguments, such as ('-v', 'file')")
        if not (self.imports is None or isinstance(self.imports, Mapping) or hasattr(self.imports, "names")):
            message = (
                f"imports is a {type(self.imports).__name__}: give functions by name, such as {{'env.log': print}}"
            )
            raise TypeError(message)
        clock_of(self.clock, deterministic=self.deterministic)
        seed_of(self.seed, deterministic=self.deterministic)

    def to_spec(self, name: str, observer: ProcessObserver | None = None) -> ProcessSpec:
        """Return what the engine needs to run this as ``name``, with ``observer`` in the place of the options' own.

        Raises `KernelError` with the codes of `aikernel_web.runtime.save_state` where ``state`` is none of this module.
        """
        module = self.module_bytes or EMPTY_MODULE
        tree = self.tree
        if tree is None:
            tree = tuple(TreeEntry(path, "file", data) for path, data in self.files.items())
        return ProcessSpec(
            module=module,
            args=(self.argv0 if self.argv0 is not None else name, *self.args),
            env=self.env,
            stdin=b"" if self.stdin is None and self.deterministic else self.stdin,
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
            clock=clock_of(self.clock, deterministic=self.deterministic),
            seed=seed_of(self.seed, deterministic=self.deterministic),
            lossless=self.lossless or self.deterministic,
            state=None if self.state is None else unpack(self.state, module_hash(module)),
        )
