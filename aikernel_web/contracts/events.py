"""Events: stable names, and the bus that carries them (reference contract, sections 2.5 and 2.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

PROCESS_STARTED = "ProcessStarted"
PROCESS_STOPPED = "ProcessStopped"
PROCESS_CRASHED = "ProcessCrashed"

EventHandler = Callable[[Any], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as an observer sees it: a number that only grows, the name, the payload and the time (UTC)."""

    sequence: int
    name: str
    payload: Any
    time: datetime


EventObserver = Callable[[EventRecord], None]


class EventBus(Protocol):
    """Carries events from publishers to the subscribers of exactly that name."""

    async def publish(self, event_name: str, event_data: object) -> None:
        """Deliver ``event_data`` to the subscribers of ``event_name``, one after another."""
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
