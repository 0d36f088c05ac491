"""From `kill` to the end of an endless loop, as the host sees it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from programs import compile_program

from .figures import say, timed

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


def bench(kernel: HostKernel) -> None:
    module = compile_program("spin").read_bytes()
    times = []
    for _ in range(20):
        process = kernel.spawn(module)
        time.sleep(0.15)
        times.append(timed(lambda process=process: (process.kill(), process.wait())))
    say("kill: endless loop, kill and wait", times)
