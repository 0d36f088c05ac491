"""A program in the browser, as the host sees it: streams, waiting, what it left."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..contracts.processes import ExitReason
from .errors import HostError
from .peer import Peer

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


class InputWriter:
    """A program's standard input."""

    def __init__(self, peer: Peer, process_id: str) -> None:
        self._peer = peer
        self._id = process_id

    def write(self, data: bytes | str) -> None:
        """Append to standard input; text is encoded as UTF-8."""
        payload = data.encode() if isinstance(data, str) else data
        self._peer.call("process.stdin", {"id": self._id, "bytes": payload})

    def close(self) -> None:
        """End standard input."""
        self._peer.call("process.closeStdin", {"id": self._id})


@dataclass(frozen=True, slots=True)
class CompletedProcess:
    """How a program ended, and what it wrote.

    ``exit_code`` is the program's own where ``reason`` is ``exited``; otherwise 124 timeout, 126 link and invalid, 134
    trapped, 137 killed, 153 output. ``code`` is the error code, ``stack`` the functions of a trap, innermost first.
    """

    name: str
    exit_code: int
    reason: ExitReason
    stdout: bytes
    stderr: bytes
    code: str | None
    message: str
    stack: tuple[str, ...]
    duration: float
    _kept: _Kept = field(repr=False, compare=False)

    def files(self, path: str = "/") -> dict[str, bytes]:
        """Return the files below the guest ``path`` that the program left, by absolute guest path.

        Raises `KernelError` with ``WASM_FILES_LOST`` when it was killed or timed out: its files ended with it.
        """
        return self._kept.files(path)


class HostProcess:
    """A program in the browser. Made by `HostKernel.spawn`."""

    def __init__(
        self, peer: Peer, name: str, params: dict[str, Any], on_output: Callable[[int, bytes], object] | None
    ) -> None:
        self.name = name
        self.stdout = OutputReader()
        self.stderr = OutputReader()
        self._peer = peer
        self._started = time.monotonic()
        stream = peer.open_stream(_Output(self.stdout, self.stderr, on_output))
        # The answer comes when the program runs; the kernel bounds how long starting may take by the process's timeout.
        self.id: str = peer.call("process.spawn", {**params, "name": name, "stream": stream}, timeout=None)["id"]
        self.stdin = InputWriter(peer, self.id)
        self._kept = _Kept(peer, self.id)
        self._finished: concurrent.futures.Future[CompletedProcess] = concurrent.futures.Future()
        exit_ = peer.send("process.wait", {"id": self.id})

        async def finish() -> None:
            await peer.close_stream(stream)
            self.stdout.end()
            self.stderr.end()
            self._finish(exit_)

        peer.on_answer(exit_, finish)

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return not self._finished.done()

    def wait(self, *, timeout: float | None = None) -> CompletedProcess:
        """Wait until the program has ended and return how.

        Raises `HostError` with ``HOST_TIMEOUT`` when it still runs after ``timeout`` seconds; it goes on running.
        """
        try:
            return self._finished.result(timeout)
        except concurrent.futures.TimeoutError:
            message = f"Program {self.name!r} is still running after {timeout} s: wait longer, or kill() it."
            raise HostError(message, code="HOST_TIMEOUT") from None

    def kill(self) -> None:
        """End the program at once, whatever it does. Killing an ended one changes nothing."""
        self._peer.call("process.kill", {"id": self.id})

    def files(self, path: str = "/") -> dict[str, bytes]:
        """Return the files an ended program left; see `CompletedProcess.files`."""
        return self._kept.files(path)

    def _finish(self, exit_: concurrent.futures.Future[Any]) -> None:
        error = exit_.exception()
        if error is not None:
            self._finished.set_exception(error)
            return
        end = exit_.result()
        self._finished.set_result(
            CompletedProcess(
                name=self.name,
                exit_code=end["exitCode"],
                reason=ExitReason(end["reason"]),
                stdout=self.stdout.getvalue(),
                stderr=self.stderr.getvalue(),
                code=end["code"],
                message=end["message"],
                stack=tuple(end["stack"]),
                duration=time.monotonic() - self._started,
                _kept=self._kept,
            )
        )


class _Kept:
    """What the kernel keeps of a process for as long as anybody here can ask for it."""

    def __init__(self, peer: Peer, process_id: str) -> None:
        self._peer = peer
        self._id = process_id
        weakref.finalize(self, _release, peer, process_id)

    def files(self, path: str) -> dict[str, bytes]:
        return dict(self._peer.call("process.files", {"id": self._id, "path": path}))


class _Output:
    """Sorts what arrives by descriptor, or hands it to the caller's function off the loop's thread."""

    def __init__(
        self, stdout: OutputReader, stderr: OutputReader, on_output: Callable[[int, bytes], object] | None
    ) -> None:
        self._readers = {1: stdout, 2: stderr}
        self._on_output = on_output

    async def take(self, fd: int, data: bytes) -> None:
        if self._on_output is None:
            self._readers[fd].feed(data)
        else:
            await asyncio.to_thread(self._on_output, fd, data)


def _release(peer: Peer, process_id: str) -> None:
    """Drop what the kernel keeps of a process that nobody can ask for any more."""
    with contextlib.suppress(HostError):  # the kernel may have gone, and everything it kept with it
        peer.send("process.release", {"id": process_id})
