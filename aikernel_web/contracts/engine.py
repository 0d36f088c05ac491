"""The seam to WebAssembly: what the kernel asks of the machine that runs programs.

In a browser the engine is `aikernel_web.browser.engine` (one worker per process); the tests of everything above the
seam run on another one. Bytes that live on the engine's side stay there: a `ForeignBytes` passes through Python as a
reference, so that neither a module nor a tree of files is copied into the interpreter's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from .observation import AudioBlock, Frame, OutputLine, TraceCall
from .processes import ProcessExit

EMPTY_MODULE = b"\0asm\x01\0\0\0"
"""The smallest valid module, what a process runs that was given none (WebAssembly core, section 5.5.16)."""

DEFAULT_COLUMNS, DEFAULT_ROWS = 80, 24
"""The size of a terminal that nobody has measured."""


class ForeignBytes(Protocol):
    """Bytes held on the engine's side; a JavaScript ``Uint8Array`` as Pyodide shows it has this shape."""

    @property
    def byteLength(self) -> int:  # noqa: N802 - the standard's name (ECMA-262, 23.2.3.3)
        """The number of bytes."""
        ...

    def subarray(self, begin: int, end: int) -> ForeignBytes:
        """Return a view of the bytes from ``begin`` up to ``end``, clamped (ECMA-262, 23.2.3.30)."""
        ...

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python."""
        ...


StatePart: TypeAlias = tuple[str, str, Sequence[bytes]]
"""A part of a save state: its tag, a JSON text, and the bytes that the text speaks of."""

BytesLike: TypeAlias = bytes | bytearray | memoryview | ForeignBytes


class OutputSink(Protocol):
    """Takes what a program writes, as it is written."""

    def write(self, fd: int, data: BytesLike) -> object:
        """Take ``data`` of descriptor 1 or 2. An awaitable answer holds the program back until it is done."""
        ...


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a file tree handed to a program."""

    path: str
    kind: Literal["file", "directory", "symlink"]
    data: BytesLike = b""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a program's writable files in memory may take; None is the engine's default.

    ``bytes`` counts the contents of files (1 GiB), ``files`` the files, directories and links (1 000 000): beyond
    either the program gets ``ENOSPC``. ``descriptors`` counts those open at once (16 384): beyond it gets ``ENFILE``.
    """

    bytes: int | None = None
    files: int | None = None
    descriptors: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryMount:
    """A file system in memory at the guest path ``path``. The paths of ``tree`` are absolute within the mount."""

    path: str
    tree: tuple[TreeEntry, ...] | object = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ArchiveMount:
    """The files of an archive (tar, tar.gz or zip), each unpacked when it is first read.

    Changes, where ``read_only`` is False, stay in memory. Bytes that are no such archive end the process with
    ``WASM_ARCHIVE_INVALID``.
    """

    path: str
    data: BytesLike
    read_only: bool = True


@dataclass(frozen=True, slots=True)
class PersistentMount:
    """The store called ``name``, kept by the browser for this origin: what a program changes is there the next time.

    One process at a time writes to a store; a second one ends with ``WASM_MOUNT_BUSY``.
    """

    path: str
    name: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryMount:
    """A directory that the page's user handed over (a ``FileSystemDirectoryHandle``).

    Contents are read when the program first reads them; changes stay in memory and never reach the user's files.
    """

    path: str
    handle: object
    read_only: bool = False


Mount: TypeAlias = MemoryMount | ArchiveMount | PersistentMount | DirectoryMount


class ImportHandler(Protocol):
    """Answers the functions that a module imports from its host.

    ``names`` holds the (module, name) pairs that are offered; an import that nobody offers keeps the program from
    starting.
    """

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """The pairs of module and name that are answered."""
        ...

    def call(self, module: str, name: str, args: Sequence[Any]) -> Any:
        """Answer a call: None, a number, or a list of numbers; or an awaitable of these.

        The program waits meanwhile. What is raised traps it with ``WASM_IMPORT_FAILED`` and the message.
        """
        ...

    def function(self, module: str, name: str) -> Any:
        """Return what is offered under a name, for an instance in this thread: a function, or a number for a global.

        It is called with ints and floats, and answers as `call` does; a coroutine function may wait where the program
        was called by `EngineInstance.run`. What it raises reaches the caller of the export, the same exception.
        """
        ...


class TraceBatch(Protocol):
    """System calls on the engine's side: only those that are looked at become Python objects."""

    @property
    def reference(self) -> object:
        """The engine's own form of all of them."""
        ...

    def __len__(self) -> int: ...

    def first(self, count: int) -> Sequence[TraceCall]:
        """Return the first ``count`` calls, or as many as there are."""
        ...


class ProcessObserver(Protocol):
    """Is told what a program does besides writing output."""

    def event(self, line: str) -> object:
        """Take a line that the program wrote to ``/dev/event``."""
        ...

    def terminal(self, raw: bool) -> object:
        """Learn that the program took the terminal's keys as they come (``raw``), or gave line editing back."""
        ...

    def trace(self, calls: TraceBatch) -> object:
        """Take the system calls of one turn of a traced program."""
        ...


ClockMode: TypeAlias = Literal["real", "virtual", "manual"]


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """The clock that a program sees at its start.

    ``real`` follows the host's clock; ``virtual`` begins at ``start`` (nanoseconds since the Unix epoch) and moves by
    the host and by the program's own sleeps, which take no time; ``manual`` moves by the host alone, and who sleeps
    waits for it. ``scale`` multiplies what passes; a ``paused`` clock stands.
    """

    mode: ClockMode = "real"
    start: int = 0
    scale: float = 1.0
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """Everything an engine needs to run one program.

    ``args`` starts with the program's name. ``stdin`` None leaves standard input open; bytes are followed by end of
    file. ``tree`` holds the initial files, or the engine's own reference to such a list. ``preopens`` are the guest
    directories the program may use, from descriptor 3 on. ``timeout`` is in seconds of wall time, ``output_limit`` in
    bytes over standard output and error together, ``memory_limit`` in bytes of linear memory. Without a ``sink`` the
    output is kept for `EngineProcess.output`. ``stay`` keeps the instance after its entry has returned, so that its
    exports can be called until it is killed. ``trace`` records its system calls. ``terminal`` makes descriptors 0 to 2
    a terminal of ``columns`` by ``rows``. ``clock`` is the clock it sees; with a ``seed`` its randomness is generated
    from that number (0 to 2**53 - 1) instead of drawn. With a ``state`` (the parts of a save state of this module) the
    program goes on from there instead of beginning: neither its start section nor its entry is run, it stays, and what
    the state holds counts in the place of ``args``, ``env``, ``stdin``, ``tree``, ``preopens``, ``clock`` and ``seed``.
    ``lossless`` makes a program wait for its display, so that every picture arrives.
    """

    module: BytesLike
    args: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: BytesLike | None = None
    tree: tuple[TreeEntry, ...] | object = ()
    preopens: tuple[str, ...] = ("/",)
    timeout: float | None = None
    output_limit: int | None = None
    controllable: bool = True
    sink: OutputSink | None = None
    memory_limit: int | None = None
    quota: Quota = field(default_factory=Quota)
    mounts: tuple[Mount, ...] = ()
    imports: ImportHandler | None = None
    observer: ProcessObserver | None = None
    stay: bool = False
    trace: bool = False
    terminal: bool = False
    columns: int = DEFAULT_COLUMNS
    rows: int = DEFAULT_ROWS
    clock: ClockSpec = ClockSpec()
    seed: int | None = None
    lossless: bool = False
    state: Sequence[StatePart] | None = None


class EngineProcess(Protocol):
    """One running, or ended, program."""

    async def started(self) -> ProcessExit | None:
        """Wait until the program is linked and about to run; answer its end where it could not be started."""
        ...

    async def wait(self) -> ProcessExit:
        """Wait until the program has ended."""
        ...

    def write_stdin(self, data: BytesLike) -> None:
        """Append to standard input. Bytes for a program that has ended are dropped."""
        ...

    def close_stdin(self) -> None:
        """End standard input; reading past what was written gives end of file."""
        ...

    def kill(self) -> None:
        """End the program at once, whatever it does; it has ended with the reason `killed` when this returns."""
        ...

    def output(self, fd: int) -> BytesLike:
        """Return what the program has written to ``fd`` (1 or 2) so far, where it was started without a sink."""
        ...

    def log(self) -> Sequence[tuple[int, str]]:
        """Return the last lines the program wrote as (descriptor, text without its line end), as they came."""
        ...

    def files(self, path: str = "/") -> Mapping[str, BytesLike]:
        """Return the files below ``path`` that an ended program left.

        Raises `KernelError`: ``WASM_PROCESS_RUNNING`` while it runs, ``WASM_FILES_LOST`` when it was killed, for its
        file system ended with it.
        """
        ...

    def release(self) -> None:
        """Drop the output and files that are kept of an ended program; a running one is killed."""
        ...

    async def terminate(self, grace: float) -> ProcessExit:
        """Ask the program to end by its own exit path, kill it after ``grace`` seconds, and return its end."""
        ...

    async def call_export(self, name: str, *args: float) -> Any:
        """Call an exported function of a program that stays; several results are a list.

        It runs when the program's entry and all calls before it have returned. Called by an import's function, or in a
        task that it has started, it runs at once while the program waits for that import.

        Raises `KernelError`: ``WASM_EXPORT_NOT_FOUND``, ``WASM_EXPORT_ARGUMENTS_INVALID``, ``WASM_PROCESS_ENDED``, and
        the code of the trap where the call ended the program.
        """
        ...

    async def read_memory(self, offset: int, length: int) -> bytes:
        """Copy ``length`` bytes of linear memory from ``offset``.

        Raises `KernelError`: ``WASM_MEMORY_RANGE_INVALID``, ``WASM_NO_MEMORY``, ``WASM_PROCESS_ENDED``.
        """
        ...

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write ``data`` into linear memory at ``offset``; raises as `read_memory` does."""
        ...

    async def memory_size(self) -> int:
        """Return the size of linear memory in bytes."""
        ...

    async def flush(self) -> None:
        """Wait until everything that the program has written to persistent mounts is stored."""
        ...

    async def control(self, operation: str, *args: Any) -> Any:
        """Carry out one of the operations that static/process/control names, on files, time, display or state.

        Arguments and answers are plain: None, bool, int, float, str, bytes, lists and dicts of these. Raises
        `KernelError` with the operation's code, ``WASM_OPERATION_UNKNOWN``, ``WASM_PROCESS_ENDED``.
        """
        ...

    def frame(self) -> Frame | None:
        """Return the last picture, or None where there was none."""
        ...

    def audio(self) -> AudioBlock | None:
        """Take the sound that has come since the last call (the last 16 MiB of it), or None."""
        ...

    def send_input(self, data: BytesLike) -> None:
        """Append records of keys and pointers to ``/dev/input/events``, in the format of ``aikernel.h``."""
        ...

    def send_event(self, line: str) -> None:
        """Give a line to the program's readers of ``/dev/event``."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""
        ...

    def trace(self) -> Sequence[TraceCall]:
        """Return the last system calls of a traced program, at most 10 000."""
        ...

    def counters(self) -> Mapping[str, float]:
        """Return what an ended program has used, and how often it made each system call; empty while it runs."""
        ...

    def lines(self) -> Sequence[OutputLine]:
        """Return the last lines of output with their times, bounded as `log` is."""
        ...


class MemoryWindow(Protocol):
    """A part of an instance's linear memory, as it is at this moment; refused once the memory has grown.

    Every method raises `KernelError` with ``WASM_MEMORY_VIEW_STALE`` then.
    """

    @property
    def nbytes(self) -> int:
        """The length in bytes."""
        ...

    def read_into(self, target: Any) -> None:
        """Copy all of it into a writable buffer of the same number of bytes: one copy."""
        ...

    def write_from(self, source: Any) -> None:
        """Copy a buffer of the same number of bytes over it: one copy."""
        ...


class EngineInstance(Protocol):
    """One instance in the kernel's own thread: every call is synchronous."""

    def function(self, name: str) -> Callable[..., Any]:
        """Return an exported function, which takes numbers and answers None, a number, or a list of several.

        Raises `KernelError` with ``WASM_EXPORT_NOT_FOUND``; the function raises ``WASM_EXPORT_ARGUMENTS_INVALID``, the
        code of a trap, ``WASM_PROCESS_ENDED`` where the program exits or has ended, ``WASM_SUSPENSION_UNAVAILABLE``
        where it would have to wait, and what an import of Python's has raised, as it was raised.
        """
        ...

    async def run(self, name: str) -> None:
        """Call an export without arguments on a stack that can be suspended, so that it may wait.

        A program that exits has ended by it, which `exit` tells; everything else is raised as a function raises it.
        """
        ...

    def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of linear memory. Raises `KernelError`: ``WASM_MEMORY_RANGE_INVALID``, ``WASM_NO_MEMORY``."""
        ...

    def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into linear memory; raises as `read_memory` does."""
        ...

    def memory_size(self) -> int:
        """Return the size of linear memory in bytes; 0 without one."""
        ...

    def memory_window(self, offset: int, length: int) -> MemoryWindow:
        """Return a part of linear memory that is looked at in place; raises as `read_memory` does."""
        ...

    def control(self, operation: str, *args: Any) -> Any:
        """Carry out one of the operations of `EngineProcess.control`; those that take time answer an awaitable."""
        ...

    @property
    def exit(self) -> ProcessExit | None:
        """How the program has ended: by ``proc_exit`` or a trap; None while it can be called."""
        ...

    def write_stdin(self, data: BytesLike) -> None:
        """Append to standard input."""
        ...

    def close_stdin(self) -> None:
        """End standard input."""
        ...

    def output(self, fd: int) -> BytesLike:
        """Return what was written to ``fd`` (1 or 2) so far, where there is no sink."""
        ...

    def frame(self) -> Frame | None:
        """Return the last picture shown on ``/dev/fb``, or None."""
        ...

    def audio(self) -> AudioBlock | None:
        """Take the sound played on ``/dev/audio`` since the last call, or None."""
        ...

    def send_input(self, data: BytesLike) -> None:
        """Append records to ``/dev/input/events``."""
        ...

    def send_event(self, line: str) -> None:
        """Give a line to readers of ``/dev/event``."""
        ...

    def dispose(self) -> None:
        """Let go of the instance and everything it holds; again changes nothing."""
        ...


class EngineModule(Protocol):
    """A compiled module."""

    def instantiate(self, spec: ProcessSpec) -> EngineInstance:
        """Link and instantiate in the kernel's own thread; a start section runs, exported entries do not.

        Of ``spec`` what makes sense without a worker is heeded: args, env, tree, preopens, stdin, quota, imports, sink,
        observer, clock, seed. Raises `KernelError`: ``WASM_IMPORT_MISSING``, the code of a trap.
        """
        ...


class Engine(Protocol):
    """Runs WebAssembly programs, each isolated from every other."""

    def spawn(self, spec: ProcessSpec) -> EngineProcess:
        """Start a program in a place of its own."""
        ...

    async def compile(self, module: BytesLike, *, memory_limit: int | None = None) -> EngineModule:
        """Compile a module for inline instances.

        Raises `KernelError`: ``WASM_MODULE_INVALID``, ``WASM_COMPONENT_UNSUPPORTED``, ``WASM_FEATURE_UNSUPPORTED``,
        ``WASM_MEMORY_LIMIT``.
        """
        ...
