"""What providers work on: an inline context and a worker process answer the same questions.

Every method is asynchronous, because a worker answers by message. `WasmRuntimeContext` itself offers the same
synchronously; its ``target`` is the form that providers take. Methods publish what the reference contract says
(section 2.6): ``MemoryAccessed``, ``FileAccessed``, ``StdinSent``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from .engine import BytesLike
from .events import EventBus
from .observation import AudioBlock, Frame


class Target(Protocol):
    """An inline context or a worker process, seen by a provider."""

    @property
    def event_bus(self) -> EventBus | None:
        """Where its events go."""
        ...

    async def read_memory(self, offset: int, length: int) -> bytes:
        """Copy ``length`` bytes of linear memory. Raises `KernelError` with ``WASM_MEMORY_RANGE_INVALID``."""
        ...

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into linear memory; raises as `read_memory` does."""
        ...

    async def memory_size(self) -> int:
        """Return the size of linear memory in bytes."""
        ...

    async def exported_functions(self) -> Sequence[str]:
        """Return the names of the module's exported functions; none before there is a module."""
        ...

    async def call_export(self, name: str, *args: float) -> Any:
        """Call an exported function. Raises `KernelError`: ``WASM_EXPORT_NOT_FOUND`` and those of a call."""
        ...

    async def send_stdin(self, line: str) -> None:
        """Record a line and feed it, with a line break, to standard input."""
        ...

    async def write_stdin(self, data: BytesLike) -> None:
        """Append bytes to standard input, as they are."""
        ...

    async def close_stdin(self) -> None:
        """End standard input: past what was written, the program reads the end of the file."""
        ...

    async def read_file(self, path: str) -> bytes:
        """Return a file's contents. Raises `KernelError`: ``WASM_FILE_NOT_FOUND``, ``WASM_NAME_REQUIRED``."""
        ...

    async def write_file(self, path: str, data: BytesLike) -> None:
        """Replace a file's contents; the directories above it are made."""
        ...

    async def control(self, operation: str, *args: Any) -> Any:
        """Carry out one of the operations of `EngineProcess.control`."""
        ...

    async def frame(self) -> Frame | None:
        """Return the last picture, or None."""
        ...

    async def take_audio(self) -> AudioBlock | None:
        """Take the sound that the program has played since the last call, or None."""
        ...

    async def set_audio_buffer(self, data: BytesLike) -> None:
        """Keep ``data`` as the latest sound."""
        ...

    async def audio_buffer(self) -> bytes:
        """Return the latest sound: what was kept, or taken from the program; empty before there is any."""
        ...

    async def send_event(self, line: str) -> None:
        """Give a line of JSON to the program's readers of ``/dev/event``."""
        ...

    async def save_state(self) -> bytes:
        """Return the whole state in the container of `aikernel_web.runtime.save_state`."""
        ...

    async def restore_state(self, state: BytesLike) -> None:
        """Return to a saved state; refused with nothing changed where it does not fit."""
        ...
