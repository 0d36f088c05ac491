"""Driving what runs on the CPU, so that other tasks go on, it can be cancelled, and it ends in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

from ...contracts.gpu import TIME_LIMIT
from ...contracts.gpu_errors import GpuTimeoutError

if TYPE_CHECKING:
    from ..array_methods import OnProgress
    from ..wgsl.executor.kernel import Progress

PAUSE_SECONDS: Final = 0.02
"""How long other tasks may have to wait; a page that draws 50 pictures a second waits so long for each."""
TELL_SECONDS: Final = 0.1
_WAITING: Final = "Invocations of a workgroup go in lockstep here: one that waits for another of them does so for ever."


class Pace:
    """When other tasks were last let in; one for all that runs on a provider, however short each is."""

    def __init__(self) -> None:
        self._rested = time.monotonic()

    async def rest(self) -> None:
        """Let other tasks in where that is due."""
        if time.monotonic() - self._rested >= PAUSE_SECONDS:
            await asyncio.sleep(0)
            self._rested = time.monotonic()


class HostRun:
    """One dispatch, or one batch, from its beginning.

    ``time_limit`` is what all of it may take. Without one it goes on as long as it gets anywhere: where no workgroups
    have ended for a minute (`TIME_LIMIT`), a loop does not.
    """

    def __init__(self, pace: Pace, time_limit: float | None = None, progress: OnProgress | None = None) -> None:
        self._pace = pace
        self._limit = time_limit
        self._progress = progress
        self._begun = self._told = time.monotonic()

    async def drive(self, steps: Generator[Progress, None, None]) -> None:
        """Run a kernel to its end. Raises `GpuTimeoutError`; cancelling the task ends it between two steps."""
        done, moved = 0, time.monotonic()
        try:
            for step in steps:
                now = time.monotonic()
                if step.done != done:
                    done, moved = step.done, now
                self._check(now - moved, now - self._begun)
                if self._progress is not None and now - self._told >= TELL_SECONDS:
                    self._told = now
                    self._progress(step.done, step.total)
                await self._pace.rest()
        finally:
            steps.close()

    async def rest(self) -> None:
        """Let other tasks in where that is due, after what could not be driven."""
        await self._pace.rest()

    def _check(self, standing: float, running: float) -> None:
        if self._limit is None and standing > TIME_LIMIT:
            message = (
                f"No workgroup has ended for {TIME_LIMIT:g} seconds: it was given up. Does a loop of the shader never "
                f"end? {_WAITING} `time_limit` gives it more time."
            )
            raise GpuTimeoutError(message)
        if self._limit is not None and running > self._limit:
            raise GpuTimeoutError(f"The kernel has not ended in {self._limit:g} seconds: it was given up. {_WAITING}")
