"""What a run watches for besides computing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """Tests that are compiled into a kernel where they are asked for; what is not asked for costs nothing."""

    bounds: bool = False
    """Report each access outside an array, which otherwise is clamped as WebGPU does."""
    races: bool = False
    """Report two invocations that access the same memory, one of them to write, with nothing that orders them."""
    trace: bool = False
    """Tell what each statement does to the recorder of the run."""


NO_CHECKS = Checks()
