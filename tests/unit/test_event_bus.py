from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import (
    Cancellation,
    EventBusProvider,
    EventRecord,
    InvalidArgumentError,
    KernelError,
    OperationCancelled,
)
from aikernel_web.runtime.event_delivery import NESTING_LIMIT, WAITING_LIMIT
from aikernel_web.runtime.event_routes import ROUTES_KEPT

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outside")


def raise_lookup_error(_: object) -> None:
    raise LookupError("broken handler")


class Scene:
    """A bus, what its handlers saw, and what the event loop was told of failures."""

    def __init__(self, *, history: int = 1000) -> None:
        self.bus = EventBusProvider(history=history)
        self.seen: list[object] = []
        self.failures: list[dict[str, str]] = []
        self.reported: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.reported.append(context["exception"]))
        self.bus.subscribe("EventHandlerFailed", self.failures.append)

    def hear(self, name: str, *, turns: int = 0, label: str = "") -> str:
        """Subscribe a handler that lets the loop turn before it has seen its event."""

        async def slow(payload: object) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            self.seen.append(f"{label}{payload}")

        return self.bus.subscribe(name, slow if turns else lambda payload: self.seen.append(f"{label}{payload}"))

    @property
    def codes(self) -> list[str]:
        return [failure["code"] for failure in self.failures]


def staged(body: Callable[[Scene], Awaitable[Any]], *, history: int = 1000) -> Any:
    async def main() -> Any:
        return await body(Scene(history=history))

    return run_async(main())


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


class TestOrder:
    def test_handlers_run_in_the_order_of_subscription_before_publish_returns(self) -> None:
        async def body(scene: Scene) -> None:
            scene.hear("Thing", turns=2, label="slow ")
            scene.hear("Thing", label="fast ")
            scene.hear("thing", label="other name ")
            await scene.bus.publish("Thing", "x")
            assert scene.seen == ["slow x", "fast x"]

        staged(body)

    def test_subscribing_and_unsubscribing_while_publishing_take_effect_the_next_time(self) -> None:
        async def body(scene: Scene) -> None:
            def first(_: object) -> None:
                scene.hear("Thing", label="late ")
                scene.bus.unsubscribe(last)
                scene.seen.append("first")

            scene.bus.subscribe("Thing", first)
            last = scene.hear("Thing", label="last ")
            await scene.bus.publish("Thing", 1)
            assert scene.seen == ["first", "last 1"]
            scene.seen.clear()
            await scene.bus.publish("Thing", 2)
            assert scene.seen == ["first", "late 2"]

        staged(body)

    def test_handlers_that_never_await_have_run_when_publish_now_returns(self) -> None:
        async def body(scene: Scene) -> None:
            async def quick(payload: object) -> None:
                scene.seen.append(f"coroutine {payload}")

            scene.hear("Thing", label="function ")
            scene.bus.subscribe("Thing", quick)
            scene.bus.publish_now("Thing", 1)
            assert scene.seen == ["function 1", "coroutine 1"]

        staged(body)

    def test_publish_now_goes_on_in_the_loop_from_where_a_handler_suspends(self) -> None:
        async def body(scene: Scene) -> None:
            scene.hear("Thing", label="before ")
            scene.hear("Thing", turns=3, label="slow ")
            scene.hear("Thing", label="after ")
            scene.bus.publish_now("Thing", 1)
            assert scene.seen == ["before 1"]
            scene.bus.publish_now("Thing", 2)
            scene.bus.publish_now("Unheard", 0)
            assert scene.seen == ["before 1"]
            await settle()
            assert scene.seen == ["before 1", "slow 1", "after 1", "before 2", "slow 2", "after 2"]
            scene.bus.publish_now("Thing", 3)
            assert scene.seen[-1] == "before 3"

        staged(body)

    @given(
        handlers=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=5),
        published=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=6),
    )
    def test_what_is_published_now_is_seen_in_the_order_of_publication_whatever_suspends(
        self, handlers: list[tuple[str, int]], published: list[tuple[str, int]]
    ) -> None:
        async def body(scene: Scene) -> None:
            for position, (name, turns) in enumerate(handlers):
                scene.hear(name, turns=turns, label=f"{position}:")
            for number, (name, turns) in enumerate(published):
                scene.bus.publish_now(name, number)
                for _ in range(turns):
                    await asyncio.sleep(0)
            for _ in range(20):
                await settle()
            assert scene.seen == [
                f"{position}:{number}"
                for number, (name, _) in enumerate(published)
                for position, (heard, _) in enumerate(handlers)
                if heard == name
            ]

        staged(body)

    def test_a_nested_publish_is_delivered_at_once_and_waits_for_nothing_unfinished(self) -> None:
        async def body(scene: Scene) -> None:
            async def outer(payload: object) -> None:
                await asyncio.sleep(0)
                await scene.bus.publish("Inner", payload)
                scene.seen.append(f"outer {payload}")

            scene.bus.subscribe("Outer", outer)
            scene.hear("Inner", turns=1, label="inner ")
            scene.bus.publish_now("Outer", 1)
            await asyncio.wait_for(scene.bus.publish("Outer", 2), 5)
            await settle()
            assert sorted(map(str, scene.seen)) == ["inner 1", "inner 2", "outer 1", "outer 2"]

        staged(body)

    def test_a_synchronous_publication_inside_a_synchronous_handler_is_delivered_at_once(self) -> None:
        async def body(scene: Scene) -> None:
            def outer(_: object) -> None:
                scene.bus.publish_now("Inner", "x")
                scene.seen.append("outer")

            scene.bus.subscribe("Outer", outer)
            scene.hear("Inner", label="inner ")
            scene.hear("Outer", label="second ")
            scene.bus.publish_now("Outer", "y")
            assert scene.seen == ["inner x", "outer", "second y"]

        staged(body)

    def test_a_nested_handler_that_suspends_holds_up_neither_the_outer_event_nor_the_order_of_later_ones(self) -> None:
        async def body(scene: Scene) -> None:
            scene.bus.subscribe("Outer", lambda _: scene.bus.publish_now("Inner", "x"))
            scene.hear("Inner", turns=2, label="inner ")
            scene.hear("Outer", label="outer ")
            scene.bus.publish_now("Outer", 1)
            assert scene.seen == ["outer 1"]
            scene.bus.publish_now("Outer", 2)
            await settle()
            assert scene.seen == ["outer 1", "inner x", "outer 2", "inner x"]

        staged(body)

    def test_any_awaitable_is_awaited(self) -> None:
        async def body(scene: Scene) -> None:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            scene.bus.subscribe("Thing", lambda _: future)
            scene.hear("Thing", label="after ")
            scene.bus.publish_now("Thing", 1)
            assert scene.seen == []
            future.set_result(None)
            await settle()
            assert scene.seen == ["after 1"]

        staged(body)


class TestHandlersAreGuests:
    def test_a_failing_handler_is_reported_and_the_others_run(self) -> None:
        async def body(scene: Scene) -> None:
            number = scene.bus.subscribe("Thing", raise_lookup_error)
            scene.hear("Thing", label="next ")
            await scene.bus.publish("Thing", 1)
            scene.bus.publish_now("Thing", 2)
            assert scene.seen == ["next 1", "next 2"]
            assert [type(error) for error in scene.reported] == [LookupError, LookupError]
            assert scene.failures[0] == {
                "eventName": "Thing",
                "subscriptionId": number,
                "code": "UNHANDLED_EXCEPTION",
                "exceptionType": "builtins.LookupError",
                "message": "broken handler",
            }
            assert [record.name for record in scene.bus.history] == ["Thing", "EventHandlerFailed"] * 2

        staged(body)

    def test_a_handler_that_fails_after_it_suspended_is_reported_and_the_others_run(self) -> None:
        async def body(scene: Scene) -> None:
            async def fail(_: object) -> None:
                await asyncio.sleep(0)
                raise OperationCancelled("No.", code="WASM_OPERATION_CANCELLED")

            scene.bus.subscribe("Thing", fail)
            scene.hear("Thing", label="next ")
            await scene.bus.publish("Thing", 1)
            scene.bus.publish_now("Thing", 2)
            await settle()
            assert scene.seen == ["next 1", "next 2"]
            assert scene.codes == ["WASM_OPERATION_CANCELLED"] * 2

        staged(body)

    def test_a_failure_while_a_failure_is_handled_is_told_to_the_loop_alone(self) -> None:
        async def body(scene: Scene) -> None:
            async def publish_again(_: object) -> None:
                await asyncio.sleep(0)
                await scene.bus.publish("Other", None)
                scene.bus.publish_now("Other", None)

            for name in ("Thing", "Other", "EventHandlerFailed"):
                scene.bus.subscribe(name, raise_lookup_error)
            scene.bus.subscribe("EventHandlerFailed", publish_again)
            scene.bus.publish_now("Thing", 1)
            await settle()
            assert len(scene.failures) == 1
            assert len(scene.reported) == 4

        staged(body)

    def test_an_observer_that_fails_is_reported_and_nothing_is_lost(self) -> None:
        async def body(scene: Scene) -> None:
            scene.bus.observe("*", raise_lookup_error)
            scene.bus.observe("Thing", lambda record: scene.seen.append(record.sequence))
            scene.hear("Thing", label="handler ")
            scene.bus.publish_now("Thing", 1)
            assert scene.seen == [1, "handler 1"]
            assert len(scene.failures) == 1
            assert scene.failures[0]["subscriptionId"] == ""

        staged(body)

    def test_what_a_handler_waited_for_being_cancelled_is_its_failure_not_the_publishers(self) -> None:
        async def body(scene: Scene) -> None:
            cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            scene.bus.subscribe("Thing", lambda _: cancelled)
            scene.hear("Thing", label="next ")
            await scene.bus.publish("Thing", 1)
            assert scene.seen == ["next 1"]
            assert [type(error) for error in scene.reported] == [asyncio.CancelledError]

        staged(body)

    def test_a_cancelled_publisher_is_cancelled(self) -> None:
        async def body(scene: Scene) -> None:
            async def wait(_: object) -> None:
                await asyncio.Event().wait()

            scene.bus.subscribe("Thing", wait)
            scene.hear("Thing", label="next ")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(scene.bus.publish("Thing", 1), 0.01)
            assert (scene.seen, scene.reported) == ([], [])

        staged(body)

    def test_a_timeout_inside_a_handler_of_publish_now_cancels_that_handler_only(self) -> None:
        async def body(scene: Scene) -> None:
            async def impatient(_: object) -> None:
                try:
                    async with asyncio.timeout(0.01):
                        await asyncio.Event().wait()
                except TimeoutError:
                    scene.seen.append("timed out")

            scene.bus.subscribe("Thing", impatient)
            scene.hear("Thing", label="next ")
            scene.bus.publish_now("Thing", 1)
            await asyncio.sleep(0.1)
            assert scene.seen == ["timed out", "next 1"]
            assert scene.reported == []

        staged(body)

    def test_handlers_of_publish_now_have_a_context_of_their_own(self) -> None:
        async def body(scene: Scene) -> None:
            async def change(_: object) -> None:
                token = VARIABLE.set("handler")
                await asyncio.sleep(0)
                scene.seen.append(VARIABLE.get())
                VARIABLE.reset(token)

            async def look(_: object) -> None:
                scene.seen.append(VARIABLE.get())

            scene.bus.subscribe("Thing", change)
            scene.bus.subscribe("Thing", look)
            VARIABLE.set("publisher")
            scene.bus.publish_now("Thing", 1)
            assert VARIABLE.get() == "publisher"
            VARIABLE.set("later")
            await settle()
            assert scene.seen == ["handler", "publisher"]
            assert scene.reported == []

        staged(body)

    def test_a_handler_that_publishes_what_it_hears_is_cut_off(self) -> None:
        async def body(scene: Scene) -> None:
            def echo(payload: int) -> None:
                scene.seen.append(payload)
                scene.bus.publish_now("Echo", payload + 1)

            scene.bus.subscribe("Echo", echo)
            scene.bus.publish_now("Echo", 1)
            assert scene.seen == list(range(1, NESTING_LIMIT + 1))
            assert scene.codes == ["EVENT_NESTING_TOO_DEEP"]
            scene.bus.publish_now("Echo", 1)
            assert len(scene.seen) == 2 * NESTING_LIMIT
            scene.bus.subscribe("Echo", echo)
            scene.bus.publish_now("Echo", 1)
            assert scene.codes == ["EVENT_NESTING_TOO_DEEP"] * 3

        staged(body)

    def test_events_behind_a_handler_that_never_ends_are_bounded(self) -> None:
        async def body(scene: Scene) -> None:
            gate = asyncio.Event()
            scene.bus.subscribe("Stuck", lambda _: gate.wait())
            last = asyncio.Event()
            scene.hear("Tick")
            scene.bus.subscribe("Tick", lambda _: len(scene.seen) == WAITING_LIMIT and last.set())
            scene.bus.publish_now("Stuck", None)
            await settle()
            for number in range(WAITING_LIMIT + 5):
                scene.bus.publish_now("Tick", number)
            assert [type(error) for error in scene.reported] == [KernelError]
            assert "EVENT_QUEUE_FULL" in str(scene.reported[0])
            last = asyncio.Event()
            gate.set()
            await asyncio.wait_for(last.wait(), 60)
            await settle()
            assert scene.seen == [str(number) for number in range(WAITING_LIMIT)]
            scene.bus.publish_now("Tick", "again")
            assert scene.seen[-1] == "again"

        staged(body)

    def test_a_reset_drops_what_waits_and_lets_what_has_begun_end(self) -> None:
        async def body(scene: Scene) -> None:
            scene.hear("Thing", turns=2, label="slow ")
            scene.hear("Thing", label="never ")
            scene.bus.publish_now("Thing", 1)
            scene.bus.publish_now("Thing", 2)
            scene.bus.reset()
            scene.hear("Thing", label="new ")
            scene.bus.publish_now("Thing", 3)
            await settle()
            assert scene.seen[0] == "new 3"
            assert "slow 1" in scene.seen
            assert "slow 2" not in scene.seen
            assert scene.bus.history[0].sequence == 3

        staged(body)


def without_a_loop(body: Callable[[], None]) -> None:
    """Run ``body`` on a thread of its own: the main one may have the loop of the browser's driver."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(body).result()


class TestWithoutALoop:
    def test_handlers_that_never_await_run(self) -> None:
        bus, seen = EventBusProvider(), list[object]()

        async def quick(payload: object) -> None:
            seen.append(payload)

        bus.subscribe("Thing", quick)
        bus.subscribe("Thing", seen.append)
        bus.publish_now("Thing", 1)
        assert seen == [1, 1]

    def test_one_that_awaits_is_closed_and_reported_by_code(self, caplog: pytest.LogCaptureFixture) -> None:
        bus, seen = EventBusProvider(), list[object]()

        async def slow(_: object) -> None:
            try:
                await asyncio.sleep(0)
            finally:
                seen.append("closed")

        bus.subscribe("Thing", slow)
        bus.subscribe("Thing", seen.append)
        without_a_loop(lambda: bus.publish_now("Thing", 1))
        assert seen == ["closed", 1]
        assert bus.history[-1].payload["code"] == "EVENT_LOOP_REQUIRED"
        assert "EVENT_LOOP_REQUIRED" in caplog.text

    def test_one_that_will_not_be_closed_harms_nobody(self) -> None:
        bus, seen = EventBusProvider(), list[object]()

        async def stubborn(_: object) -> None:
            try:
                await asyncio.sleep(0)
            finally:
                await asyncio.sleep(0)

        bus.subscribe("Thing", stubborn)
        bus.subscribe("Thing", seen.append)
        without_a_loop(lambda: bus.publish_now("Thing", 1))
        assert seen == [1]

    def test_what_a_closed_loop_left_behind_holds_nothing_up(self) -> None:
        bus, seen = EventBusProvider(), list[object]()
        bus.subscribe("Stuck", lambda _: asyncio.Event().wait())
        bus.subscribe("Thing", seen.append)

        async def main() -> None:
            bus.publish_now("Stuck", None)
            bus.publish_now("Thing", "dropped with its loop")

        run_async(main())
        bus.publish_now("Thing", 1)
        assert seen == [1]

    def test_nor_does_what_a_loop_left_that_was_abandoned(self) -> None:
        bus, seen = EventBusProvider(), list[object]()
        bus.subscribe("Stuck", lambda _: asyncio.Event().wait())
        bus.subscribe("Thing", seen.append)

        async def main() -> None:
            bus.publish_now("Stuck", None)

        def abandon() -> None:
            loop = asyncio.new_event_loop()
            loop.set_exception_handler(lambda *_: None)
            loop.run_until_complete(main())
            loop.close()

        with ThreadPoolExecutor(1) as executor:
            executor.submit(abandon).result()
        bus.publish_now("Thing", 1)
        assert seen == [1]


class TestSubscriptions:
    def test_a_subscription_is_removed_once(self) -> None:
        bus = EventBusProvider()
        number = bus.subscribe("Thing", print)
        assert len(number) == 32
        assert (bus.get_subscriber_count("Thing"), bus.get_subscriber_count("Other")) == (1, 0)
        assert (bus.unsubscribe(number), bus.unsubscribe(number), bus.unsubscribe("unknown")) == (True, False, False)
        assert bus.get_subscriber_count("Thing") == 0

    def test_what_cannot_be_called_is_no_handler(self) -> None:
        bus = EventBusProvider()
        with pytest.raises(TypeError, match="5 cannot handle events"):
            bus.subscribe("Thing", 5)  # type: ignore[arg-type]
        assert bus.get_subscriber_count("Thing") == 0

    @pytest.mark.parametrize(
        ("pattern", "heard"),
        [
            ("*", ["ProcessStarted", "ProcessStopped", "Process", "A.b[1]"]),
            ("Process*", ["ProcessStarted", "ProcessStopped", "Process"]),
            ("*St?pped", ["ProcessStopped"]),
            ("Process", ["Process"]),
            ("A.?[1]", ["A.b[1]"]),
            ("process*", []),
        ],
    )
    def test_a_pattern_is_heard_in_the_order_of_subscription(self, pattern: str, heard: list[str]) -> None:
        bus, seen = EventBusProvider(), list[str]()
        bus.subscribe(pattern, seen.append)
        for name in ("ProcessStarted", "ProcessStopped", "Process", "A.b[1]"):
            bus.publish_now(name, name)
            assert bus.get_subscriber_count(name) == (name in heard)
        assert seen == heard

    def test_one_handler_twice_is_two_subscriptions(self) -> None:
        bus, seen = EventBusProvider(), list[object]()
        first = bus.subscribe("Thing", seen.append)
        bus.subscribe("Thing", seen.append)
        bus.publish_now("Thing", 1)
        bus.unsubscribe(first)
        bus.publish_now("Thing", 2)
        assert seen == [1, 1, 2]

    def test_a_payload_of_another_type_is_kept_from_the_handler_and_reported(self) -> None:
        async def body(scene: Scene) -> None:
            scene.bus.subscribe("Thing", scene.seen.append, payload_type=dict)
            scene.bus.subscribe("Thing", scene.seen.append, payload_type=(int, str))
            scene.bus.publish_now("Thing", 7)
            await scene.bus.publish("Thing", {"a": 1})
            assert scene.seen == [7, {"a": 1}]
            assert scene.codes == ["EVENT_PAYLOAD_TYPE_MISMATCH"] * 2

        staged(body)

    def test_blank_names_are_refused_by_code(self) -> None:
        bus = EventBusProvider()
        for attempt in (
            lambda: bus.subscribe(" ", print),
            lambda: bus.unsubscribe(""),
            lambda: bus.observe("", print),
            lambda: bus.publish_now("\t", None),
            lambda: EventBusProvider(history=0).wants(""),
            lambda: bus.get_subscriber_count(""),
            lambda: run_async(bus.publish("", None)),
        ):
            with pytest.raises(InvalidArgumentError) as caught:
                attempt()
            assert caught.value.code == "EVENT_NAME_REQUIRED"

    def test_a_cancelled_token_is_heeded_before_every_handler(self) -> None:
        async def body(scene: Scene) -> None:
            token = Cancellation()
            scene.hear("Thing", label="first ")
            scene.bus.subscribe("Thing", lambda _: token.cancel())
            scene.hear("Thing", label="last ")
            with pytest.raises(OperationCancelled):
                await scene.bus.publish("Thing", 1, cancellation=token)
            assert scene.seen == ["first 1"]
            with pytest.raises(OperationCancelled):
                await scene.bus.broadcast("Thing", 2, cancellation=token)
            assert scene.seen == ["first 1"]
            assert [record.payload for record in scene.bus.history] == [1]

        staged(body)

    def test_names_that_programs_invent_do_not_pile_up(self) -> None:
        bus, seen = EventBusProvider(history=0), list[object]()
        bus.subscribe("Name1*", seen.append)
        for number in range(3 * ROUTES_KEPT):
            bus.publish_now(f"Name{number}", number)
        assert len(bus._routes.known) <= ROUTES_KEPT
        assert seen == [number for number in range(3 * ROUTES_KEPT) if str(number).startswith("1")]


class TestRecords:
    def test_observers_see_numbered_records_of_their_pattern(self) -> None:
        async def main() -> list[tuple[int, str, str]]:
            bus, seen = EventBusProvider(history=2), []
            end = bus.observe("Process*", lambda record: seen.append((record.sequence, record.name, record.source)))
            for name in ("ProcessStarted", "Other", "ProcessStopped"):
                await bus.publish(name, {}, source="id")
            end()
            await bus.publish("ProcessStarted", {})
            assert [record.sequence for record in bus.history] == [3, 4]
            return seen

        assert run_async(main()) == [(1, "ProcessStarted", "id"), (3, "ProcessStopped", "id")]

    def test_the_history_is_bounded_numbered_and_in_utc(self) -> None:
        bus = EventBusProvider(history=3)
        for number in range(5):
            bus.publish_now("Tick", number)
        assert [(record.sequence, record.payload) for record in bus.history] == [(3, 2), (4, 3), (5, 4)]
        assert isinstance(bus.history[0], EventRecord)
        times = [record.time for record in bus.history]
        assert times == sorted(times)
        assert all(time.tzinfo is UTC and datetime.now(UTC) - time < timedelta(minutes=1) for time in times)

    def test_a_bus_wants_what_it_keeps_or_what_somebody_hears(self) -> None:
        bus = EventBusProvider(history=0)
        assert not bus.wants("Thing")
        bus.publish_now("Thing", 1)
        assert bus.history == ()
        number = bus.subscribe("Th*", print)
        assert (bus.wants("Thing"), bus.wants("Other")) == (True, False)
        bus.unsubscribe(number)
        end = bus.observe("Other", print)
        assert (bus.wants("Thing"), bus.wants("Other")) == (False, True)
        end()
        assert not bus.wants("Other")
        assert EventBusProvider(history=1).wants("Thing")
