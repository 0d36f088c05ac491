"""One open device: the handles of its buffers, and what is to be freed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from ...contracts.gpu import FREE, GpuDevice, GpuDeviceInfo
from ...contracts.gpu_errors import DeviceLost

FREED_WORDS_MAX: Final = 16 << 20
"""Memory that may wait for the next command list to be freed, in words: 64 MiB."""
UNFINISHED_KEPT: Final = 64


class Session:
    """A device from its opening to its loss; buffers are its own, and of no later one."""

    def __init__(self, device: GpuDevice, info: GpuDeviceInfo, forget: Callable[[Session], None]) -> None:
        self.device = device
        self.info = info
        self.lost = ""
        """Why it is gone; empty while it is there."""
        self.batches = 0
        """How many batches are open: what they use is not freed before they are submitted."""
        self.unfinished: deque[int] = deque(maxlen=UNFINISHED_KEPT)
        """The latest lists that nobody has waited for."""
        self.ended = 0
        """The latest list that was seen to end: those before it have ended too."""
        self.waiting = 0
        """How many lists are being waited for."""
        self.compiling = 0
        """How many compilations are under way: what they return may be a pipeline that is there already."""
        self.written = False
        """Whether anything was written since the latest list."""
        self._forget = forget
        self._pipelines: Counter[int] = Counter()
        self._unused: list[int] = []
        self._next = 1
        self._spare: list[int] = []
        self._freed: list[int] = []
        self._freed_words = 0

    def take(self) -> int:
        """Return a handle that no buffer has."""
        if self._spare:
            return self._spare.pop()
        handle = self._next
        self._next += 1
        return handle

    def untake(self, handle: int) -> None:
        """Take a handle back under which nothing was made."""
        self._spare.append(handle)

    def release(self, handle: int, words: int) -> None:
        """Free a buffer with the next command list: a finaliser must not call anybody."""
        self._freed.append(handle)
        self._freed_words += words

    def use(self, pipeline: int) -> None:
        """Count a kernel that has a pipeline; several may have the same."""
        self._pipelines[pipeline] += 1

    def unuse(self, pipeline: int) -> None:
        """Count a kernel that is gone; called by finalisers, at any moment."""
        self._unused.append(pipeline)

    def tidy(self) -> None:
        """Free now where much memory waits for it, and let go of pipelines that no kernel has. Raises `DeviceLost`."""
        self._require()
        if self._freed_words > FREED_WORDS_MAX and not self.batches:
            self.submit([])
        while self._unused and not self.batches and not self.compiling:
            pipeline = self._unused.pop()
            self._pipelines[pipeline] -= 1
            if not self._pipelines[pipeline]:
                del self._pipelines[pipeline]
                self.device.release(pipeline)

    def write(self, handle: int, data: Any) -> None:
        """Copy ``data`` into a buffer that begins with it. Raises `DeviceLost`."""
        self.write_into(handle, len(data), data, 0)

    def write_into(self, handle: int, size: int, data: Any, offset: int) -> None:
        """Copy ``data`` into a buffer of ``size`` bytes; all are whole words. Raises `DeviceLost`."""
        self._require()
        self.written = True
        try:
            self.device.write(handle, size, data, offset=offset)
        except DeviceLost as error:
            self.lose(str(error))
            raise

    def submit(self, words: list[int], *, timed: bool = False) -> int:
        """Submit a command list, with what is to be freed at its end. Raises `DeviceLost`."""
        self._require()
        freed: list[int] = []
        freed_words = self._freed_words
        if self._freed and not self.batches:
            freed, self._freed, self._freed_words = self._freed, freed, 0
            for handle in freed:
                words += (FREE, handle)
        try:
            ticket = self.device.submit(words, timed=timed)
        except DeviceLost as error:
            self.lose(str(error))
            raise
        except BaseException:
            # Nothing of a refused list was done.
            if freed:
                self._freed += freed
                self._freed_words += freed_words
            raise
        self._spare += freed
        self.written = False
        self.unfinished.append(ticket)
        return ticket

    def has_unheard(self) -> bool:
        """Whether a list that nobody has waited for may not have ended."""
        return any(ticket > self.ended for ticket in self.unfinished)

    def lose(self, why: str) -> None:
        """Note that the device is gone."""
        if not self.lost:
            self.lost = why or "The device was lost."
            self._forget(self)

    def refuse(self) -> DeviceLost:
        """Return the error for what was only in this device's memory."""
        why = self.lost.rstrip(".")
        message = f"What the array held was only in the memory of a device that is gone ({why}): make it again."
        return DeviceLost(message)

    def _require(self) -> None:
        """Raise `DeviceLost` where this device is not the open one: another's buffers have the same handles."""
        if self.lost or self.device.info is not self.info:
            self.lose("It was closed.")
            why = self.lost.rstrip(".")
            raise DeviceLost(f"The device that this was begun on is gone ({why}): begin again.")
