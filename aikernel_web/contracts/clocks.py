"""The clock of a program as the host sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from .engine import ClockMode
from .errors import InvalidArgumentError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
"""Nanoseconds."""


def utc_of(nanoseconds: int) -> datetime:
    """Return the time of so many nanoseconds since the Unix epoch, in UTC; what is below a microsecond is cut off."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def nanoseconds_of(duration: timedelta | float) -> int:
    """Return a duration, in seconds where it is a number, as whole nanoseconds.

    Raises `InvalidArgumentError` with ``WASM_TIME_RANGE_INVALID`` for what is not finite.
    """
    if isinstance(duration, timedelta):
        return duration // timedelta(microseconds=1) * 1000
    if not isinstance(duration, str):  # which a fraction can be read from
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            return round(Fraction(duration) * _SECOND)
    message = f"A clock cannot be moved by {duration!r}: give a number of seconds, or a timedelta."
    raise InvalidArgumentError(message, code="WASM_TIME_RANGE_INVALID")


@dataclass(frozen=True, slots=True)
class ClockState:
    """A clock at one moment.

    ``mode`` is ``real``, ``virtual`` or ``manual``; ``scale`` multiplies what passes. ``now`` and ``next``, the
    earliest moment that something sleeps for, are in UTC; ``waiting`` counts the sleepers. ``nanoseconds`` is ``now``
    whole, since the Unix epoch.
    """

    mode: ClockMode
    paused: bool
    scale: float
    now: datetime
    nanoseconds: int
    next: datetime | None
    waiting: int

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> ClockState:
        """Return what the operation ``time.state`` has answered."""
        return cls(
            mode=answer["mode"],
            paused=answer["paused"],
            scale=float(answer["scale"]),
            now=utc_of(answer["now"]),
            nanoseconds=answer["now"],
            next=None if answer["next"] is None else utc_of(answer["next"]),
            waiting=answer["waiting"],
        )
