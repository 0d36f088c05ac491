"""What providers can be given: a context, a process, a target, or nothing."""

from __future__ import annotations

from typing import TypeAlias

from ..contracts.targets import Target
from .context import WasmRuntimeContext

Targetable: TypeAlias = WasmRuntimeContext | Target | None
"""What providers are given; a `WasmProcess` is a `Target` itself."""


def as_target(subject: Targetable) -> Target:
    """Return ``subject`` as a target; None is a fresh context without a bus (reference contract, section 3.6).

    Raises `TypeError` for what is none.
    """
    if subject is None:
        return WasmRuntimeContext().target
    if isinstance(subject, WasmRuntimeContext):
        return subject.target
    if callable(getattr(subject, "read_memory", None)) and callable(getattr(subject, "control", None)):
        return subject
    raise TypeError(f"{subject!r} is no target: give a WasmRuntimeContext, a WasmProcess, or nothing.")
