"""What a program writes, on its way to whoever asked for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..contracts.observation import TraceCall
from .errors import HostError

STREAM_TIMEOUT = 60.0
"""Seconds that reading a stream waits unless told otherwise."""


class OutputReader:
    """What a program writes to one descriptor, readable while it runs. Safe to use from any thread."""

    def __init__(self) -> None:
        self._all = bytearray()
        self._position = 0
        self._ended = False
        self._changed = threading.Condition()

    def read(self, *, timeout: float | None = STREAM_TIMEOUT) -> bytes:
        """Return everything not read yet, up to the end of the stream, waiting for it."""
        with self._changed:
            self._wait(lambda: self._ended, timeout, "the end of the stream")
            return self._take(len(self._all))

    def read_available(self) -> bytes:
        """Return what has arrived and was not read yet, without waiting."""
        with self._changed:
            return self._take(len(self._all))

    def read_until(self, separator: bytes, *, timeout: float | None = STREAM_TIMEOUT) -> bytes:
        """Return everything up to and including ``separator``, waiting for it.

        Raises `HostError` with ``HOST_STREAM_ENDED`` when the stream ends without it, ``HOST_TIMEOUT`` when it does
        not come in time; both messages show what did come, and nothing is consumed.
        """
        if not separator:
            raise ValueError("The separator is empty: give the bytes to wait for.")
        with self._changed:
            searched = self._position

            def arrived() -> bool:
                nonlocal searched
                found = self._all.find(separator, searched)
                if found < 0:
                    # The separator may begin in what has been searched and end in what comes next.
                    searched = max(self._position, len(self._all) - len(separator) + 1)
                    return self._ended
                searched = found
                return True

            self._wait(arrived, timeout, repr(separator))
            found = self._all.find(separator, searched)
            if found < 0:
                message = f"The stream ended before {separator!r} came; unread: {self._unread()}."
                raise HostError(message, code="HOST_STREAM_ENDED")
            return self._take(found + len(separator))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines as they come, each with its line end."""
        while True:
            try:
                yield self.read_until(b"\n", timeout=None)
            except HostError:
                rest = self.read_available()
                if rest:
                    yield rest
                return

    def getvalue(self) -> bytes:
        """Return everything that has arrived, read or not."""
        with self._changed:
            return bytes(self._all)

    def feed(self, data: bytes) -> None:
        """Append what the program wrote."""
        with self._changed:
            self._all += data
            self._changed.notify_all()

    def end(self) -> None:
        """Mark the end of the stream."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool], timeout: float | None, what: str) -> None:
        if not self._changed.wait_for(ready, timeout):
            message = f"{what} has not come within {timeout} s; unread: {self._unread()}."
            raise HostError(message, code="HOST_TIMEOUT")

    def _take(self, end: int) -> bytes:
        data = bytes(self._all[self._position : end])
        self._position = end
        return data

    def _unread(self) -> str:
        return repr(bytes(self._all[self._position :][-200:]))


@dataclass(frozen=True, slots=True)
class Listeners:
    """Functions of the caller's that are told what a program does, off the loop's thread; the program may wait."""

    output: Callable[[int, bytes], object] | None = None
    trace: Callable[[Sequence[TraceCall], int], object] | None = None
    terminal: Callable[[bool], object] | None = None


class OutputStream:
    """Sorts what arrives by descriptor, or hands it to the caller's functions."""

    def __init__(self, stdout: OutputReader, stderr: OutputReader, listeners: Listeners) -> None:
        self._readers = {1: stdout, 2: stderr}
        self._listeners = listeners

    async def take(self, fd: int, data: bytes) -> None:
        """Take output."""
        if self._listeners.output is None:
            self._readers[fd].feed(data)
        else:
            await asyncio.to_thread(self._listeners.output, fd, data)

    async def trace(self, calls: Sequence[TraceCall], dropped: int) -> None:
        """Take system calls."""
        if self._listeners.trace is not None:
            await asyncio.to_thread(self._listeners.trace, calls, dropped)

    async def terminal(self, *, raw: bool) -> None:
        """Take the wish for a raw terminal."""
        if self._listeners.terminal is not None:
            await asyncio.to_thread(self._listeners.terminal, raw)
