from __future__ import annotations

import asyncio

import pytest
from unit.loop import run_async

from aikernel_web import EventBusProvider, KernelError


def test_handlers_run_in_the_order_of_subscription_before_publish_returns() -> None:
    async def main() -> list[str]:
        bus, seen = EventBusProvider(), []

        async def slow(payload: str) -> None:
            await asyncio.sleep(0)
            seen.append(f"slow {payload}")

        bus.subscribe("Thing", slow)
        bus.subscribe("Thing", lambda payload: seen.append(f"fast {payload}"))
        bus.subscribe("thing", lambda _: seen.append("other name"))
        await bus.publish("Thing", "x")
        return seen

    assert run_async(main()) == ["slow x", "fast x"]


def test_subscribing_while_publishing_takes_effect_the_next_time() -> None:
    async def main() -> list[str]:
        bus, seen = EventBusProvider(), []

        def first(_: object) -> None:
            bus.subscribe("Thing", lambda _: seen.append("late"))
            seen.append("first")

        bus.subscribe("Thing", first)
        await bus.publish("Thing", None)
        return seen

    assert run_async(main()) == ["first"]


def test_a_failing_handler_stops_the_rest_and_reaches_the_publisher() -> None:
    async def main() -> list[str]:
        bus, seen = EventBusProvider(), []

        def fail(_: object) -> None:
            raise LookupError("broken handler")

        bus.subscribe("Thing", fail)
        bus.subscribe("Thing", lambda _: seen.append("never"))
        with pytest.raises(LookupError):
            await bus.publish("Thing", None)
        return seen

    assert run_async(main()) == []


def test_a_subscription_is_removed_once() -> None:
    bus = EventBusProvider()
    number = bus.subscribe("Thing", print)
    assert len(number) == 32
    assert (bus.get_subscriber_count("Thing"), bus.get_subscriber_count("Other")) == (1, 0)
    assert (bus.unsubscribe(number), bus.unsubscribe(number), bus.unsubscribe("unknown")) == (True, False, False)


def test_blank_names_are_refused_by_code() -> None:
    bus = EventBusProvider()
    for attempt in (
        lambda: bus.subscribe(" ", print),
        lambda: bus.unsubscribe(""),
        lambda: bus.observe("", print),
        lambda: run_async(bus.publish("", None)),
    ):
        with pytest.raises(KernelError) as caught:
            attempt()
        assert caught.value.code == "EVENT_NAME_REQUIRED"


def test_observers_see_numbered_records_of_their_pattern() -> None:
    async def main() -> list[tuple[int, str]]:
        bus, seen = EventBusProvider(history=2), []
        end = bus.observe("Process*", lambda record: seen.append((record.sequence, record.name)))
        for name in ("ProcessStarted", "Other", "ProcessStopped"):
            await bus.publish(name, {})
        end()
        await bus.publish("ProcessStarted", {})
        assert [record.sequence for record in bus.history] == [3, 4]
        return seen

    assert run_async(main()) == [(1, "ProcessStarted"), (3, "ProcessStopped")]
