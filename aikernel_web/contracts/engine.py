"""The seam to WebAssembly: what the kernel asks of the machine that runs programs.

In a browser the engine is `aikernel_web.browser.engine` (one worker per process); the tests of everything above the
seam run on another one. Bytes that live on the engine's side stay there: a `ForeignBytes` passes through Python as a
reference, so that neither a module nor a tree of files is copied into the interpreter's memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .processes import ProcessExit

EMPTY_MODULE = b"\0asm\x01\0\0\0"
"""The smallest valid module, what a process runs that was given none (WebAssembly core, section 5.5.16)."""


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
class ProcessSpec:
    """Everything an engine needs to run one program.

    ``args`` starts with the program's name. ``stdin`` None leaves standard input open; bytes are followed by end of
    file. ``tree`` holds the initial files, or the engine's own reference to such a list. ``preopens`` are the guest
    directories the program may use, from descriptor 3 on. ``timeout`` is in seconds of wall time, ``output_limit`` in
    bytes over standard output and error together. Without a ``sink`` the output is kept for `EngineProcess.output`.
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


class Engine(Protocol):
    """Runs WebAssembly programs, each isolated from every other."""

    def spawn(self, spec: ProcessSpec) -> EngineProcess:
        """Start a program in a place of its own."""
        ...
