"""The clock that a program sees, kept in Python: for contexts that no engine has given one to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

from ..contracts.clock_options import LATEST, in_range, mode_of, scale_of
from ..contracts.clocks import utc_of
from ..contracts.engine import ClockMode, ClockSpec

TICK = 100
"""Nanoseconds of the reference contract's tick: what is added to a clock is a whole number of them (section 3.2)."""


class VirtualClock:
    """A clock in whole nanoseconds since the Unix epoch that is real, virtual or manual, scaled and paused.

    A real clock runs with ``host``, a function that answers nanoseconds, times the scale; at an infinite scale it
    stands, but for sleeps, which take no time. The others move by `advance` alone, for nothing runs here that could
    sleep. Changing the mode, the scale or the pause never makes time jump.
    """

    def __init__(self, spec: ClockSpec | None = None, *, host: Callable[[], int] = time.time_ns) -> None:
        spec = ClockSpec("virtual") if spec is None else spec
        self._host = host
        self._mode = mode_of(spec.mode)
        self._scale = scale_of(spec.scale)
        self._paused = spec.paused
        self._since = host()
        self._base = in_range(self._since if self._mode == "real" else spec.start)

    @property
    def now(self) -> int:
        """The time in nanoseconds since the Unix epoch."""
        if self._mode != "real" or self._paused:
            return self._base
        if math.isinf(self._scale):
            return self._base
        return min(LATEST, self._base + int(Fraction(self._scale) * (self._host() - self._since)))

    @property
    def utc(self) -> datetime:
        """The time as a moment in UTC, cut to whole microseconds."""
        return utc_of(self.now)

    @property
    def mode(self) -> ClockMode:
        """``real``, ``virtual`` or ``manual``."""
        return self._mode

    @property
    def scale(self) -> float:
        """How many seconds pass here in one of the host's."""
        return self._scale

    @property
    def paused(self) -> bool:
        """Whether the clock stands."""
        return self._paused

    def advance(self, nanoseconds: int) -> int:
        """Add ``nanoseconds`` times the scale, cut to whole ticks of 100 ns, unless paused, and return the time.

        Negative ones move the clock back. Raises `InvalidArgumentError` with ``WASM_TIME_RANGE_INVALID``, and nothing
        is changed, where that leaves what a clock can say, as any move does at an infinite scale.
        """
        if not isinstance(nanoseconds, int):
            in_range(nanoseconds)
        if self._paused:
            return self._base
        if math.isinf(self._scale):
            in_range(nanoseconds * LATEST * 2)
        else:
            self._rebase(in_range(self.now + int(Fraction(self._scale) * nanoseconds / TICK) * TICK))
        return self._base

    def step(self) -> None:
        """Move to the next deadline: nothing sleeps here, so that there is none."""
        return

    def set_scale(self, scale: float) -> None:
        """Set how many seconds pass in one of the host's; 0 and infinity are scales too.

        Raises `InvalidArgumentError` with ``WASM_TIME_SCALE_NEGATIVE`` for what is below 0 or no number.
        """
        new = scale_of(scale)
        self._rebase(self.now)
        self._scale = new

    def set_mode(self, mode: str) -> None:
        """Become ``real``, ``virtual`` or ``manual``, from the time that it is on.

        Raises `InvalidArgumentError` with ``WASM_TIME_MODE_INVALID`` for anything else.
        """
        new = mode_of(mode)
        self._rebase(self.now)
        self._mode = new

    def pause(self) -> None:
        """Stand, until `resume`; again changes nothing."""
        self._rebase(self.now)
        self._paused = True

    def resume(self) -> None:
        """Go on from the time at which it was paused; again changes nothing."""
        self._rebase(self.now)
        self._paused = False

    def state(self) -> dict[str, Any]:
        """Return what ``time.state`` answers: mode, paused, scale, now, next and waiting."""
        return {
            "mode": self._mode,
            "paused": self._paused,
            "scale": self._scale,
            "now": self.now,
            "next": None,
            "waiting": 0,
        }

    def save(self) -> dict[str, Any]:
        """Return the clock as plain values, for `restore`."""
        return {"mode": self._mode, "paused": self._paused, "scale": self._scale, "now": self.now}

    def restore(self, state: dict[str, Any]) -> None:
        """Become the clock that `save` has described; what was no such clock is refused with nothing changed."""
        mode, scale, now = mode_of(state["mode"]), scale_of(state["scale"]), in_range(state["now"])
        self._mode, self._scale, self._paused = mode, scale, bool(state["paused"])
        self._rebase(now)

    def _rebase(self, now: int) -> None:
        self._base = now
        self._since = self._host()
