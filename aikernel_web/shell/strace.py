"""System calls on the terminal, as they are made."""

from __future__ import annotations

import asyncio
import inspect

from ..contracts.engine import OutputSink, ProcessObserver, TraceBatch

CALLS_PER_TURN = 512
"""Lines printed of one turn of the program. A busy one makes thousands a turn, and a terminal shows a few dozen."""


class Strace:
    """Prints system calls to ``terminal`` as it keeps up, and counts what it leaves out.

    Everything else is handed to ``observer``.
    """

    def __init__(self, terminal: OutputSink, observer: ProcessObserver | None) -> None:
        self._terminal = terminal
        self._observer = observer
        self._writing: asyncio.Future[object] | None = None
        self._left_out = 0

    def event(self, line: str) -> None:
        """Hand on an event."""
        if self._observer is not None:
            self._observer.event(line)

    def terminal(self, raw: bool) -> None:
        """Hand on the wish for a raw terminal."""
        if self._observer is not None:
            self._observer.terminal(raw)

    def trace(self, calls: TraceBatch) -> None:
        """Print the calls of one turn, unless those before are still on their way."""
        if self._writing is not None and not self._writing.done():
            self._left_out += len(calls)
            return
        shown = calls.first(CALLS_PER_TURN)
        before = self._missing()
        self._left_out = len(calls) - len(shown)
        self._write(before + "".join(f"{call}\n" for call in shown))

    async def close(self) -> None:
        """Print how many calls were left out last."""
        if self._writing is not None:
            await self._writing
        if self._left_out:
            self._write(self._missing())

    def _missing(self) -> str:
        return f"... {self._left_out} calls left out ...\n" if self._left_out else ""

    def _write(self, text: str) -> None:
        answer = self._terminal.write(2, text.encode())
        self._writing = asyncio.ensure_future(answer) if inspect.isawaitable(answer) else None
