"""Cancellation by token, beside that of tasks: looked at before an operation begins (reference contract, 3.2, 3.6)."""

from __future__ import annotations

import asyncio
from typing import Protocol

from .errors import OperationCancelled


class CancellationToken(Protocol):
    """Says whether whoever asked for an operation still wants it; `Cancellation` is one."""

    @property
    def cancelled(self) -> bool:
        """Whether the operation is no longer wanted."""
        ...


class Cancellation:
    """A token that can be cancelled, once and for all."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Tell everyone who looks at the token; again changes nothing."""
        self._cancelled = True


def refuse_cancelled(token: CancellationToken | None) -> None:
    """Raise `OperationCancelled` with ``WASM_OPERATION_CANCELLED`` where ``token`` is cancelled."""
    if token is not None and token.cancelled:
        raise OperationCancelled("The operation was cancelled before it began.", code="WASM_OPERATION_CANCELLED")


def caller_is_cancelled() -> bool:
    """Whether a ``CancelledError`` that is caught here is meant for the running task.

    Where it is not, something that the task waited for was cancelled, and only that has failed.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
