"""What can be seen of a process: its system calls, its lines of output, its picture and its sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TraceCall:
    """One system call of a traced program.

    ``time`` is in milliseconds since the process began, ``duration`` in microseconds; ``args`` and ``result`` are text,
    decoded. As text it is the line that ``strace -T`` would print.
    """

    time: float
    name: str
    args: str
    result: str
    duration: float

    def __str__(self) -> str:
        return f"{self.name}({self.args}) = {self.result} <{self.duration / 1e6:.6f}>"


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line that a program wrote to ``fd`` (1 or 2), without its line end, and when it left the program (UTC)."""

    fd: int
    time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture that a program showed on ``/dev/fb``.

    ``data`` holds its rows from the top, ``sequence`` numbers the pictures.
    """

    width: int
    height: int
    format: str
    sequence: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Sound that a program played on ``/dev/audio`` and nobody had taken yet; ``rate`` is in frames a second."""

    rate: int
    channels: int
    format: str
    data: bytes = field(repr=False)


class AudioSink(Protocol):
    """Makes sound heard."""

    def play(self, block: AudioBlock) -> object:
        """Play whole sample frames after what was given before. An awaitable answer holds the giver back."""
        ...

    def stop(self) -> object:
        """Be silent at once: what was not played yet is dropped."""
        ...
