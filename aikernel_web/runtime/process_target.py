"""A process as providers see it: memory, files, input, calls and state of a program, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..contracts.engine import EMPTY_MODULE, BytesLike, EngineProcess
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.events import FILE_ACCESSED, MEMORY_ACCESSED, STDIN_SENT, EventBus
from ..contracts.observation import AudioBlock, Frame
from ..contracts.results import Result, direct
from .buffers import length_of, to_bytes
from .detached_files import guest_path
from .process_options import WasmProcessOptions
from .save_state import module_hash, pack, unpack

if TYPE_CHECKING:
    from .context import WasmRuntimeContext

T = TypeVar("T")


class ProcessTarget:
    """The `Target` that a process is.

    Of a process over a context everything is the context's, whether the process was started or not; of one in a worker
    everything fails with ``WASM_PROCESS_NOT_STARTED`` before its start, and with ``WASM_PROCESS_ENDED`` after its end.
    """

    name: str
    context: WasmRuntimeContext | None
    _bus: EventBus | None
    _program: EngineProcess | None
    _options: WasmProcessOptions | None
    _module_hash: str | None
    _lines: list[str]
    _audio: bytes = b""

    @property
    def event_bus(self) -> EventBus | None:
        """Where its events go."""
        return self._bus

    @property
    def program(self) -> EngineProcess:
        """The engine's side: standard input, output, log and files.

        Raises `KernelError` with ``WASM_PROCESS_NOT_STARTED`` before the first start.
        """
        if self._program is None:
            raise self._not_started()
        return self._program

    async def try_call(self, name: str, *args: float) -> Result[Any]:
        """Call the exported function ``name`` of a program that was started with ``stay``, or from within an import.

        It runs when the program's entry and all calls before it have returned. Called by an import's function, or in a
        task that it has started, it runs at once while the program waits for that import.

        Integers cross exactly, whatever their width. Several results are a list. A trap ends the process. Fails with
        ``WASM_EXPORT_NOT_FOUND``, ``WASM_EXPORT_ARGUMENTS_INVALID``, ``WASM_PROCESS_ENDED``,
        ``WASM_PROCESS_NOT_STARTED``, and the code of the trap.
        """

        async def call() -> Any:
            if self.context is not None:
                return self.context.call(name, *args)
            return await self.program.call_export(name, *args)

        return await self._attempt(call())

    call = direct(try_call)
    call_export = call

    async def try_read_memory(self, offset: int, length: int) -> Result[bytes]:
        """Copy ``length`` bytes of linear memory from ``offset``.

        Fails with ``WASM_MEMORY_RANGE_INVALID``, ``WASM_NO_MEMORY``, ``WASM_PROCESS_ENDED``,
        ``WASM_PROCESS_NOT_STARTED``.
        """

        async def read() -> bytes:
            if self.context is not None:
                return self.context.read_memory(offset, length)
            data = await self.program.read_memory(offset, length)
            await self._accessed("read", offset, length)
            return data

        return await self._attempt(read())

    read_memory = direct(try_read_memory)

    async def try_write_memory(self, offset: int, data: BytesLike) -> Result[None]:
        """Write ``data`` into linear memory at ``offset``; fails as `try_read_memory` does."""

        async def write() -> None:
            if self.context is not None:
                self.context.write_memory(offset, data)
                return
            await self.program.write_memory(offset, data)
            await self._accessed("write", offset, length_of(data))

        return await self._attempt(write())

    write_memory = direct(try_write_memory)

    async def try_memory_size(self) -> Result[int]:
        """Return the size of linear memory in bytes; fails as `try_read_memory` does."""

        async def size() -> int:
            return self.context.memory_size if self.context is not None else await self.program.memory_size()

        return await self._attempt(size())

    memory_size = direct(try_memory_size)

    async def try_control(self, operation: str, *args: Any) -> Result[Any]:
        """Carry out one of the operations of `EngineProcess.control`; fails with the operation's code."""

        async def control() -> Any:
            if self.context is not None:
                return await self.context.target.control(operation, *args)
            return await self.program.control(operation, *args)

        return await self._attempt(control())

    control = direct(try_control)

    async def try_exported_functions(self) -> Result[Sequence[str]]:
        """Return the names of the module's exported functions."""

        async def names() -> Sequence[str]:
            if self.context is not None:
                return tuple(self.context.exports)
            exports = await self.program.control("module.exports")
            return tuple(export["name"] for export in exports if export["kind"] == "function")

        return await self._attempt(names())

    exported_functions = direct(try_exported_functions)

    async def try_send_stdin(self, line: str | None) -> Result[None]:
        """Record a line and give it, with a line break, to standard input."""

        async def send() -> None:
            if self.context is not None:
                self.context.send_stdin(line)
                return
            text = line or ""
            self.program.write_stdin(f"{text}\n".encode())
            self._lines.append(text)
            await self._tell(STDIN_SENT, lambda: {"line": text})

        return await self._attempt(send())

    send_stdin = direct(try_send_stdin)

    def stdin_lines(self) -> list[str]:
        """Return the lines that were sent, in order."""
        return self.context.stdin_lines() if self.context is not None else list(self._lines)

    async def write_stdin(self, data: BytesLike) -> None:
        """Append bytes to standard input, as they are."""
        if self.context is not None:
            self.context.write_stdin(data)
        else:
            self.program.write_stdin(data)

    async def close_stdin(self) -> None:
        """End standard input: past what was written, the program reads the end of the file."""
        if self.context is not None:
            self.context.close_stdin()
        else:
            self.program.close_stdin()

    async def try_read_file(self, path: str) -> Result[bytes]:
        """Return a file's contents; fails with ``WASM_NAME_REQUIRED``, ``WASM_FILE_NOT_FOUND`` and those of files."""

        async def read() -> bytes:
            if self.context is not None:
                return self.context.read_file(path)
            _require_name(path)
            await self._tell(FILE_ACCESSED, lambda: {"operation": "read", "path": path})
            return to_bytes(await self.program.control("files.read", guest_path(path)))

        return await self._attempt(read())

    read_file = direct(try_read_file)

    async def try_write_file(self, path: str, data: BytesLike) -> Result[None]:
        """Replace a file's contents, the directories above it are made; fails with the codes of files."""

        async def write() -> None:
            if self.context is not None:
                self.context.write_file(path, data)
                return
            _require_name(path)
            await self.program.control("files.write", guest_path(path), data)
            await self._tell(FILE_ACCESSED, lambda: {"operation": "write", "path": path})

        return await self._attempt(write())

    write_file = direct(try_write_file)

    async def frame(self) -> Frame | None:
        """Return the last picture, or None."""
        return self.context.frame() if self.context is not None else self.program.frame()

    async def take_audio(self) -> AudioBlock | None:
        """Take the sound that the program has played since the last call, or None."""
        if self.context is not None:
            return self.context.take_audio()
        block = self.program.audio()
        if block is not None:
            self._audio = block.data
        return block

    async def set_audio_buffer(self, data: BytesLike) -> None:
        """Keep ``data`` as the latest sound."""
        if self.context is not None:
            self.context.set_audio_buffer(data)
        else:
            self._audio = to_bytes(data)

    async def audio_buffer(self) -> bytes:
        """Return the latest sound: what was kept, or taken from the program; empty before there is any."""
        return self.context.get_audio_buffer() if self.context is not None else self._audio

    async def send_event(self, line: str) -> None:
        """Give a line to the program's readers of ``/dev/event``."""
        if self.context is not None:
            self.context.send_event(line)
        else:
            self.program.send_event(line)

    async def try_save_state(self) -> Result[bytes]:
        """Return the whole state in the container of `aikernel_web.runtime.save_state`.

        Fails with ``WASM_SAVE_STATE_FRAMES`` while the program runs or waits in a call,
        ``WASM_SAVE_STATE_UNSUPPORTED``, ``WASM_PROCESS_ENDED``, ``WASM_PROCESS_NOT_STARTED``.
        """

        async def save() -> bytes:
            if self.context is not None:
                return self.context.save_state()
            parts = await self.program.control("state.save")
            return pack(self._hash(), [(tag, text, list(blobs)) for tag, text, blobs in parts])

        return await self._attempt(save())

    save_state = direct(try_save_state)

    async def try_restore_state(self, state: BytesLike) -> Result[None]:
        """Return to a saved state of the same module, or fail with nothing changed.

        Fails with ``WASM_SAVE_STATE_REQUIRED``, ``WASM_SAVE_STATE_INVALID`` and the other codes of the container,
        ``WASM_SAVE_STATE_FRAMES``, ``WASM_PROCESS_ENDED``, ``WASM_PROCESS_NOT_STARTED``.
        """

        async def restore() -> None:
            if self.context is not None:
                self.context.restore_state(state)
                return
            program = self.program
            parts = [[tag, text, list(blobs)] for tag, text, blobs in unpack(state, self._hash())]
            await program.control("state.restore", parts)

        return await self._attempt(restore())

    restore_state = direct(try_restore_state)

    def _hash(self) -> str:
        """The hash of the module, worked out once."""
        if self._module_hash is None:
            if self._options is None:
                raise KernelError(f"Process {self.name!r} was released.", code="WASM_PROCESS_RELEASED")
            self._module_hash = module_hash(self._options.module_bytes or EMPTY_MODULE)
        return self._module_hash

    async def _accessed(self, operation: str, offset: int, length: int) -> None:
        payload = {"operation": operation, "offset": str(offset), "length": str(length)}
        await self._tell(MEMORY_ACCESSED, lambda: payload)

    async def _tell(self, event_name: str, payload: Callable[[], Mapping[str, str]]) -> None:
        if self._bus is not None and self._bus.wants(event_name):
            await self._bus.publish(event_name, payload())

    async def _attempt(self, operation: Coroutine[Any, Any, T]) -> Result[T]:
        """Return what ``operation`` answers; an error of the kernel becomes a failure with its code."""
        try:
            return Result.success(await operation)
        except KernelError as error:
            return Result.fail(error)

    def _not_started(self) -> KernelError:
        return KernelError(f"Process {self.name!r} was not started: call start().", code="WASM_PROCESS_NOT_STARTED")


def _require_name(path: str) -> None:
    if not path or path.isspace():
        raise InvalidArgumentError("The path is blank: name the file.", code="WASM_NAME_REQUIRED")
