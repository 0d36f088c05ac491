"""The time provider: the clock that a program sees (reference contract, sections 3.2 and 3.6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..contracts.clocks import ClockState, nanoseconds_of, utc_of
from ..contracts.results import direct
from ..runtime.attempts import attempted
from .service import ServiceProvider


class WasmTimeProvider(ServiceProvider):
    """Reads and moves the clock of a context or a process: what its program sees through every WASI clock and sleep."""

    PROVIDER_ID = "wasm.time"
    NAME = "WASM Time Provider"
    OPERATIONS = ("wasm.time.now", "wasm.time.tick")
    DATA_TYPES = ("time",)

    @attempted
    async def try_now(self) -> datetime:
        """Return the clock's time (UTC), cut to whole microseconds."""
        return utc_of(await self.target.control("time.now"))

    now = direct(try_now)

    @attempted
    async def try_advance(self, delta: timedelta | float) -> datetime:
        """Move the clock by ``delta`` (seconds, where it is a number) times its scale, and return its time.

        A paused clock stays; a negative delta moves back. Fails with ``WASM_TIME_RANGE_INVALID`` beyond the years 1677
        to 2262.
        """
        return utc_of(await self.target.control("time.advance", nanoseconds_of(delta)))

    advance = direct(try_advance)

    @attempted
    async def try_step(self) -> datetime | None:
        """Move to the earliest moment that something sleeps for, and return it; None when nothing does."""
        reached = await self.target.control("time.step")
        return None if reached is None else utc_of(reached)

    step = direct(try_step)

    @attempted
    async def try_set_scale(self, scale: float) -> None:
        """Set how many seconds pass in one of the host's; fails with ``WASM_TIME_SCALE_NEGATIVE``, for NaN too."""
        await self.target.control("time.scale", scale)

    set_scale = direct(try_set_scale)

    @attempted
    async def try_pause(self) -> None:
        """Stop the clock; again changes nothing."""
        await self.target.control("time.pause")

    pause = direct(try_pause)

    @attempted
    async def try_resume(self) -> None:
        """Let the clock go on from where it was paused; again changes nothing."""
        await self.target.control("time.resume")

    resume = direct(try_resume)

    @attempted
    async def try_set_mode(self, mode: str) -> None:
        """Make the clock ``real``, ``virtual`` or ``manual``; fails with ``WASM_TIME_MODE_INVALID``."""
        await self.target.control("time.set_mode", mode)

    set_mode = direct(try_set_mode)

    @attempted
    async def try_state(self) -> ClockState:
        """Return everything about the clock at this moment."""
        return ClockState.of(await self.target.control("time.state"))

    state = direct(try_state)
