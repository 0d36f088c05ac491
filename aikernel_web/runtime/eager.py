"""Starting a coroutine at once, up to where it first suspends, as a task of its own."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Coroutine, Generator
from typing import Any


def start_at_once(coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    """Run ``coroutine`` until it first suspends; return the task that goes on with it, or None when it has ended.

    ``loop`` is the running one. From its first line on the coroutine sees that task as the current one, and a context
    of its own: timeouts and cancellation inside it touch nothing of the caller's. What it raises before it suspends is
    raised here.
    """
    if sys.version_info >= (3, 12):
        task = asyncio.Task(coroutine, loop=loop, eager_start=True)
        return task.result() if task.done() else task
    return _start_by_hand(coroutine, loop)


def _start_by_hand(coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    # Python 3.11 has no eager tasks: the first step is made here, in the name of the task that finishes the coroutine.
    context = contextvars.copy_context()
    begun = _Begun(coroutine)
    task = loop.create_task(begun.finish(), context=context)
    caller = asyncio.current_task(loop)
    if caller is not None:
        asyncio.tasks._leave_task(loop, caller)
    asyncio.tasks._enter_task(loop, task)
    try:
        context.run(begun.step)
    finally:
        asyncio.tasks._leave_task(loop, task)
        if caller is not None:
            asyncio.tasks._enter_task(loop, caller)
    return None if begun.ended else task


class _Begun:
    """A coroutine whose first step is made before the task that finishes it runs."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        self._waits_for: object = None
        self.ended = True

    def step(self) -> None:
        try:
            self._waits_for = self._coroutine.send(None)
        except StopIteration:
            return
        self.ended = False

    async def finish(self) -> None:
        if not self.ended:
            await self

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    answer = yield waits_for
                except GeneratorExit:
                    self._coroutine.close()
                    raise
                except BaseException as error:  # the coroutine's to deal with, cancellation included
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(answer)
        except StopIteration:
            return
