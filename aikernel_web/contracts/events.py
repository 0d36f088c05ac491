"""Events: stable names, and the bus that carries them (reference contract, sections 2.5 and 2.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from .cancellation import CancellationToken

PROCESS_STARTED = "ProcessStarted"
PROCESS_STOPPED = "ProcessStopped"
PROCESS_CRASHED = "ProcessCrashed"
SYSTEM_CALL = "SystemCall"
PROGRAM_EVENT = "ProgramEvent"
PROGRAM_EVENTS_DROPPED = "ProgramEventsDropped"
MEMORY_ACCESSED = "MemoryAccessed"
STDIN_SENT = "StdinSent"
FILE_ACCESSED = "FileAccessed"
EVENTS_DROPPED = "EventsDropped"
GPU_KERNEL_EXECUTED = "GpuKernelExecuted"
GPU_DEVICE_READY = "GpuDeviceReady"
GPU_DEVICE_LOST = "GpuDeviceLost"
GPU_FALLBACK = "GpuFallback"
EVENT_HANDLER_FAILED = "EventHandlerFailed"

RESERVED_EVENTS = frozenset(
    {
        PROCESS_STARTED,
        PROCESS_STOPPED,
        PROCESS_CRASHED,
        SYSTEM_CALL,
        PROGRAM_EVENT,
        PROGRAM_EVENTS_DROPPED,
        MEMORY_ACCESSED,
        STDIN_SENT,
        FILE_ACCESSED,
        EVENTS_DROPPED,
        GPU_KERNEL_EXECUTED,
        GPU_DEVICE_READY,
        GPU_DEVICE_LOST,
        GPU_FALLBACK,
        EVENT_HANDLER_FAILED,
    }
)
"""The names under which only the kernel itself speaks (reference contract, section 2.6, and those above)."""
PROGRAM_PREFIX = "Program."
"""What is put before a reserved name that a program uses for an event of its own, so that it forges nothing."""

EventHandler = Callable[[Any], Awaitable[Any] | None]
PayloadType: TypeAlias = type[Any] | tuple[type[Any], ...]
"""What a subscription takes: instances of this class, or of one of these."""


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
    """Carries events from publishers to the subscribers of their names."""

    async def publish(
        self,
        event_name: str,
        event_data: object,
        *,
        source: str = "",
        cancellation: CancellationToken | None = None,
    ) -> None:
        """Deliver ``event_data`` to the subscribers of ``event_name``, one after another, and wait for each.

        ``source`` is the id of the process, where a program speaks. What a handler raises never reaches the publisher.
        """
        ...

    def publish_now(self, event_name: str, event_data: object, *, source: str = "") -> None:
        """Deliver as `publish` does, without waiting: handlers run until one of them first suspends.

        The event loop finishes what is left, in the order of publication.
        """
        ...

    def wants(self, event_name: str) -> bool:
        """Whether an event of that name reaches anyone or is kept; otherwise its payload need not be built."""
        ...

    def subscribe(self, name_or_pattern: str, handler: EventHandler, *, payload_type: PayloadType | None = None) -> str:
        """Register ``handler`` and return the id of the subscription (32 hexadecimal digits).

        In a pattern ``*`` stands for any characters and ``?`` for one. A payload that is no ``payload_type`` is not
        delivered to this handler but reported.
        """
        ...

    def unsubscribe(self, subscription_id: str) -> bool:
        """Remove a subscription; False when there is none of that id."""
        ...

    def get_subscriber_count(self, event_name: str) -> int:
        """Count the subscriptions that an event of that name reaches."""
        ...
