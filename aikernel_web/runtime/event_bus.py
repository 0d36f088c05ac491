"""The event bus (reference contract, section 2.5), with what observers need besides: order, time and a history."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time_ns
from typing import TypeAlias

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.errors import KernelError
from ..contracts.events import EVENT_HANDLER_FAILED, EventHandler, EventObserver, EventRecord, PayloadType
from .event_delivery import EventDelivery
from .event_routes import Routes, Subscription, require_text
from .provider_base import WasmProviderBase

HISTORY_LENGTH = 1000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REPORTING: contextvars.ContextVar[bool] = contextvars.ContextVar("reporting_a_failed_handler", default=False)

# What the history holds: sequence, name, payload, nanoseconds since the epoch, source. The record is made when somebody
# asks for it: making it costs several times as much as everything else that an unheard event does.
_Entry: TypeAlias = tuple[int, str, object, int, str]


class EventBusProvider(WasmProviderBase):
    """Delivers events to their handlers one after another, in the order of subscription.

    `publish` waits for every handler, in the publisher's own task: it never waits for another publication, so that a
    handler may publish, and wait for whatever its own event has set going. `publish_now` is for publishers that cannot
    wait: handlers have run when it returns, up to the first that suspends; the event loop finishes that one, then the
    others, then what was published by `publish_now` in the meantime, in order.

    A handler is a guest: what it raises stops neither the other handlers nor the publisher. It is reported to the
    event loop's exception handler, and published as ``EventHandlerFailed`` with eventName, subscriptionId, code,
    exceptionType and message; a failure while that event is handled is reported to the loop alone. (The reference
    contract lets it reach the publisher and stop the rest: section 2.5.)

    Observers only watch: they see every event of a pattern as an `EventRecord`, before the handlers do. Subscriptions
    may change from any thread; publishers share one.
    """

    def __init__(self, *, history: int = HISTORY_LENGTH) -> None:
        super().__init__(
            "providers.eventbus.memory",
            "In-Memory Event Bus",
            operations=("event.publish", "event.subscribe"),
            data_types=("event",),
        )
        self._routes = Routes()
        self._delivery = EventDelivery(self._report)
        self._history: deque[_Entry] = deque(maxlen=history)
        self._keeps = history > 0
        self._sequence = itertools.count(1)

    async def publish(
        self,
        event_name: str,
        event_data: object,
        *,
        source: str = "",
        cancellation: CancellationToken | None = None,
    ) -> None:
        """Deliver ``event_data`` to the subscribers that ``event_name`` has at this moment.

        ``source`` is the id of the process whose program speaks, and reaches observers only. A ``cancellation`` that
        is cancelled before the first or before a later handler raises `OperationCancelled`. Until a handler first
        suspends nothing else runs: handlers that never await have run when this returns.
        """
        if cancellation is not None:
            refuse_cancelled(cancellation)
        subscriptions = self._record(event_name, event_data, source)
        if subscriptions:
            await self._delivery.deliver(subscriptions, event_name, event_data, cancellation)

    broadcast = publish

    def publish_now(self, event_name: str, event_data: object, *, source: str = "") -> None:
        """Deliver as `publish` does, without waiting: handlers that never await have run when this returns.

        The rest of a handler that awaits is finished by the running event loop; where none is running, the handler is
        closed and reported with ``EVENT_LOOP_REQUIRED``. While such a rest is unfinished later events of this kind
        wait behind it: more than 10 000 are dropped and reported, ``EVENT_QUEUE_FULL``. A handler that synchronously
        publishes what it hears is cut off 16 deep: ``EVENT_NESTING_TOO_DEEP``.
        """
        subscriptions = self._record(event_name, event_data, source)
        if subscriptions:
            self._delivery.deliver_now(subscriptions, event_name, event_data)

    def wants(self, event_name: str) -> bool:
        """Whether an event of that name is kept, observed or handled; otherwise its payload need not be built."""
        return self._keeps or not (self._routes.known.get(event_name) or self._routes.of(event_name)).silent

    def subscribe(self, name_or_pattern: str, handler: EventHandler, *, payload_type: PayloadType | None = None) -> str:
        """Call ``handler(payload)`` for every later event of that name, and return the subscription's id.

        In a pattern ``*`` stands for any characters and ``?`` for one. A payload that is no ``payload_type`` is kept
        from this handler and reported with ``EVENT_PAYLOAD_TYPE_MISMATCH``. A handler that subscribes or unsubscribes
        changes the next event, not the one it is called for.
        """
        return self._routes.subscribe(name_or_pattern, handler, payload_type)

    def unsubscribe(self, subscription_id: str) -> bool:
        """Remove a subscription; False when there is none of that id (any more)."""
        return self._routes.unsubscribe(subscription_id)

    def get_subscriber_count(self, event_name: str) -> int:
        """Count the subscriptions, by name and by pattern, that an event of that name reaches."""
        require_text(event_name, "event name")
        return len(self._routes.of(event_name).subscriptions)

    def observe(self, pattern: str, observer: EventObserver) -> Callable[[], None]:
        """Call ``observer(record)`` for every event whose name matches ``pattern``; the answer ends it."""
        return self._routes.observe(pattern, observer)

    @property
    def history(self) -> tuple[EventRecord, ...]:
        """The latest events, oldest first."""
        return tuple(map(_as_record, tuple(self._history)))

    def reset(self) -> None:
        """Forget the history, every subscription and what waits; observers and the numbering go on."""
        self._history.clear()
        self._routes.forget_subscriptions()
        self._delivery.forget()

    def _record(self, event_name: str, event_data: object, source: str) -> tuple[Subscription, ...]:
        """Keep the event, tell the observers, and return the handlers."""
        routes = self._routes
        route = routes.known.get(event_name) or routes.of(event_name)
        if self._keeps or route.observers:
            entry = (next(self._sequence), event_name, event_data, time_ns(), source)
            if self._keeps:
                self._history.append(entry)
            if route.observers:
                record = _as_record(entry)
                for observer in route.observers:
                    try:
                        observer(record)
                    except Exception as error:  # an observer's failure is never the publisher's
                        self._report(error, event_name, "")
        return route.subscriptions

    def _report(self, error: BaseException, event_name: str, subscription_id: str) -> None:
        """Tell of a failed handler or observer."""
        exception_type = f"{type(error).__module__}.{type(error).__qualname__}"
        message = f"Event {event_name!r}: a handler failed with {exception_type}: {error}"
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            logging.getLogger(__name__).error(message, exc_info=error)
        else:
            loop.call_exception_handler({"message": message, "exception": error})
        if event_name == EVENT_HANDLER_FAILED or _REPORTING.get():
            return
        payload = {
            "eventName": event_name,
            "subscriptionId": subscription_id,
            "code": error.code if isinstance(error, KernelError) else "UNHANDLED_EXCEPTION",
            "exceptionType": exception_type,
            "message": str(error),
        }
        contextvars.copy_context().run(self._tell_failure, payload)

    def _tell_failure(self, payload: dict[str, str]) -> None:
        _REPORTING.set(True)
        self.publish_now(EVENT_HANDLER_FAILED, payload)


def _as_record(entry: _Entry) -> EventRecord:
    sequence, name, payload, nanoseconds, source = entry
    return EventRecord(sequence, name, payload, _EPOCH + timedelta(microseconds=nanoseconds // 1000), source)
