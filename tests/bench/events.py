"""What an event costs the kernel's Python in the browser, by who listens; the goal is less than 20 us."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from .figures import number

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

_MEASURE = """
import time
from aikernel_web import EventBusProvider

EVENTS = 10_000

def hear(payload):
    pass

async def hear_async(payload):
    pass

def bus(*, history=0, handlers=()):
    made = EventBusProvider(history=history)
    for handler in handlers:
        made.subscribe("Measured", handler)
    return made

BUSES = {
    "nobody, no history": bus(),
    "history": bus(history=1000),
    "one function": bus(handlers=[hear]),
    "one coroutine function": bus(handlers=[hear_async]),
    "history and one function": bus(history=1000, handlers=[hear]),
}
PAYLOAD = {"operation": "read", "offset": "0", "length": "1"}

def empty_loop():
    start = time.perf_counter()
    for _ in range(EVENTS):
        pass
    return (time.perf_counter() - start) / EVENTS * 1e6

def publish_now(bus):
    publish = bus.publish_now
    start = time.perf_counter()
    for _ in range(EVENTS):
        publish("Measured", PAYLOAD)
    return (time.perf_counter() - start) / EVENTS * 1e6

async def publish(bus):
    publish = bus.publish
    start = time.perf_counter()
    for _ in range(EVENTS):
        await publish("Measured", PAYLOAD)
    return (time.perf_counter() - start) / EVENTS * 1e6

found = {}
for name, each in BUSES.items():
    found[f"publish_now: {name}"] = publish_now(each)
    found[f"await publish: {name}"] = await publish(each)
found["an empty loop"] = empty_loop()
found
"""


def bench(kernel: HostKernel) -> None:
    kernel.python(_MEASURE)  # the first round warms up
    rounds = [kernel.python(_MEASURE) for _ in range(5)]
    for name in rounds[0]:
        costs = [found[name] for found in rounds]
        print(f"{'event: ' + name:<44} median {number(statistics.median(costs)):>8} us   best {number(min(costs))}")
