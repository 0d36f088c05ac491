"""A context as providers see it: the same as a worker process, asynchronously."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..contracts.engine import BytesLike
from ..contracts.events import EventBus
from ..contracts.observation import AudioBlock, Frame

if TYPE_CHECKING:
    from .context import WasmRuntimeContext


class ContextTarget:
    """The `Target` over a context: every method is the context's own, awaited."""

    def __init__(self, context: WasmRuntimeContext) -> None:
        self.context = context

    @property
    def event_bus(self) -> EventBus | None:
        """The context's bus."""
        return self.context.event_bus

    async def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of memory."""
        return self.context.read_memory(offset, length)

    async def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into memory."""
        self.context.write_memory(offset, data)

    async def memory_size(self) -> int:
        """Return the size of memory in bytes."""
        return self.context.memory_size

    async def exported_functions(self) -> Sequence[str]:
        """Return the names of what can be called."""
        return tuple(self.context.exports)

    async def call_export(self, name: str, *args: float) -> Any:
        """Call an exported function."""
        return self.context.call(name, *args)

    async def send_stdin(self, line: str) -> None:
        """Record a line and feed it to standard input."""
        self.context.send_stdin(line)

    async def write_stdin(self, data: BytesLike) -> None:
        """Append bytes to standard input."""
        self.context.write_stdin(data)

    async def close_stdin(self) -> None:
        """End standard input."""
        self.context.close_stdin()

    async def read_file(self, path: str) -> bytes:
        """Return a file's contents."""
        return self.context.read_file(path)

    async def write_file(self, path: str, data: BytesLike) -> None:
        """Replace a file's contents."""
        self.context.write_file(path, data)

    async def control(self, operation: str, *args: Any) -> Any:
        """Carry out an operation."""
        answer = self.context.control(operation, *args)
        return await answer if inspect.isawaitable(answer) else answer

    async def frame(self) -> Frame | None:
        """Return the last picture."""
        return self.context.frame()

    async def take_audio(self) -> AudioBlock | None:
        """Take the sound that the program has played."""
        return self.context.take_audio()

    async def set_audio_buffer(self, data: BytesLike) -> None:
        """Keep the latest sound."""
        self.context.set_audio_buffer(data)

    async def audio_buffer(self) -> bytes:
        """Return the latest sound."""
        return self.context.get_audio_buffer()

    async def send_event(self, line: str) -> None:
        """Give a line to the program's readers of ``/dev/event``."""
        self.context.send_event(line)

    async def save_state(self) -> bytes:
        """Return the whole state."""
        return self.context.save_state()

    async def restore_state(self, state: BytesLike) -> None:
        """Return to a saved state."""
        self.context.restore_state(state)
