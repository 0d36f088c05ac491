"""The clock kept in Python: modes, scale, pause and exact nanoseconds."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.contracts.clock_options import LATEST
from aikernel_web.contracts.engine import ClockSpec
from aikernel_web.contracts.errors import KernelError
from aikernel_web.runtime.clock import VirtualClock

SECOND = 1_000_000_000


class Host:
    """A host's clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


def test_it_begins_at_the_epoch_and_moves_by_advance_alone() -> None:
    host = Host()
    clock = VirtualClock(host=host)
    host.now += SECOND
    assert clock.now == 0
    assert clock.advance(SECOND) == SECOND
    assert clock.utc == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_scale_and_pause_hold_for_what_is_added() -> None:
    clock = VirtualClock()
    clock.set_scale(2)
    clock.advance(SECOND)
    clock.pause()
    clock.advance(SECOND)
    clock.resume()
    assert clock.now == 2 * SECOND


def test_what_is_added_is_cut_to_ticks_towards_zero() -> None:
    clock = VirtualClock()
    clock.set_scale(1.5)
    assert clock.advance(199) == 200
    assert clock.advance(-199) == 0
    clock.set_scale(0)
    assert clock.advance(SECOND) == 0


@given(st.integers(-(3 * 10**16), 3 * 10**16))
def test_large_moves_are_exact(ticks: int) -> None:
    clock = VirtualClock(ClockSpec("virtual", start=7))
    clock.set_scale(3)
    assert clock.advance(ticks * 100) == 7 + 3 * ticks * 100


def test_a_real_clock_follows_its_host() -> None:
    host = Host()
    clock = VirtualClock(ClockSpec("real", scale=2.0), host=host)
    begun = clock.now
    assert begun == host.now
    host.now += 5
    assert clock.now == begun + 10
    clock.pause()
    host.now += 100
    assert clock.now == begun + 10
    clock.resume()
    clock.set_scale(1)
    host.now += 3
    assert clock.now == begun + 13
    clock.advance(SECOND)
    assert clock.now == begun + 13 + SECOND
    clock.set_mode("manual")
    host.now += 99
    assert clock.now == begun + 13 + SECOND


def test_an_infinite_scale_passes_and_the_clock_stands() -> None:
    host = Host()
    clock = VirtualClock(ClockSpec("real"), host=host)
    clock.set_scale(math.inf)
    begun = clock.now
    host.now += SECOND
    assert clock.now == begun
    assert clock.advance(0) == begun
    with pytest.raises(KernelError) as refused:
        clock.advance(1)
    assert refused.value.code == "WASM_TIME_RANGE_INVALID"


@pytest.mark.parametrize("scale", [-1, -math.inf, math.nan])
def test_a_scale_below_zero_is_refused(scale: float) -> None:
    clock = VirtualClock()
    with pytest.raises(KernelError) as refused:
        clock.set_scale(scale)
    assert refused.value.code == "WASM_TIME_SCALE_NEGATIVE"
    assert clock.scale == 1


def test_an_unknown_mode_is_refused() -> None:
    clock = VirtualClock()
    with pytest.raises(KernelError) as refused:
        clock.set_mode("imaginary")
    assert refused.value.code == "WASM_TIME_MODE_INVALID"
    assert clock.mode == "virtual"


def test_a_clock_stays_within_what_it_can_say() -> None:
    clock = VirtualClock(ClockSpec("manual", start=LATEST))
    with pytest.raises(KernelError) as refused:
        clock.advance(SECOND)
    assert refused.value.code == "WASM_TIME_RANGE_INVALID"
    assert clock.now == LATEST


def test_nothing_sleeps_in_it() -> None:
    clock = VirtualClock()
    clock.step()
    assert clock.state() == {"mode": "virtual", "paused": False, "scale": 1.0, "now": 0, "next": None, "waiting": 0}


def test_it_is_saved_and_restored() -> None:
    clock = VirtualClock(ClockSpec("manual", start=5, scale=0.5, paused=True))
    other = VirtualClock()
    other.restore(clock.save())
    assert other.save() == clock.save()
    with pytest.raises(KernelError):
        other.restore({"mode": "manual", "paused": False, "scale": -1, "now": 0})
    assert other.save() == clock.save()
