"""The kernel's events, as the host sees them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import HostError

HISTORY_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class HostEvent:
    """An event of the kernel: its number, name, payload and time (UTC).

    ``source`` is the id of the process whose program published it by itself, otherwise empty.
    """

    sequence: int
    name: str
    payload: Any
    time: datetime
    source: str = ""


class HostEvents:
    """Every event since the kernel was launched or reset, bounded. Safe to use from any thread."""

    def __init__(self) -> None:
        self._events: deque[HostEvent] = deque(maxlen=HISTORY_LENGTH)
        self._waited: dict[str, int] = {}
        self._changed = threading.Condition()

    @property
    def history(self) -> tuple[HostEvent, ...]:
        """The events so far, oldest first."""
        with self._changed:
            return tuple(self._events)

    def wait_for(
        self, name: str, *, timeout: float | None = 60.0, where: Callable[[HostEvent], bool] = lambda _: True
    ) -> HostEvent:
        """Return the next event called ``name`` for which ``where`` holds.

        An event that came before the call counts, unless an earlier `wait_for` of that name has already returned it or
        a later one: so nothing is missed between an action and the wait for its event. Raises `HostError` with
        ``HOST_TIMEOUT`` when it does not come within ``timeout`` seconds.
        """
        found: list[HostEvent] = []

        def arrived() -> bool:
            after = self._waited.get(name, 0)
            for event in self._events:
                if event.sequence > after and event.name == name and where(event):
                    found.append(event)
                    return True
            return False

        with self._changed:
            if not self._changed.wait_for(arrived, timeout):
                seen = ", ".join(event.name for event in tuple(self._events)[-10:]) or "none"
                message = f"No event {name!r} has come within {timeout} s. The latest events: {seen}."
                raise HostError(message, code="HOST_TIMEOUT")
            self._waited[name] = found[0].sequence
            return found[0]

    def add(self, event: Mapping[str, Any]) -> None:
        """Append an event as the kernel sends it."""
        time = datetime.fromisoformat(event["time"])
        record = HostEvent(event["sequence"], event["name"], event["payload"], time, event["source"])
        with self._changed:
            self._events.append(record)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget what has come so far."""
        with self._changed:
            self._waited.clear()
            self._events.clear()
