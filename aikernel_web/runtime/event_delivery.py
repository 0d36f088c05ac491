"""Calling the handlers of an event: one after another, each failure reported, none of them the publisher's."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from ..contracts.cancellation import CancellationToken, caller_is_cancelled, refuse_cancelled
from ..contracts.errors import KernelError
from ..contracts.events import EVENT_HANDLER_FAILED
from .eager import start_at_once
from .event_routes import Subscription

NESTING_LIMIT = 16
"""How deep synchronous publications may nest, each made by a handler of the one before."""
WAITING_LIMIT = 10_000
"""How many synchronous publications may wait for the handlers of earlier ones."""

Report = Callable[[BaseException, str, str], None]
"""Told of a failure: the error, the event's name, and the subscription's id (empty where it is nobody's)."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is still to be done of one synchronous publication, and the context it was made in."""

    started: asyncio.Task[None] | None
    subscriptions: tuple[Subscription, ...]
    event_name: str
    event_data: object
    context: contextvars.Context


class EventDelivery:
    """Delivers to handlers, for a publisher that waits (`deliver`) and for one that cannot (`deliver_now`)."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._waiting: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._overflowed = False
        self._depth = 0
        self._cut_off = False

    async def deliver(
        self,
        subscriptions: tuple[Subscription, ...],
        event_name: str,
        event_data: object,
        cancellation: CancellationToken | None = None,
    ) -> None:
        """Call the handlers in turn, in the caller's own task."""
        for subscription in subscriptions:
            if cancellation is not None:
                refuse_cancelled(cancellation)
            answer = self._call(subscription, event_name, event_data)
            if answer is not None:
                await self._settle(answer, subscription, event_name)

    def deliver_now(self, subscriptions: tuple[Subscription, ...], event_name: str, event_data: object) -> None:
        """Call the handlers in turn until one suspends; what is left is finished in the running loop, in order."""
        if self._is_behind():
            self._wait(_Waiting(None, subscriptions, event_name, event_data, contextvars.copy_context()))
            return
        if self._depth >= NESTING_LIMIT + (event_name == EVENT_HANDLER_FAILED):  # the report of it is still heard
            if not self._cut_off:  # handlers that answer one event with two reach this by the thousand
                self._cut_off = True
                self._report(_too_deep(event_name), event_name, "")
            return
        self._depth += 1
        try:
            for position, subscription in enumerate(subscriptions, 1):
                answer = self._call(subscription, event_name, event_data)
                started = self._start(answer, subscription, event_name) if answer is not None else None
                if started is not None:
                    rest = subscriptions[position:]
                    self._wait(_Waiting(started, rest, event_name, event_data, contextvars.copy_context()))
                    return
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._cut_off = False

    def forget(self) -> None:
        """Deliver nothing of what waits. Handlers that have begun come to their end, and nothing waits for them."""
        self._waiting.clear()
        self._waiting = deque()
        self._worker = None
        self._overflowed = False

    def _call(self, subscription: Subscription, event_name: str, event_data: Any) -> Awaitable[Any] | None:
        """Call one handler; return what is to be awaited, if anything."""
        if subscription.payload_type is not None and not isinstance(event_data, subscription.payload_type):
            self._report(_wrong_type(event_name, event_data, subscription), event_name, subscription.id)
            return None
        try:
            answer = subscription.handler(event_data)
        except (Exception, asyncio.CancelledError) as error:  # a handler's failure is never the publisher's
            self._report(error, event_name, subscription.id)
            return None
        if answer is None or not (type(answer) is CoroutineType or inspect.isawaitable(answer)):
            return None
        return answer

    async def _settle(self, answer: Awaitable[Any], subscription: Subscription, event_name: str) -> None:
        try:
            await answer
        except asyncio.CancelledError as error:
            if caller_is_cancelled():
                raise
            self._report(error, event_name, subscription.id)
        except Exception as error:  # a handler's failure is never the publisher's
            self._report(error, event_name, subscription.id)

    def _start(self, answer: Awaitable[Any], subscription: Subscription, event_name: str) -> asyncio.Task[None] | None:
        """Run a handler until it first suspends; return the task that finishes it, or None when it has ended."""
        settling = self._settle(answer, subscription, event_name)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            try:
                settling.send(None)
            except StopIteration:
                return None
            with contextlib.suppress(RuntimeError):  # raised by a handler that awaits on while it is being closed
                settling.close()
            self._report(_no_loop(event_name), event_name, subscription.id)
            return None
        return start_at_once(settling, loop)

    def _is_behind(self) -> bool:
        worker = self._worker
        if worker is None:
            return False
        if not worker.done() and not worker.get_loop().is_closed():
            return True
        self.forget()  # its loop has ended without it
        return False

    def _wait(self, waiting: _Waiting) -> None:
        if len(self._waiting) >= WAITING_LIMIT and waiting.started is None:
            if not self._overflowed:
                self._overflowed = True
                self._report(_too_many(waiting.event_name), waiting.event_name, "")
            return
        self._waiting.append(waiting)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work_off(self._waiting))

    async def _work_off(self, queue: deque[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        try:
            while queue:
                waiting = queue.popleft()
                if waiting.started is not None:
                    await asyncio.wait([waiting.started])
                if waiting.subscriptions:
                    delivery = self.deliver(waiting.subscriptions, waiting.event_name, waiting.event_data)
                    await asyncio.wait([loop.create_task(delivery, context=waiting.context)])
        finally:
            if self._waiting is queue:
                self.forget()


def _too_deep(event_name: str) -> KernelError:
    message = (
        f"Event {event_name!r} was delivered to nobody: it was published by the handler of an event that a handler "
        f"had published, {NESTING_LIMIT} deep. Let the handler not publish what it hears."
    )
    return KernelError(message, code="EVENT_NESTING_TOO_DEEP")


def _too_many(event_name: str) -> KernelError:
    message = (
        f"Event {event_name!r} and those after it are dropped: {WAITING_LIMIT} publications wait for a handler of an "
        "earlier one to end."
    )
    return KernelError(message, code="EVENT_QUEUE_FULL")


def _no_loop(event_name: str) -> KernelError:
    message = (
        f"A handler of event {event_name!r} awaits something, and no event loop is running that could finish it: "
        "publish from within a coroutine, or subscribe a plain function."
    )
    return KernelError(message, code="EVENT_LOOP_REQUIRED")


def _wrong_type(event_name: str, event_data: object, subscription: Subscription) -> KernelError:
    wanted = subscription.payload_type
    names = " or ".join(each.__name__ for each in (wanted if isinstance(wanted, tuple) else (wanted,)) if each)
    message = f"A handler of event {event_name!r} takes {names}, not {type(event_data).__name__}."
    return KernelError(message, code="EVENT_PAYLOAD_TYPE_MISMATCH")
