"""The clock that one program sees."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..contracts.clocks import ClockState, nanoseconds_of, utc_of
from ..contracts.engine import ClockMode
from .process_call import ProcessCall


class ProcessTime:
    """What a running program's clocks and sleeps go by. Moments are in UTC, durations in seconds.

    Every method raises `KernelError` with ``WASM_PROCESS_ENDED`` when the program has ended.
    """

    def __init__(self, call: ProcessCall) -> None:
        self._call = call

    def now(self) -> datetime:
        """Return the program's time, cut to whole microseconds."""
        return utc_of(self._call.control("time.now"))

    def state(self) -> ClockState:
        """Return everything about the clock at this moment."""
        return ClockState.of(self._call.control("time.state"))

    def set_mode(self, mode: ClockMode) -> None:
        """Make the clock ``real``, ``virtual`` or ``manual``. Raises with ``WASM_TIME_MODE_INVALID``."""
        self._call.control("time.set_mode", mode)

    def pause(self) -> None:
        """Stop the clock; again changes nothing. The program itself goes on."""
        self._call.control("time.pause")

    def resume(self) -> None:
        """Let the clock go on from where it was paused; again changes nothing."""
        self._call.control("time.resume")

    def scale(self, factor: float) -> None:
        """Let ``factor`` seconds pass in one of the host's. Raises with ``WASM_TIME_SCALE_NEGATIVE``, for NaN too."""
        self._call.control("time.scale", factor)

    def advance(self, seconds: float | timedelta) -> datetime:
        """Move the clock by ``seconds`` times its scale, below 0 back, and return its time; a paused one stays.

        Raises with ``WASM_TIME_RANGE_INVALID`` beyond the years 1677 to 2262.
        """
        return utc_of(self._call.control("time.advance", nanoseconds_of(seconds)))

    def step(self) -> datetime | None:
        """Move to the earliest moment that something sleeps until, and return it; None where nothing does."""
        reached = self._call.control("time.step")
        return None if reached is None else utc_of(reached)
