"""What a program tells of itself becomes events: its own, and its system calls where it is traced."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict

from ..contracts.engine import ProcessObserver, TraceBatch
from ..contracts.events import (
    PROGRAM_EVENT,
    PROGRAM_EVENTS_DROPPED,
    PROGRAM_PREFIX,
    RESERVED_EVENTS,
    SYSTEM_CALL,
    EventBus,
)

SYSTEM_CALLS_PER_EVENT = 256
"""How many calls one event shows; the others are counted. `EngineProcess.trace` has the last 10 000."""
SECONDS_BETWEEN_SYSTEM_CALLS = 0.05
"""The least time from one such event to the next: a busy program makes many thousand calls in it."""
EVENT_BURST = 10_000
"""How many events a program may publish at once."""
EVENTS_PER_SECOND = 1_000
"""How many it may publish from then on; what is beyond is dropped and counted."""
NAME_LIMIT = 128
"""Characters in the name of a program's event."""


class ProcessEvents:
    """The observer of one process: publishes what its program tells, and hands it on to ``observer``.

    A line of ``/dev/event`` is a JSON object with a ``name``: it is published under that name, with the process's id as
    its source. The payload is the rest of the object, or what stands under ``payload`` where that is all of the rest.
    A name that belongs to the kernel gets the prefix ``Program.``. A line without a usable name is published as
    ``ProgramEvent`` with the payload ``{"line": ...}``. System calls are published as ``SystemCall``, those between two
    turns of the program together. Both are bounded; what was dropped is said in ``ProgramEventsDropped``, and under
    ``dropped`` in ``SystemCall``. ``at_once`` is for a program in the kernel's own thread, whose events have been
    delivered when the call of its export returns.
    """

    def __init__(
        self,
        bus: EventBus,
        process_id: str,
        process_name: str,
        observer: ProcessObserver | None,
        *,
        at_once: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._at_once = at_once
        self._identity = {"processId": process_id, "processName": process_name}
        self._observer = observer
        self._now = now
        self._deliveries: set[asyncio.Task[None]] = set()
        self._allowance = float(EVENT_BURST)
        self._refilled = now()
        self._dropped_events = 0
        self._dropped_calls = 0
        self._next_calls = now()

    def event(self, line: str) -> None:
        """Publish a line of ``/dev/event``."""
        if self._observer is not None:
            self._observer.event(line)
        if not self._may_publish():
            self._dropped_events += 1
            return
        if self._dropped_events:
            dropped, self._dropped_events = self._dropped_events, 0
            self._publish(PROGRAM_EVENTS_DROPPED, self._identity | {"count": dropped})
        name, payload = read_event(line)
        self._publish(name, payload, source=self._identity["processId"])

    def terminal(self, raw: bool) -> None:
        """Hand on the program's wish for the terminal."""
        if self._observer is not None:
            self._observer.terminal(raw)

    def trace(self, calls: TraceBatch) -> None:
        """Publish some of the system calls of one turn."""
        if self._observer is not None:
            self._observer.trace(calls)
        if not self._bus.wants(SYSTEM_CALL):
            return
        if self._now() < self._next_calls:
            self._dropped_calls += len(calls)
            return
        self._next_calls = self._now() + SECONDS_BETWEEN_SYSTEM_CALLS
        shown = calls.first(SYSTEM_CALLS_PER_EVENT)
        dropped, self._dropped_calls = self._dropped_calls + len(calls) - len(shown), 0
        payload = {"calls": [asdict(call) for call in shown], "dropped": dropped}
        self._publish(SYSTEM_CALL, self._identity | payload)

    def close(self) -> None:
        """Say what was dropped last."""
        if self._dropped_events:
            self._publish(PROGRAM_EVENTS_DROPPED, self._identity | {"count": self._dropped_events})
        if self._dropped_calls:
            self._publish(SYSTEM_CALL, self._identity | {"calls": [], "dropped": self._dropped_calls})
        self._dropped_events = self._dropped_calls = 0

    def _may_publish(self) -> bool:
        """Take one event off the allowance, which fills up again as time passes."""
        now = self._now()
        self._allowance = min(EVENT_BURST, self._allowance + (now - self._refilled) * EVENTS_PER_SECOND)
        self._refilled = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _publish(self, name: str, payload: object, *, source: str = "") -> None:
        if not self._bus.wants(name):
            return
        if self._at_once:
            self._bus.publish_now(name, payload, source=source)
            return
        # A task each: a handler may well wait for the end of this very process.
        task = asyncio.ensure_future(self._bus.publish(name, payload, source=source))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)


def read_event(line: str) -> tuple[str, object]:
    """Return the name and payload under which a line of ``/dev/event`` is published."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return PROGRAM_EVENT, {"line": line}
    name = told.pop("name", None) if isinstance(told, dict) else None
    if not isinstance(name, str) or name.isspace() or not name.isprintable() or not 0 < len(name) <= NAME_LIMIT:
        return PROGRAM_EVENT, {"line": line}
    payload = told["payload"] if told.keys() == {"payload"} else told
    return (PROGRAM_PREFIX + name if name in RESERVED_EVENTS else name), payload
