"""How long-running work tells a person what it is doing.

Work takes a `Progress` and opens steps on it::

    with progress.step("Fetching pyodide 314.0.7") as step:
        step.update(3_100_000, 6_500_000)

Steps may overlap and may be opened from several threads.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Step(Protocol):
    """One piece of work that is under way."""

    def update(self, done: int, total: int | None = None) -> None:
        """Say how many bytes are done, and of how many where that is known."""


class Progress(Protocol):
    """Where work is announced."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Open a step named ``title`` for as long as the ``with`` block runs."""


class _SilentStep:
    def update(self, done: int, total: int | None = None) -> None:
        """Keep silent."""


class SilentProgress:
    """Says nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:  # noqa: ARG002 - the protocol's signature
        """Open a step that nobody sees."""
        yield _SilentStep()


class _TerminalStep:
    def __init__(self, title: str, now: float) -> None:
        self.title = title
        self.started = now
        self.announced: float | None = None
        self.done = 0
        self.total: int | None = None

    def update(self, done: int, total: int | None = None) -> None:
        """Keep the numbers for the next time the line is drawn."""
        self.done, self.total = done, total

    def line(self) -> str:
        if self.total:
            percent = min(100, 100 * self.done // self.total)
            return f"{self.title}: {_amount(self.done, self.total)} of {_size(self.total)} ({percent} %)"
        return f"{self.title}: {_size(self.done)}" if self.done else f"{self.title} ..."


class TerminalProgress:
    """Tells a person at a terminal, or a log, through ``stream`` (stderr).

    A terminal gets one line that is drawn over and over; a log gets a line when a step has taken ``patience`` seconds,
    another every ``interval`` seconds, and one at its end. A step shorter than ``patience`` leaves nothing behind.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        interactive: bool | None = None,
        patience: float = 1.0,
        interval: float = 5.0,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._interactive = self._stream.isatty() if interactive is None else interactive
        self._patience = patience
        self._interval = interval
        self._lock = threading.Lock()
        self._steps: list[_TerminalStep] = []
        self._drawn = 0
        self._wake = threading.Event()
        self._ticker: threading.Thread | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Open a step and show it until the block ends."""
        step = _TerminalStep(title, time.monotonic())
        with self._lock:
            self._steps.append(step)
            if self._ticker is None:
                self._wake.clear()
                self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
                self._ticker.start()
        outcome = "failed"
        try:
            yield step
            outcome = "done"
        finally:
            self._finish(step, outcome)

    def _finish(self, step: _TerminalStep, outcome: str) -> None:
        with self._lock:
            self._steps.remove(step)
            taken = time.monotonic() - step.started
            if taken >= self._patience:
                size = f", {_size(step.total)}" if step.total else ""
                self._write_line(f"{step.title}: {outcome} ({taken:.1f} s{size})")
            self._draw()
            ticker = None
            if not self._steps:
                ticker, self._ticker = self._ticker, None
                self._wake.set()
        if ticker is not None and ticker is not threading.current_thread():
            ticker.join(timeout=1)

    def _tick(self) -> None:
        own = threading.current_thread()
        while not self._wake.wait(0.1):
            with self._lock:
                if self._ticker is not own:
                    return
                self._draw()

    def _draw(self) -> None:
        if self._interactive:
            width = shutil.get_terminal_size().columns - 1
            text = "   ".join(step.line() for step in self._steps)[:width]
            if text or self._drawn:
                self._stream.write("\r" + text.ljust(self._drawn) + ("" if text else "\r"))
                self._stream.flush()
            self._drawn = len(text)
            return
        now = time.monotonic()
        for step in self._steps:
            since = step.announced
            if (now - step.started >= self._patience) if since is None else (now - since >= self._interval):
                step.announced = now
                self._write_line(step.line())

    def _write_line(self, text: str) -> None:
        self._stream.write(("\r" if self._drawn else "") + text.ljust(self._drawn) + "\n")
        self._stream.flush()
        self._drawn = 0


def _amount(count: int, of: int) -> str:
    """Return the number without its unit: the one that `_size` gives ``of``."""
    return _size(of, count).split()[0]


def _size(size: int, count: int | None = None) -> str:
    shown = size if count is None else count
    return f"{shown / 1e6:.1f} MB" if size >= 100_000 else f"{shown / 1e3:.1f} kB"  # noqa: PLR2004 - 0.1 MB
