"""A program's own events and system calls on the bus: under their names, unforgeable, bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from unit.loop import run_async

from aikernel_web import EventBusProvider
from aikernel_web.contracts.events import RESERVED_EVENTS, EventRecord
from aikernel_web.contracts.modules import ModuleItem
from aikernel_web.contracts.observation import AudioBlock, Frame, TraceCall
from aikernel_web.runtime.observation import (
    EVENT_BURST,
    EVENTS_PER_SECOND,
    SYSTEM_CALLS_PER_EVENT,
    ProcessEvents,
    read_event,
)


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Batch:
    def __init__(self, count: int) -> None:
        self._calls = [TraceCall(i / 10, "fd_write", f"1, {i}", "SUCCESS", 2.5) for i in range(count)]
        self.reference = self

    def __len__(self) -> int:
        return len(self._calls)

    def first(self, count: int) -> Sequence[TraceCall]:
        return self._calls[:count]


class Told:
    def __init__(self) -> None:
        self.things: list[object] = []

    def event(self, line: str) -> None:
        self.things.append(line)

    def terminal(self, raw: bool) -> None:
        self.things.append(raw)

    def trace(self, calls: Any) -> None:
        self.things.append(len(calls))


def published(*actions: Any, observer: Told | None = None) -> list[EventRecord]:
    """Return the records that a bus saw when each action was done to a process's events and its clock."""

    async def main() -> list[EventRecord]:
        bus, clock, seen = EventBusProvider(), Clock(), list[EventRecord]()
        bus.observe("*", seen.append)
        events = ProcessEvents(bus, "id-1", "prog", observer, now=clock)
        for action in actions:
            action(events, clock)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return seen

    return run_async(main())


class TestEvents:
    def test_a_line_is_an_event_of_its_own_name_from_its_process(self) -> None:
        (event,) = published(lambda events, _: events.event('{"name": "Score", "points": 3}'))
        assert (event.name, event.payload, event.source) == ("Score", {"points": 3}, "id-1")

    @pytest.mark.parametrize(
        ("line", "name", "payload"),
        [
            ('{"name": "Go"}', "Go", {}),
            ('{"name": "Go", "payload": [1, 2]}', "Go", [1, 2]),
            ('{"name": "Go", "payload": 1, "more": 2}', "Go", {"payload": 1, "more": 2}),
        ],
    )
    def test_the_payload_is_the_rest_of_the_object(self, line: str, name: str, payload: object) -> None:
        assert read_event(line) == (name, payload)

    @pytest.mark.parametrize("name", sorted(RESERVED_EVENTS))
    def test_the_kernels_own_names_cannot_be_forged(self, name: str) -> None:
        (event,) = published(lambda events, _: events.event(json.dumps({"name": name, "processId": "another"})))
        assert event.name == f"Program.{name}"
        assert event.source == "id-1"

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "text",
            "[1]",
            "7",
            '{"points": 3}',
            '{"name": 7}',
            '{"name": " "}',
            '{"name": ""}',
            '{"name": "a\\nb"}',
            '{"name": "' + "x" * 129 + '"}',
            "[" * 100_000,
        ],
        ids=lambda line: line[:20],
    )
    def test_a_line_that_names_nothing_is_published_whole(self, line: str) -> None:
        assert read_event(line) == ("ProgramEvent", {"line": line})

    def test_a_flood_is_cut_off_counted_and_let_in_again(self) -> None:
        def flood(events: ProcessEvents, _: Clock) -> None:
            for _number in range(EVENT_BURST + 50):
                events.event('{"name": "Tick"}')

        def wait(events: ProcessEvents, clock: Clock) -> None:
            clock.time += 2 / EVENTS_PER_SECOND
            events.event('{"name": "Tick"}')

        seen = published(flood, wait)
        assert [event.name for event in seen].count("Tick") == EVENT_BURST + 1
        (dropped,) = [event for event in seen if event.name == "ProgramEventsDropped"]
        assert dropped.payload == {"processId": "id-1", "processName": "prog", "count": 50}
        assert dropped.source == ""

    def test_a_handler_that_waits_for_the_process_holds_nothing_up(self) -> None:
        async def main() -> list[str]:
            bus, seen = EventBusProvider(), list[str]()
            bus.observe("*", lambda record: seen.append(record.name))
            bus.subscribe("First", lambda _: asyncio.Event().wait())
            events = ProcessEvents(bus, "id-1", "prog", None)
            events.event('{"name": "First"}')
            events.event('{"name": "Second"}')
            await asyncio.sleep(0)
            return seen

        assert run_async(main()) == ["First", "Second"]

    def test_a_handler_that_fails_is_reported_and_harms_nobody(self) -> None:
        async def main() -> list[str]:
            reports: list[str] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context["message"]))
            bus = EventBusProvider()
            bus.subscribe("Go", lambda _: 1 % 0)
            ProcessEvents(bus, "id-1", "prog", None).event('{"name": "Go"}')
            await asyncio.sleep(0.01)
            return reports

        (report,) = run_async(main())
        assert "'Go'" in report
        assert "by zero" in report


class TestSystemCalls:
    def test_the_calls_of_a_turn_are_one_event(self) -> None:
        (event,) = published(lambda events, _: events.trace(Batch(2)))
        assert (event.name, event.source) == ("SystemCall", "")
        assert event.payload["processId"] == "id-1"
        assert event.payload["dropped"] == 0
        assert event.payload["calls"][1] == {
            "time": 0.1,
            "name": "fd_write",
            "args": "1, 1",
            "result": "SUCCESS",
            "duration": 2.5,
        }

    def test_a_busy_program_is_shown_in_part_and_counted(self) -> None:
        def later(events: ProcessEvents, clock: Clock) -> None:
            clock.time += 1
            events.trace(Batch(1))

        seen = published(
            lambda events, _: events.trace(Batch(SYSTEM_CALLS_PER_EVENT + 7)),
            lambda events, _: events.trace(Batch(5)),
            later,
            lambda events, _: events.trace(Batch(3)),
            lambda events, _: events.close(),
        )
        assert [(len(event.payload["calls"]), event.payload["dropped"]) for event in seen] == [
            (SYSTEM_CALLS_PER_EVENT, 7),
            (1, 5),
            (0, 3),
        ]

    def test_a_call_reads_as_strace_writes_it(self) -> None:
        assert str(TraceCall(0, "fd_read", "0, 1 iovs", "SUCCESS", 61_150)) == "fd_read(0, 1 iovs) = SUCCESS <0.061150>"


def test_an_observer_of_ones_own_is_told_everything() -> None:
    told = Told()
    published(
        lambda events, _: events.event("line"),
        lambda events, _: events.terminal(raw=True),
        lambda events, _: events.trace(Batch(4)),
        observer=told,
    )
    assert told.things == ["line", True, 4]


def test_what_is_printed_is_short() -> None:
    assert repr(Frame(2, 1, "gray8", 3, b"ab")) == "Frame(width=2, height=1, format='gray8', sequence=3)"
    assert repr(AudioBlock(8000, 1, "u8", b"abc")) == "AudioBlock(rate=8000, channels=1, format='u8')"
    item = ModuleItem("add", "function", params=("i32",))
    assert repr(item) == "ModuleItem(name='add', kind='function', params=('i32',))"
