"""What is around the module of a context: input, files, picture, sound and time (reference contract, section 3.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..contracts.clock_options import scale_of
from ..contracts.clocks import nanoseconds_of, utc_of
from ..contracts.engine import BytesLike
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.events import FILE_ACCESSED, STDIN_SENT
from ..contracts.observation import AudioBlock, Frame
from ..contracts.results import Result, direct
from .buffers import to_bytes
from .context_base import ContextBase, blank
from .detached_files import guest_path
from .pixels import grey_rows


class ContextSurroundings(ContextBase):
    """What the instance works with, and what is kept for one to come."""

    _lines: list[str]
    _audio: bytes

    @property
    def clock(self) -> datetime:
        """The time of its clock (UTC), cut to whole microseconds; it begins at the Unix epoch."""
        return utc_of(self.clock_ns)

    @property
    def clock_ns(self) -> int:
        """The time of its clock in nanoseconds since the Unix epoch."""
        return int(self._guest.machine.control("time.now"))

    @property
    def time_scale(self) -> float:
        """What moves of the clock are multiplied by."""
        return float(self._guest.machine.control("time.state")["scale"])

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands."""
        return bool(self._guest.machine.control("time.state")["paused"])

    def send_stdin(self, line: str | None) -> None:
        """Record a line and give it, with a line break, to standard input; then call a registered ``stdin`` export.

        Raises `DisposedError` with ``WASM_CONTEXT_DISPOSED``.
        """
        self._require()
        line = line or ""
        if not isinstance(line, str):
            raise TypeError(f"a line is text, not {type(line).__name__}: bytes are given by write_stdin()")
        self._lines.append(line)
        self._guest.feed(f"{line}\n".encode())
        if "stdin" in self._registered:
            self._registered["stdin"]([line])
        self._publish(STDIN_SENT, lambda: {"line": line})

    def stdin_lines(self) -> list[str]:
        """Return the lines that were sent, in order."""
        return list(self._lines)

    def write_stdin(self, data: BytesLike) -> None:
        """Give bytes, as they are, to standard input: of the instance, or of the next one. No line is recorded."""
        self._require()
        self._guest.feed(to_bytes(data))

    def close_stdin(self) -> None:
        """End standard input, of the instance or of the next one. Raises `DisposedError`."""
        self._require()
        self._guest.close_stdin()

    def write_file(self, path: str, data: BytesLike) -> None:
        """Replace a file's contents; the directories above it are made.

        Raises `DisposedError`, `InvalidArgumentError` (a `ValueError`) with ``WASM_NAME_REQUIRED`` for a blank path,
        and `KernelError` with the codes of files.
        """
        self._require()
        if not path or path.isspace():
            raise InvalidArgumentError("The path is blank: name the file.", code="WASM_NAME_REQUIRED")
        self._guest.machine.control("files.write", guest_path(path), to_bytes(data))
        self._publish(FILE_ACCESSED, lambda: {"operation": "write", "path": path})

    def try_read_file(self, path: str) -> Result[bytes]:
        """Return a file's contents.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_NAME_REQUIRED``, and after its event with ``WASM_FILE_NOT_FOUND``
        and the other codes of files.
        """
        refused = self._refused() or blank(path)
        if refused is not None:
            return refused
        self._publish(FILE_ACCESSED, lambda: {"operation": "read", "path": path})
        return self._attempt(lambda: to_bytes(self._guest.machine.control("files.read", guest_path(path))))

    read_file = direct(try_read_file)

    def list_files(self) -> list[str]:
        """Return the paths of all files, sorted by code point."""
        return list(self._guest.machine.control("files.list", "/"))

    def publish_event(self, name: str, payload: object) -> None:
        """Publish an event on the context's bus; nothing without one."""
        if self.event_bus is not None:
            self.event_bus.publish_now(name, payload)

    def set_audio_buffer(self, data: BytesLike) -> None:
        """Replace the latest sound."""
        self._audio = to_bytes(data)

    def get_audio_buffer(self) -> bytes:
        """Return the latest sound: what was set, or what was last taken from the program."""
        return self._audio

    def take_audio(self) -> AudioBlock | None:
        """Take the sound that the program has played since the last call, or None."""
        block = self._guest.machine.audio()
        if block is not None:
            self._audio = block.data
        return block

    def set_framebuffer(
        self,
        data: BytesLike,
        width: int | None = None,
        height: int | None = None,
        *,
        format: str = "gray8",  # noqa: A002
    ) -> None:
        """Show a picture, as if the program had drawn it.

        Bytes without a geometry take that of the picture before where they fit it, and are rows of grey otherwise.
        Raises `KernelError` with the codes of ``display.set``.
        """
        pixels = to_bytes(data)
        now = self.frame()
        if width is None or height is None:
            if now is not None and len(now.data) == len(pixels):
                width, height, format = now.width, now.height, now.format  # noqa: A001
            else:
                rows = grey_rows(len(pixels))
                width, height, format = rows.width, rows.height, rows.format  # noqa: A001
        self._guest.machine.control("display.set", pixels, width, height, format)

    def get_framebuffer(self) -> bytes:
        """Return the bytes of the picture; none before there is one."""
        picture = self._guest.machine.control("display.get")
        return b"" if picture is None else to_bytes(picture["bytes"])

    def frame(self) -> Frame | None:
        """Return the last picture with its geometry, or None."""
        return self._guest.machine.frame()

    def advance_time(self, delta: timedelta | float) -> datetime:
        """Move the clock by ``delta`` (seconds) times the scale, cut to whole 100 ns, unless paused; return the time.

        Raises `KernelError` with ``WASM_TIME_RANGE_INVALID``.
        """
        self._guest.machine.control("time.advance", nanoseconds_of(delta))
        return self.clock

    def try_set_time_scale(self, scale: float) -> Result[bool]:
        """Multiply later moves of the clock by ``scale``; fails with ``WASM_TIME_SCALE_NEGATIVE``, also for NaN."""
        try:
            self._guest.machine.control("time.scale", scale_of(scale))
        except KernelError as error:
            return Result.fail(error)
        return Result.success(True)

    set_time_scale = direct(try_set_time_scale)

    def pause_time(self) -> None:
        """Have the clock stand; again changes nothing."""
        self._guest.machine.control("time.pause")

    def resume_time(self) -> None:
        """Have the clock move again."""
        self._guest.machine.control("time.resume")

    def send_input(self, data: BytesLike) -> None:
        """Append records of keys and pointers to ``/dev/input/events``."""
        self._require()
        self._with_instance().send_input(data)

    def send_event(self, line: str) -> None:
        """Give a line to the program's readers of ``/dev/event``."""
        self._require()
        self._with_instance().send_event(line)

    @property
    def stdout(self) -> bytes:
        """What the present instance has written to standard output, where there is no sink."""
        return to_bytes(self._guest.machine.output(1))

    @property
    def stderr(self) -> bytes:
        """What the present instance has written to standard error, where there is no sink."""
        return to_bytes(self._guest.machine.output(2))

    def _with_instance(self) -> Any:
        return self._guest.machine if self._guest.module is None else self._guest.instantiate()
