"""What a program's clock and randomness may be given as, checked in one place for every way to start one."""

from __future__ import annotations

from typing import TypeAlias, get_args

from .engine import ClockMode, ClockSpec
from .errors import InvalidArgumentError

ClockOption: TypeAlias = ClockSpec | str | None
"""A clock as callers give it: whole, by its mode alone, or left open."""

EARLIEST, LATEST = -(2**63), 2**63 - 1
"""What a clock can say: 64 bits of nanoseconds around the Unix epoch, the years 1677 to 2262."""
SEED_MAX = 2**53 - 1
"""The largest whole number that every layer carries exactly."""

_MODES: tuple[ClockMode, ...] = get_args(ClockMode)


def clock_of(clock: ClockOption, *, deterministic: bool = False, default: ClockMode = "real") -> ClockSpec:
    """Return the clock that ``clock`` stands for; left open, one of the mode ``default``, virtual where deterministic.

    Raises `InvalidArgumentError`: ``WASM_TIME_MODE_INVALID``, also for a deterministic program with a real clock,
    ``WASM_TIME_SCALE_NEGATIVE``, ``WASM_TIME_RANGE_INVALID``.
    """
    if clock is None:
        return ClockSpec("virtual" if deterministic else default)
    spec = clock if isinstance(clock, ClockSpec) else ClockSpec(mode_of(clock))
    mode_of(spec.mode)
    scale_of(spec.scale)
    in_range(spec.start)
    if deterministic and spec.mode == "real":
        raise InvalidArgumentError(
            "A deterministic program cannot follow the host's clock: give it a virtual or a manual one.",
            code="WASM_TIME_MODE_INVALID",
        )
    return spec


def seed_of(seed: int | None, *, deterministic: bool = False) -> int | None:
    """Return ``seed``, or 0 where a deterministic program is given none.

    Raises `InvalidArgumentError` with ``WASM_SEED_INVALID`` for what is no whole number from 0 to 2**53 - 1.
    """
    if seed is None:
        return 0 if deterministic else None
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= SEED_MAX:
        raise InvalidArgumentError(
            f"{seed!r} is no seed: give a whole number from 0 to {SEED_MAX} (2**53 - 1).", code="WASM_SEED_INVALID"
        )
    return seed


def mode_of(mode: str) -> ClockMode:
    """Return ``mode``, checked: ``WASM_TIME_MODE_INVALID`` for what is none."""
    for known in _MODES:
        if mode == known:
            return known
    raise InvalidArgumentError(
        f"{mode!r} is no mode of a clock: there are {', '.join(_MODES)}.", code="WASM_TIME_MODE_INVALID"
    )


def scale_of(scale: float) -> float:
    """Return ``scale``, checked: ``WASM_TIME_SCALE_NEGATIVE`` for what is below 0 or no number."""
    if not isinstance(scale, int | float) or not scale >= 0:
        raise InvalidArgumentError(
            f"Time cannot be scaled by {scale!r}: give 0 or more.", code="WASM_TIME_SCALE_NEGATIVE"
        )
    return float(scale)


def in_range(nanoseconds: int) -> int:
    """Return ``nanoseconds``, a whole number that a clock can say: ``WASM_TIME_RANGE_INVALID`` otherwise."""
    if not isinstance(nanoseconds, int) or not EARLIEST <= nanoseconds <= LATEST:
        raise InvalidArgumentError(
            f"A clock cannot say {nanoseconds!r}: it has 64 bits of whole nanoseconds around 1970.",
            code="WASM_TIME_RANGE_INVALID",
        )
    return nanoseconds
