"""The event bus (reference contract, section 2.5), with what observers need besides: order, time and a history."""

from __future__ import annotations

import inspect
import itertools
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from ..contracts.errors import KernelError
from ..contracts.events import EventHandler, EventObserver, EventRecord
from .provider_base import WasmProviderBase

HISTORY_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class _Subscription:
    id: str
    event_name: str
    handler: EventHandler


class EventBusProvider(WasmProviderBase):
    """Delivers events in the publisher's own task, one handler after another, in the order of subscription.

    Handlers belong to the operation they observe: what one raises stops the remaining ones and reaches the publisher.
    Observers only watch: they see every event of a pattern as an `EventRecord`, before the handlers do.
    """

    def __init__(self, *, history: int = HISTORY_LENGTH) -> None:
        super().__init__(
            "providers.eventbus.memory",
            "In-Memory Event Bus",
            operations=("event.publish", "event.subscribe"),
            data_types=("event",),
        )
        self._subscriptions: dict[str, _Subscription] = {}
        self._observers: dict[str, tuple[str, EventObserver]] = {}
        self._history: deque[EventRecord] = deque(maxlen=history)
        self._sequence = itertools.count(1)

    async def publish(self, event_name: str, event_data: object, *, source: str = "") -> None:
        """Deliver ``event_data`` to the subscribers that ``event_name`` has at this moment.

        ``source`` is the id of the process whose program speaks, and reaches observers only.

        Until a handler first suspends nothing else runs: handlers that never await have run when this returns.
        """
        _require_text(event_name, "event name")
        record = EventRecord(next(self._sequence), event_name, event_data, datetime.now(UTC), source)
        self._history.append(record)
        for pattern, observer in tuple(self._observers.values()):
            if fnmatchcase(event_name, pattern):
                observer(record)
        for subscription in tuple(self._subscriptions.values()):
            if subscription.event_name == event_name:
                answer = subscription.handler(event_data)
                if inspect.isawaitable(answer):
                    await answer

    broadcast = publish

    def subscribe(self, event_name: str, handler: EventHandler) -> str:
        """Call ``handler(payload)`` for every later event of exactly ``event_name``; return the subscription's id."""
        _require_text(event_name, "event name")
        subscription = _Subscription(uuid.uuid4().hex, event_name, handler)
        self._subscriptions[subscription.id] = subscription
        return subscription.id

    def unsubscribe(self, subscription_id: str) -> bool:
        """Remove a subscription; False when there is none of that id (any more)."""
        _require_text(subscription_id, "subscription id")
        return self._subscriptions.pop(subscription_id, None) is not None

    def get_subscriber_count(self, event_name: str) -> int:
        """Count the subscriptions to exactly ``event_name``."""
        return sum(subscription.event_name == event_name for subscription in self._subscriptions.values())

    def observe(self, pattern: str, observer: EventObserver) -> Callable[[], None]:
        """Call ``observer(record)`` for every event whose name matches ``pattern`` (``*`` and ``?``)."""
        _require_text(pattern, "pattern")
        key = uuid.uuid4().hex
        self._observers[key] = (pattern, observer)

        def end() -> None:
            self._observers.pop(key, None)

        return end

    @property
    def history(self) -> tuple[EventRecord, ...]:
        """The latest events, oldest first."""
        return tuple(self._history)

    def reset(self) -> None:
        """Forget the history and every subscription; observers and the numbering go on."""
        self._history.clear()
        self._subscriptions.clear()


def _require_text(value: str, what: str) -> None:
    if not value or value.isspace():
        message = f"The {what} is blank: give the name of the event, such as 'ProcessStopped'."
        raise KernelError(message, code="EVENT_NAME_REQUIRED")
