"""``kernel.gpu`` beside hand-written JavaScript, Python with ``js.navigator.gpu``, and NumPy: in one browser, by turns.

All run the same shaders. Every round measures each contestant once, in the reverse order of the round before; a ratio
is the median of the rounds' own ratios. A round waits for the machine to be as quick as it was at its best.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..figures import number
from .contestants import Contestant, InJavaScript, InKernel, prepare_kernel
from .rows import ROWS, Row

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

OURS, BARE = "ours", "JavaScript"
NAMES = (OURS, BARE, "by hand", "NumPy")
WARM_UP_ROUNDS = 2
# Work that is always the same takes this much longer than at its best: then others are at work.
BUSY = 1.3
BUSY_WAIT_SECONDS = 5.0
RESULTS = ("addHost", "matmul", "sum")

Times = Mapping[str, list[float]]


class Machine:
    """How busy the machine is."""

    def __init__(self, bare: InJavaScript) -> None:
        self._bare = bare
        self._spins = [bare.spin() for _ in range(10)]
        self.load_before = os.getloadavg()[0]

    def wait(self) -> None:
        """Wait until the machine is quiet, and not for ever."""
        end = time.monotonic() + BUSY_WAIT_SECONDS
        while True:
            self._spins.append(self._bare.spin())
            if self._spins[-1] <= BUSY * min(self._spins) or time.monotonic() > end:
                return
            time.sleep(0.1)

    def say(self) -> None:
        best = min(self._spins)
        busy = sum(spin > BUSY * best for spin in self._spins)
        print(
            f"machine: load {self.load_before:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores; "
            f"the same work took {best:.1f} ms, median {statistics.median(self._spins):.1f}, at most "
            f"{max(self._spins):.1f}; busy {busy} of {len(self._spins)} times"
        )


def bench(kernel: HostKernel) -> None:
    given = prepare_kernel(kernel)
    bare = InJavaScript(kernel, given)
    contestants: dict[str, Contestant] = {name: bare if name == BARE else InKernel(kernel, name) for name in NAMES}
    machine = Machine(bare)
    print("gpu: median and quartiles of the rounds")
    for row in ROWS:
        _say(row, _measure(row, contestants, machine))
    _compare(contestants)
    machine.say()
    bare.close()
    kernel.python("del contestants")


def _measure(row: Row, contestants: Mapping[str, Contestant], machine: Machine) -> Times:
    times: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants.items())
    for turn in range(WARM_UP_ROUNDS + row.rounds):
        machine.wait()
        order.reverse()
        for name, contestant in order:
            task = row.ours if row.ours is not None and name == OURS else row.task
            took = contestant.measure(task, row.count, warm=row.warm, settled=row.settled) / row.each
            if turn >= WARM_UP_ROUNDS:
                times[name].append(took)
    return times


def _say(row: Row, times: Times) -> None:
    print(row.name)
    for name, each in times.items():
        low, middle, high = statistics.quantiles(each, n=4)
        line = f"  {name:<12} {_time(middle):>10}   {_time(low):>10} .. {_time(high):<10}"
        if name != OURS:
            of_it = [own / theirs for own, theirs in zip(times[OURS], each, strict=True)]
            low, ratio, high = statistics.quantiles(of_it, n=4)
            line += f"   ours takes {number(ratio)} of it ({number(low)} .. {number(high)})"
            if name == BARE and row.ratio is not None:
                line += f"   goal <= {row.ratio}: {_verdict(ratio <= row.ratio)}"
        elif row.microseconds is not None:
            line += f"   goal <= {row.microseconds:g} us: {_verdict(middle <= row.microseconds)}"
        print(line.rstrip())


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _time(microseconds: float) -> str:
    if microseconds < 1000:
        return f"{number(microseconds)} us"
    return f"{number(microseconds / 1000)} ms"


def _compare(contestants: Mapping[str, Contestant]) -> None:
    """Refuse figures of contestants who have not computed the same."""
    for task in RESULTS:
        results = {name: contestant.result(task) for name, contestant in contestants.items()}
        expected = results["NumPy"]
        for name, result in results.items():
            if not _close(result, expected):
                raise RuntimeError(f"{task}: {name} has computed {result}, and NumPy {expected}")


def _close(result: Sequence[float], expected: Sequence[float]) -> bool:
    return len(result) == len(expected) and all(
        math.isclose(one, other, rel_tol=1e-4) for one, other in zip(result, expected, strict=True)
    )
