"""A program in the browser, as the host sees it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..contracts.modules import ModuleItem
from ..contracts.observation import AudioBlock, Frame, OutputLine, TraceCall
from ..contracts.processes import ExitReason
from .errors import HostError
from .imports import HostImports, number
from .peer import REPLY_TIMEOUT, Peer, trace_call
from .process_call import InputWriter, ProcessCall, ProcessMemory
from .process_files import ProcessFiles
from .process_time import ProcessTime
from .streams import Listeners, OutputReader, OutputStream

KERNEL_BACKSTOP = 30.0
"""Seconds past a process's timeout after which a kernel that has not told its end is taken to be stuck."""


@dataclass(frozen=True, slots=True)
class CompletedProcess:
    """How a program ended, and what it wrote.

    ``exit_code`` is the program's own where ``reason`` is ``exited``; otherwise 124 timeout, 126 link and invalid, 134
    trapped, 137 killed and memory, 143 killed by `HostProcess.terminate`, 153 output. ``code`` is the error code,
    ``stack`` the functions of a trap, innermost first. ``counters`` says what the program has used
    (``memory_bytes``, ``cpu_milliseconds`` ...) and how often it made each system call (``fd_write`` ...).
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
    counters: Mapping[str, float] = field(repr=False)
    _kept: _Kept = field(repr=False, compare=False)

    @property
    def trace(self) -> tuple[TraceCall, ...]:
        """The last system calls, at most 10 000, of a program that was started with ``trace``."""
        return self._kept.trace()

    @property
    def lines(self) -> tuple[OutputLine, ...]:
        """The last lines of output with their times, both descriptors as they came; bounded, unlike ``stdout``."""
        return self._kept.lines()

    def files(self, path: str = "/") -> dict[str, bytes]:
        """Return the files below the guest ``path`` that the program left, by absolute guest path.

        Raises `KernelError` with ``WASM_FILES_LOST`` when it was killed or timed out: its files ended with it.
        """
        return self._kept.files(path)


class HostProcess:
    """A program in the browser. Made by `HostKernel.spawn`.

    What asks the kernel about a process that `HostKernel.reset` has ended raises `KernelError` with
    ``WASM_PROCESS_RESET``; `wait` still answers.
    """

    def __init__(
        self, peer: Peer, name: str, params: dict[str, Any], imports: HostImports, listeners: Listeners
    ) -> None:
        self.name = name
        self.id = str(uuid.uuid4())
        self.stdout = OutputReader()
        self.stderr = OutputReader()
        self._call = ProcessCall(peer, self.id, name)
        self.stdin = InputWriter(self._call)
        self.memory = ProcessMemory(self._call)
        self.fs = ProcessFiles(self._call)
        self.time = ProcessTime(self._call)
        self._started = time.monotonic()
        self._timeout: float | None = params["timeout"]
        stream = peer.open_stream(OutputStream(self.stdout, self.stderr, listeners))

        def answer(module: str, name: str, args: Sequence[Any], number: int) -> Any:
            with self._call.answering(number):
                return imports.answer(self, module, name, args)

        answering = peer.open_imports(answer) if imports.names else 0
        offered = {"imports": imports.names, "importsId": answering}
        # The answer comes when the program runs. The kernel bounds by the process's timeout how long starting takes.
        spawned = peer.send("process.spawn", {**params, **offered, "id": self.id, "name": name, "stream": stream})
        try:
            self._await(spawned)
        except BaseException:
            peer.close_imports(answering)
            raise
        self._kept = _Kept(self._call)
        self._finished: concurrent.futures.Future[CompletedProcess] = concurrent.futures.Future()
        self._exit = peer.send("process.wait", {"id": self.id})

        async def finish() -> None:
            peer.close_imports(answering)
            await peer.close_stream(stream)
            self.stdout.end()
            self.stderr.end()
            self._finish(self._exit)

        peer.on_answer(self._exit, finish)

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return not self._finished.done()

    def wait(self, *, timeout: float | None = None) -> CompletedProcess:
        """Wait until the program has ended and return how.

        Raises `HostError` with ``HOST_TIMEOUT`` when it still runs after ``timeout`` seconds, in which case it goes on
        running; and when its own timeout has long passed and the kernel does not tell its end.
        """
        if timeout is None:
            self._await(self._exit)
        try:
            return self._finished.result(timeout)
        except concurrent.futures.TimeoutError:
            message = f"Program {self.name!r} is still running after {timeout} s: wait longer, or kill() it."
            raise HostError(message, code="HOST_TIMEOUT") from None

    def kill(self) -> None:
        """End the program at once, whatever it does. Killing an ended one changes nothing."""
        self._call("process.kill")

    def terminate(self, grace: float = 5.0) -> CompletedProcess:
        """Ask the program to end by its own exit path, kill it after ``grace`` seconds, and return how it ended.

        A program without such a path ends at once, with the reason ``killed``, exit code 143 and
        ``WASM_PROCESS_TERMINATED``; one that is killed after the grace with 137 and ``WASM_PROCESS_KILLED``.
        """
        self._call("process.terminate", grace=grace, timeout=grace + REPLY_TIMEOUT)
        return self.wait()

    def call(self, name: str, *args: float, timeout: float | None = None) -> Any:
        """Call the exported function ``name`` and return its result; several results are a list.

        It runs when the program's entry and all calls before it have returned; called by an import that the program
        waits for, in the import's own thread, at once. (A thread that the import starts is outside, unless it runs in
        a copy of the import's context, as `asyncio.to_thread` does.)

        Integers cross exactly, whatever their width. Raises `KernelError`: ``WASM_EXPORT_NOT_FOUND``,
        ``WASM_EXPORT_ARGUMENTS_INVALID``, ``WASM_PROCESS_ENDED``, and the code of a trap, which ends the process;
        `HostError` with ``HOST_TIMEOUT`` after ``timeout`` seconds, while the function goes on running.
        """
        values = [number(value) for value in args]
        try:
            return self._call("process.call", name=name, args=values, within=self._call.within, timeout=timeout)
        except HostError as error:
            if error.code != "HOST_TIMEOUT":
                raise
            message = (
                f"{name}() has not returned within {timeout} s: it runs, or waits for the program's entry or a call "
                "before it to return. Wait longer, or kill() the program."
            )
            raise HostError(message, code=error.code) from None

    def exports(self) -> tuple[ModuleItem, ...]:
        """Return what the module exports, with types, in its order; ``WASM_PROCESS_ENDED`` after its end."""
        return tuple(ModuleItem.of(item) for item in self._call.control("module.exports"))

    def imports(self) -> tuple[ModuleItem, ...]:
        """Return what the module imports, with types, in its order; raises as `exports` does."""
        return tuple(ModuleItem.of(item) for item in self._call.control("module.imports"))

    def save_state(self) -> bytes:
        """Return the whole state of a program that no call is running in: memory, globals, files, clock and more.

        `HostKernel.spawn` starts from it with ``state``. Raises `KernelError`: ``WASM_SAVE_STATE_FRAMES`` while the
        program runs or waits, ``WASM_SAVE_STATE_UNSUPPORTED``, ``WASM_PROCESS_ENDED``.
        """
        return bytes(self._call("process.saveState", timeout=None))

    def restore_state(self, state: bytes | bytearray | memoryview) -> None:
        """Return to a saved state of the same module.

        Raises, with nothing changed, the codes of `save_state`, ``WASM_SAVE_STATE_REQUIRED``, and
        ``WASM_SAVE_STATE_INVALID``, ``_DAMAGED``, ``_FOREIGN`` or ``_VERSION``.
        """
        self._call("process.restoreState", state=memoryview(state), timeout=None)

    def flush(self) -> None:
        """Wait until everything that the program has written to `Persistent` mounts is stored."""
        self._call("process.flush")

    def frame(self) -> Frame | None:
        """Return the last picture that the program showed on ``/dev/fb``, or None."""
        frame = self._call("process.frame")
        if frame is None:
            return None
        return Frame(frame["width"], frame["height"], frame["format"], frame["sequence"], frame["bytes"])

    def audio(self) -> AudioBlock | None:
        """Take the sound that the program played since the last call (at most the last 16 MiB), or None."""
        audio = self._call("process.audio")
        if audio is None:
            return None
        return AudioBlock(audio["rate"], audio["channels"], audio["format"], audio["bytes"])

    def send_input(self, data: bytes | bytearray | memoryview) -> None:
        """Append records to ``/dev/input/events``; ``static/include/aikernel.h`` describes them."""
        self._call("process.input", bytes=memoryview(data))

    def send_event(self, event: object) -> None:
        """Give ``event`` as a line of JSON to the program's readers of ``/dev/event``."""
        self._call("process.event", line=json.dumps(event, separators=(",", ":")))

    def resize(self, columns: int, rows: int) -> None:
        """Tell a program that was started with ``terminal`` the size of its terminal."""
        self._call("process.resize", columns=columns, rows=rows)

    def trace(self) -> tuple[TraceCall, ...]:
        """Return the last system calls, at most 10 000, of a program that was started with ``trace``."""
        return self._kept.trace()

    def lines(self) -> tuple[OutputLine, ...]:
        """Return the last lines of output with their times, both descriptors as they came; bounded."""
        return self._kept.lines()

    def files(self, path: str = "/") -> dict[str, bytes]:
        """Return the files an ended program left; see `CompletedProcess.files`."""
        return self._kept.files(path)

    def _await(self, answer: concurrent.futures.Future[Any]) -> Any:
        """Wait for the kernel; where the process has a timeout, not much longer than that."""
        seconds = None
        if self._timeout is not None:
            left = self._started + self._timeout + KERNEL_BACKSTOP - time.monotonic()
            # A wait longer than the platform's longest is an OverflowError, and as good as one without an end.
            seconds = max(0.0, left) if left < threading.TIMEOUT_MAX else None
        try:
            return answer.result(seconds)
        except concurrent.futures.TimeoutError:
            message = (
                f"The timeout of program {self.name!r}, {self._timeout} s, passed {KERNEL_BACKSTOP} s ago, and the "
                "kernel has not told its end: its Python is busy with code that does not return. The page still "
                "answers; the kernel will when that code ends. Otherwise close() this kernel and launch() another."
            )
            raise HostError(message, code="HOST_TIMEOUT") from None

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
                counters=end["counters"],
                _kept=self._kept,
            )
        )


class _Kept:
    """What the kernel keeps of a process for as long as anybody here can ask for it."""

    def __init__(self, call: ProcessCall) -> None:
        self._call = call
        weakref.finalize(self, _release, call.peer, call.id)

    def files(self, path: str) -> dict[str, bytes]:
        return dict(self._call("process.files", path=path))

    def trace(self) -> tuple[TraceCall, ...]:
        return tuple(trace_call(call) for call in self._call("process.trace"))

    def lines(self) -> tuple[OutputLine, ...]:
        return tuple(
            OutputLine(fd, datetime.fromtimestamp(milliseconds / 1000, UTC), text)
            for fd, milliseconds, text in self._call("process.lines")
        )


def _release(peer: Peer, process_id: str) -> None:
    """Drop what the kernel keeps of a process that nobody can ask for any more."""
    with contextlib.suppress(HostError):  # the kernel may have gone, and everything it kept with it
        peer.send("process.release", {"id": process_id})
