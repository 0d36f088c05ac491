"""What goes into a program and comes out of it, by calls that JavaScript answers at once."""

from __future__ import annotations

from typing import Any, cast

from pyodide.ffi import to_js

from ..contracts.engine import BytesLike
from ..contracts.observation import AudioBlock, Frame
from .answers import audio_of, call, frame_of


class Surroundings:
    """The streams and devices of a program, the same for one in a worker and one in the kernel's own thread.

    ``handle`` is its JavaScript side.
    """

    handle: Any

    def write_stdin(self, data: BytesLike) -> None:
        """Append to standard input."""
        call(self.handle.writeStdin, to_js(data))

    def close_stdin(self) -> None:
        """End standard input."""
        call(self.handle.closeStdin)

    def output(self, fd: int) -> BytesLike:
        """Return what the program has written to ``fd`` so far."""
        return cast("bytes", self.handle.output(fd).to_bytes())

    def frame(self) -> Frame | None:
        """Return the last picture."""
        return frame_of(self.handle.frame())

    def audio(self) -> AudioBlock | None:
        """Take the sound that has come."""
        return audio_of(self.handle.audio())

    def send_input(self, data: BytesLike) -> None:
        """Append records of keys and pointers."""
        call(self.handle.sendInput, to_js(data))

    def send_event(self, line: str) -> None:
        """Give a line to the readers of ``/dev/event``."""
        call(self.handle.sendEvent, line)
