"""The event bus on the browser's Python and event loop, which start tasks another way than Python 3.11 does."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PRELUDE = """
import asyncio, contextvars
from aikernel_web import EventBusProvider

bus, seen = EventBusProvider(), []
variable = contextvars.ContextVar("variable", default="outside")

async def settle():
    for _ in range(60):
        await asyncio.sleep(0)

def slow(label, turns=2):
    async def handle(payload):
        for _ in range(turns):
            await asyncio.sleep(0)
        seen.append(f"{label} {payload}")
    return handle

def fast(label):
    return lambda payload: seen.append(f"{label} {payload}")
"""


def in_kernel(kernel: HostKernel, code: str) -> Any:
    return kernel.python(PRELUDE + textwrap.dedent(code))


def test_handlers_have_run_when_publish_now_returns(kernel: HostKernel) -> None:
    found = in_kernel(
        kernel,
        """
        bus.subscribe("Thing", fast("function"))
        bus.subscribe("Thing", slow("coroutine", 0))
        bus.publish_now("Thing", 1)
        list(seen)
        """,
    )
    assert found == ["function 1", "coroutine 1"]


def test_the_rest_of_a_handler_is_finished_by_the_loop_in_order(kernel: HostKernel) -> None:
    found = in_kernel(
        kernel,
        """
        for label, make in (("before", fast), ("slow", slow), ("after", fast)):
            bus.subscribe("Thing", make(label))
        bus.publish_now("Thing", 1)
        bus.publish_now("Thing", 2)
        at_once = list(seen)
        await settle()
        [at_once, seen]
        """,
    )
    assert found == [["before 1"], ["before 1", "slow 1", "after 1", "before 2", "slow 2", "after 2"]]


def test_a_timeout_and_a_context_inside_a_handler_are_its_own(kernel: HostKernel) -> None:
    found = in_kernel(
        kernel,
        """
        async def impatient(_):
            token = variable.set("handler")
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.Event().wait()
            except TimeoutError:
                seen.append(f"timed out {variable.get()}")
            variable.reset(token)

        bus.subscribe("Thing", impatient)
        bus.subscribe("Thing", lambda _: seen.append(variable.get()))
        variable.set("publisher")
        bus.publish_now("Thing", 1)
        await asyncio.sleep(0.1)
        [variable.get(), *seen, len(bus.history)]
        """,
    )
    assert found == ["publisher", "timed out handler", "publisher", 1]


@pytest.mark.parametrize("suspended", [False, True], ids=["at once", "after it has suspended"])
def test_a_failing_handler_is_reported_and_the_others_run(kernel: HostKernel, suspended: bool) -> None:
    found = in_kernel(
        kernel,
        f"""
        reported = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(str(context["exception"])))

        async def fail(_):
            if {suspended}:
                await asyncio.sleep(0)
            raise LookupError("broken handler")

        bus.subscribe("Thing", fail)
        bus.subscribe("Thing", fast("next"))
        await bus.publish("Thing", 1)
        bus.publish_now("Thing", 2)
        await settle()
        asyncio.get_running_loop().set_exception_handler(None)
        [seen, reported, [record.name for record in bus.history]]
        """,
    )
    assert found[0] == ["next 1", "next 2"]
    assert found[1] == ["broken handler"] * 2
    assert sorted(found[2]) == ["EventHandlerFailed"] * 2 + ["Thing"] * 2


def test_a_handler_that_publishes_what_it_hears_ends_before_the_stack_does(kernel: HostKernel) -> None:
    found = in_kernel(
        kernel,
        """
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)

        async def echo(payload):
            seen.append(payload)
            bus.publish_now("Echo", payload + 1)

        bus.subscribe("Echo", echo)
        bus.subscribe("Echo", echo)
        bus.publish_now("Echo", 1)
        asyncio.get_running_loop().set_exception_handler(None)
        [max(seen), [record.payload["code"] for record in bus.history if record.name == "EventHandlerFailed"]]
        """,
    )
    assert found[0] == 16
    assert set(found[1]) <= {"EVENT_NESTING_TOO_DEEP"}  # the one report may have left the bounded history


def test_the_manifests_are_read_from_the_installed_wheel(kernel: HostKernel) -> None:
    found = kernel.python(
        "from aikernel_web import load_wasm_runtime, provider_manifest, wasm_assemblies\n"
        "load_wasm_runtime()\n"
        "[provider_manifest('wasm')['providerId'], provider_manifest('webgpu')['providerId'], "
        "wasm_assemblies().is_complete]"
    )
    assert found == ["wasm.runtime", "webgpu.compute", True]
