"""This process's standard streams and terminal, lent to a program."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, BinaryIO, Self

from ..contracts.engine import DEFAULT_COLUMNS, DEFAULT_ROWS
from ..contracts.errors import KernelError
from ..contracts.observation import TraceCall
from .process import HostProcess


class Console:
    """The terminal of ``aik run``; a context manager that leaves it as it was.

    ``wish`` is ``auto``, ``always`` or ``never``: whether the program is told that it has a terminal. What is told must
    be ``alike`` wherever a deterministic program runs: it has none that it was not promised, and one of the usual size.
    """

    def __init__(self, wish: str, *, alike: bool = False) -> None:
        has_one = sys.stdin.isatty() and sys.stdout.isatty() and not alike
        self.is_terminal = wish == "always" or (wish == "auto" and has_one)
        usual = (DEFAULT_COLUMNS, DEFAULT_ROWS)
        self.columns, self.rows = usual if alike else shutil.get_terminal_size(usual)
        self._cooked: list[Any] | None = None
        self._writing = threading.Lock()
        self._former: Any = None

    def write(self, fd: int, data: bytes) -> None:
        """Write what the program wrote."""
        stream = sys.stdout.buffer if fd == 1 else sys.stderr.buffer
        with self._writing:
            stream.write(data)
            stream.flush()

    def trace(self, calls: Sequence[TraceCall], dropped: int) -> None:
        """Write system calls to standard error, as strace does."""
        missing = f"... {dropped} calls left out ...\n" if dropped else ""
        self.write(2, (missing + "".join(f"{call}\n" for call in calls)).encode())

    def whole_input(self) -> bytes:
        """Read standard input to its end; nobody is asked to type one."""
        return b"" if sys.stdin.isatty() else sys.stdin.buffer.read()

    def feed(self, process: HostProcess) -> None:
        """Hand on what comes in, as it comes, its end and the terminal's size too, while there is a program."""
        threading.Thread(target=_feed, args=(process, sys.stdin.buffer), daemon=True).start()
        if self.is_terminal and hasattr(signal, "SIGWINCH") and threading.current_thread() is threading.main_thread():

            def resized(*_: object) -> None:
                columns, rows = shutil.get_terminal_size((self.columns, self.rows))
                threading.Thread(target=_resize, args=(process, columns, rows), daemon=True).start()

            self._former = signal.signal(signal.SIGWINCH, resized)

    def set_raw(self, raw: bool) -> None:
        """Take keys as they are struck, or whole lines again. Does nothing where there is no such terminal."""
        if not raw:
            self.restore()
        elif self._cooked is None and sys.stdin.isatty():
            with contextlib.suppress(ImportError):  # Windows has neither module
                import termios  # noqa: PLC0415
                import tty  # noqa: PLC0415

                self._cooked = termios.tcgetattr(sys.stdin)
                tty.setraw(sys.stdin)

    def restore(self) -> None:
        """Give the terminal its line editing back."""
        if self._cooked is not None:
            import termios  # noqa: PLC0415 - it was there when the terminal was made raw

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._cooked)
            self._cooked = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.restore()
        if self._former is not None:
            signal.signal(signal.SIGWINCH, self._former)


def _feed(process: HostProcess, source: BinaryIO) -> None:
    with contextlib.suppress(KernelError):  # the program, or the browser, may end first
        while data := os.read(source.fileno(), 1 << 16):
            process.stdin.write(data)
        process.stdin.close()


def _resize(process: HostProcess, columns: int, rows: int) -> None:
    with contextlib.suppress(KernelError):  # the program may have ended
        process.resize(columns, rows)
