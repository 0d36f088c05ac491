"""Going on after a mistake: it is reported, and what it was found in is passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..fault import Fault, Unanswered
from ..source import Report

T = TypeVar("T")


def guarded(report: Report, work: Callable[..., T], *arguments: object) -> T | None:
    """Return what ``work`` answers; None where something is wrong, which is reported then or was before."""
    try:
        return work(*arguments)
    except Fault as fault:
        report.add(fault.span, fault.code, fault.message)
    except Unanswered:
        if not report.diagnostics:
            raise  # nothing was reported: whoever says so has a fault itself, which must not make a shader valid
    return None
