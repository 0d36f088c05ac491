"""What can be asked of one process of the kernel, and given to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from operator import index
from typing import Any

from ..contracts.errors import KernelError
from .peer import REPLY_TIMEOUT, Peer

_within: ContextVar[tuple[str, int] | None] = ContextVar("within", default=None)
"""The import that this code answers: the process's id, and which of its calls."""


class ProcessCall:
    """Calls the kernel about one process."""

    def __init__(self, peer: Peer, process_id: str, name: str) -> None:
        self.peer = peer
        self.id = process_id
        self._name = name
        self._generation = peer.generation

    def __call__(self, method: str, *, timeout: float | None = REPLY_TIMEOUT, **params: object) -> Any:
        """Call ``method`` of the kernel about the process; raises as `Peer.call`, and ``WASM_PROCESS_RESET``."""
        if self._generation != self.peer.generation:
            message = (
                f"Program {self._name!r} was started before kernel.reset(), which ended it and dropped what it left."
            )
            raise KernelError(message, code="WASM_PROCESS_RESET")
        return self.peer.call(method, {"id": self.id, **params}, timeout=timeout)

    def control(self, operation: str, *args: object, timeout: float | None = REPLY_TIMEOUT) -> Any:
        """Carry out an operation of static/process/control on the process; ``WASM_PROCESS_ENDED`` when it has ended."""
        return self("process.control", operation=operation, args=args, timeout=timeout)

    @contextlib.contextmanager
    def answering(self, number: int) -> Iterator[None]:
        """Mark what runs here as the answer to an import of the process: its calls of exports are from within it."""
        token = _within.set((self.id, number))
        try:
            yield
        finally:
            _within.reset(token)

    @property
    def within(self) -> int | None:
        """Which import of the process the code that asks answers, or None."""
        process_id, number = _within.get() or (None, None)
        return number if process_id == self.id else None


class InputWriter:
    """A program's standard input."""

    def __init__(self, call: ProcessCall) -> None:
        self._call = call

    def write(self, data: bytes | str) -> None:
        """Append to standard input; text is encoded as UTF-8."""
        self._call("process.stdin", bytes=data.encode() if isinstance(data, str) else data)

    def close(self) -> None:
        """End standard input."""
        self._call("process.closeStdin")


class ProcessMemory:
    """The linear memory of a program that is running or stays.

    Every method raises `KernelError`: ``WASM_MEMORY_RANGE_INVALID``, ``WASM_NO_MEMORY``, ``WASM_PROCESS_ENDED``.
    """

    def __init__(self, call: ProcessCall) -> None:
        self._call = call

    @property
    def size(self) -> int:
        """The size in bytes; a multiple of 65 536."""
        return int(self._call("process.memory.size"))

    def read(self, offset: int, length: int) -> bytes:
        """Copy ``length`` bytes from ``offset``."""
        return bytes(self._call("process.memory.read", offset=index(offset), length=index(length)))

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` at ``offset``."""
        self._call("process.memory.write", offset=index(offset), bytes=memoryview(data))
