"""Events: stable names, and the bus that carries them (reference contract, sections 2.5 and 2.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

PROCESS_STARTED = "ProcessStarted"
PROCESS_STOPPED = "ProcessStopped"
PROCESS_CRASHED = "ProcessCrashed"
SYSTEM_CALL = "SystemCall"
PROGRAM_EVENT = "ProgramEvent"
PROGRAM_EVENTS_DROPPED = "ProgramEventsDropped"

RESERVED_EVENTS = frozenset(
    {
        PROCESS_STARTED,
        PROCESS_STOPPED,
        PROCESS_CRASHED,
        SYSTEM_CALL,
        PROGRAM_EVENT,
        PROGRAM_EVENTS_DROPPED,
        "MemoryAccessed",
        "StdinSent",
        "FileAccessed",
        "GpuKernelExecuted",
    }
)
"""The names under which only the kernel itself speaks (reference contract, section 2.6, and those above)."""
PROGRAM_PREFIX = "Program."
"""What is put before a reserved name that a program uses for an event of its own, so that it forges nothing."""

EventHandler = Callable[[Any], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as an observer sees it: a number that only grows, the name, the payload and the time (UTC).

    ``source`` is the id of the process whose program published the event itself; empty for everything else.
    """

    sequence: int
    name: str
    payload: Any
    time: datetime
    source: str = ""


EventObserver = Callable[[EventRecord], None]


class EventBus(Protocol):
    """Carries events from publishers to the subscribers of exactly that name."""

    async def publish(self, event_name: str, event_data: object, *, source: str = "") -> None:
        """Deliver ``event_data`` to the subscribers of ``event_name``, one after another.

        ``source`` is the id of the process, where a program speaks.
        """
        ...

    def subscribe(self, event_name: str, handler: EventHandler) -> str:
        """Register ``handler`` and return the id of the subscription (32 hexadecimal digits)."""
        ...

    def unsubscribe(self, subscription_id: str) -> bool:
        """Remove a subscription; False when there is none of that id."""
        ...

    def get_subscriber_count(self, event_name: str) -> int:
        """Count the subscriptions to ``event_name``."""
        ...
