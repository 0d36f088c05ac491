"""Events on their way out of the interpreter: many at a time, because each crossing costs more than the event."""

from __future__ import annotations

import asyncio
from typing import Any

from pyodide.ffi import create_proxy

from ..contracts.errors import KernelError
from ..contracts.events import EVENTS_DROPPED, EventRecord
from ..runtime.event_bus import EventBusProvider
from .convert import portable, to_object

_PENDING_LIMIT = 10_000
"""Events that may wait for the event loop to turn; those beyond are counted instead."""


class EventFeed:
    """The events of a pattern, told to a function of JavaScript's in lists, in order.

    A list goes out when the event loop turns, or when `flush` is called. Where more than 10 000 wait, the later ones
    are left out, and ``EventsDropped`` in their place says how many they were.
    """

    def __init__(self, bus: EventBusProvider, pattern: str, listener: Any) -> None:
        self._listener = listener
        self._pending: list[dict[str, object]] = []
        self._dropped = 0
        self._scheduled = False
        self._end_observing = bus.observe(pattern, self._tell)

    def flush(self) -> None:
        """Tell what waits now."""
        self._scheduled = False
        if self._dropped:
            last = self._pending[-1]
            payload = {"count": self._dropped}
            self._pending.append(last | {"name": EVENTS_DROPPED, "payload": payload, "source": ""})
            self._dropped = 0
        if self._pending:
            told, self._pending = self._pending, []
            self._listener(to_object(told))

    def close(self) -> None:
        """Tell what waits, and nothing any more."""
        self._end_observing()
        self.flush()

    def _tell(self, record: EventRecord) -> None:
        if len(self._pending) >= _PENDING_LIMIT:
            self._dropped += 1
            return
        # Reduced now: the publisher may change the payload later.
        try:
            payload = portable(record.payload)
        except KernelError as error:
            payload = {"unportable": str(error)}
        self._pending.append(
            {
                "sequence": record.sequence,
                "name": record.name,
                "payload": payload,
                "time": record.time.isoformat(),
                "source": record.source,
            }
        )
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_event_loop().call_soon(self.flush)


class EventFeeds:
    """All feeds of one kernel."""

    def __init__(self, bus: EventBusProvider) -> None:
        self._bus = bus
        self._feeds: set[EventFeed] = set()

    def open(self, pattern: str, listener: Any) -> Any:
        """Begin a feed and return the JavaScript function that ends it."""
        feed = EventFeed(self._bus, pattern, listener)
        self._feeds.add(feed)

        def close() -> None:
            feed.close()
            self._feeds.discard(feed)
            proxy.destroy()

        proxy = create_proxy(close)
        return proxy

    def flush(self) -> None:
        """Tell everybody what waits, so that an answer comes after the events that led to it."""
        for feed in tuple(self._feeds):
            feed.flush()
