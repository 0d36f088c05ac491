"""An empty program from `kernel.run` to its result, at rest and one after another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from programs import compile_program

from .figures import say, timed

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


def bench(kernel: HostKernel) -> None:
    module = compile_program("empty").read_bytes()
    resting = []
    for _ in range(20):
        time.sleep(0.15)  # the next worker is ready by then
        resting.append(timed(lambda: kernel.run(module)))
    say("run: empty program, worker in reserve", resting)
    say("run: empty program, back to back", [timed(lambda: kernel.run(module)) for _ in range(20)])
