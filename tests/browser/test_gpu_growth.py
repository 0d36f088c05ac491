"""What ten thousand dispatches leave behind: nothing, in Python, in JavaScript and on the GPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

DISPATCHES = 10_000
WITH_HOST_ARRAYS = 300
PATIENCE = 300
# Both are far below one object a dispatch: caches of a fixed size may still fill up, and dictionaries grow in steps.
PYTHON_BLOCKS = 500
HEAP_BYTES = 256 * 1024

WAYS = """
import asyncio, gc, sys
import numpy as np

gpu = kernel.gpu
STEP = '''
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> more: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  out[id.x] = a[id.x] + more;
}
'''
given = await gpu.to_device(np.zeros(1024, np.uint32))
out = gpu.empty(1024, "u32")
zeros, room = np.zeros(1024, np.uint32), np.empty(1024, np.uint32)

async def kept(count):
    for _ in range(count):
        await gpu.dispatch(STEP, {"a": given, "out": out, "more": 1}, workgroups=16, keep=True)

async def kept_in_new_arrays(count):
    for _ in range(count):
        bindings = {"a": given, "out": gpu.empty(1024, "u32"), "more": 1}
        result = await gpu.dispatch(STEP, bindings, workgroups=16, keep=True)
    assert (await result["out"].read())[0] == 1

async def batched(count):
    for _ in range(count // 100):
        async with gpu.batch() as batch:
            for _ in range(100):
                await batch.dispatch(STEP, {"a": given, "out": out, "more": 1}, workgroups=16)
            pending = batch.read(out)
        assert pending.array[0] == 1

async def with_host_arrays(count):
    for _ in range(count):
        result = await gpu.dispatch(STEP, {"a": zeros, "out": room, "more": 2}, workgroups=16)
        assert result["out"][0] == 2

async def what_there_is():
    await gpu.synchronize()
    for _ in range(5):
        await asyncio.sleep(0.02)  # answers of the browser that nobody waits for arrive
        gc.collect()
    counts = dict(gpu.counts())
    return {"blocks": sys.getallocatedblocks(), "submits": counts.pop("submits"),
            "dispatches": counts.pop("dispatches"), "gpu": counts}
"""


class KernelHeap:
    """The JavaScript heap of the kernel's worker, by the DevTools protocol."""

    def __init__(self, kernel: HostKernel) -> None:
        self._page = kernel.page
        self._session = kernel.page.context.new_cdp_session(kernel.page)
        self._worker = ""
        self._answers: dict[int, Any] = {}
        self._session.on("Target.attachedToTarget", self._attached)
        self._session.on("Target.receivedMessageFromTarget", self._answered)
        # Workers are reached through the page's session; Playwright knows no session of their own.
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self._session.send("Target.setAutoAttach", attach)
        self._wait(lambda: self._worker)

    def used(self) -> int:
        """Return the bytes in use after a collection, those of objects such as GPUBuffer with them."""
        self._send("HeapProfiler.collectGarbage")
        usage = self._send("Runtime.getHeapUsage")
        return int(usage["usedSize"] + usage["embedderHeapUsedSize"])

    def close(self) -> None:
        self._session.detach()

    def _attached(self, event: dict[str, Any]) -> None:
        if event["targetInfo"]["url"].endswith("kernel-worker.mjs"):
            self._worker = event["sessionId"]

    def _answered(self, event: dict[str, Any]) -> None:
        answer = json.loads(event["message"])
        if "id" in answer:
            self._answers[answer["id"]] = answer["result"]

    def _send(self, method: str) -> Any:
        number = len(self._answers) + 1
        message = json.dumps({"id": number, "method": method})
        self._session.send("Target.sendMessageToTarget", {"sessionId": self._worker, "message": message})
        self._wait(lambda: number in self._answers)
        return self._answers[number]

    def _wait(self, there: Any) -> None:
        for _ in range(1000):
            if there():
                return
            self._page.wait_for_timeout(10)
        raise TimeoutError("The kernel's worker does not answer the DevTools protocol.")


@pytest.fixture
def heap(kernel: HostKernel) -> Iterator[KernelHeap]:
    made = KernelHeap(kernel)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("way", "count"),
    [
        ("kept", DISPATCHES),
        ("kept_in_new_arrays", DISPATCHES),
        ("batched", DISPATCHES),
        ("with_host_arrays", WITH_HOST_ARRAYS),
    ],
)
def test_dispatches_leave_nothing_behind(kernel: HostKernel, heap: KernelHeap, way: str, count: int) -> None:
    kernel.python(WAYS)
    kernel.python(f"await {way}({max(100, count // 10)})", timeout=PATIENCE)
    for _ in range(2):  # the first look makes what looking needs
        before, heap_before = kernel.python("await what_there_is()"), heap.used()
    kernel.python(f"await {way}({count})", timeout=PATIENCE)
    after, heap_after = kernel.python("await what_there_is()"), heap.used()
    assert after["dispatches"] - before["dispatches"] == count
    assert after["gpu"] == before["gpu"]
    assert after["blocks"] - before["blocks"] < PYTHON_BLOCKS
    assert heap_after - heap_before < HEAP_BYTES
