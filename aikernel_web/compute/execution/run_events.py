"""Telling that kernels were run, so that it costs little where many are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from ...contracts.events import GPU_KERNEL_EXECUTED
from .workgroups import Groups, as_text

if TYPE_CHECKING:
    from ...contracts.events import EventBus
    from ..gpu_kernel import GpuKernel

LATER_SECONDS: Final = 0.02

Ran = tuple["GpuKernel", Groups]
"""A kernel and its workgroups."""


class RunEvents:
    """Publishes ``GpuKernelExecuted``; of runs that are alike one event, with their ``count`` where it is not 1.

    Runs that nobody waits for are told a little later, together: an event costs more than such a run does.
    """

    def __init__(self, provider_id: str, bus: EventBus | None) -> None:
        self.backend = "webgpu"
        self._provider_id = provider_id
        self._bus = bus
        self._noted: dict[Ran, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, ran: Ran) -> None:
        """Tell of a run later."""
        if self._bus is None:
            return
        self._noted[ran] = self._noted.get(ran, 0) + 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LATER_SECONDS, self._tell_now)

    async def tell(self) -> None:
        """Tell of all runs that were noted."""
        for payload in self._payloads():
            assert self._bus is not None  # noqa: S101 - nothing is noted without one
            await self._bus.publish(GPU_KERNEL_EXECUTED, payload)

    def _tell_now(self) -> None:
        for payload in self._payloads():
            assert self._bus is not None  # noqa: S101
            self._bus.publish_now(GPU_KERNEL_EXECUTED, payload)

    def _payloads(self) -> list[dict[str, str]]:
        noted, self._noted = self._noted, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._bus is None or not self._bus.wants(GPU_KERNEL_EXECUTED):
            return []
        return [self._payload(ran, count) for ran, count in noted.items()]

    def _payload(self, ran: Ran, count: int) -> dict[str, str]:
        kernel, groups = ran
        payload = {
            "providerId": self._provider_id,
            "backend": self.backend,
            "dispatch": as_text(groups),
            "workgroupSize": as_text(kernel.workgroup_size),
        }
        return payload if count == 1 else {**payload, "count": str(count)}
