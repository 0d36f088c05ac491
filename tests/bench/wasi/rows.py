"""What is measured: one row of the table each, with its goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .page import BARE, OURS, PEERS

FILES = (*OURS, "bjorn3")
"""Hosts with files: uwasi has none."""
COARSE_CLOCK = {"uwasi": 10}
"""Where the clock has whole milliseconds, batches are longer by this factor."""


@dataclass(frozen=True, slots=True)
class Row:
    """A program run by several hosts in turn, so many rounds.

    The figure of a host is its fastest batch, in nanoseconds per call, times ``scale``: on a machine that others use as
    well, it is the one that was disturbed least, and short batches find gaps. ``goals`` are upper bounds, in ``unit``.
    """

    name: str
    calls: int
    args: tuple[str, ...]
    batches: int = 30
    hosts: tuple[str, ...] = (*OURS, *PEERS)
    goals: Mapping[str, float] = field(default_factory=dict)
    unit: str = "ns"
    scale: float = 1.0
    rounds: int = 3
    program: str = "bench_calls"
    setting: Mapping[str, Any] = field(default_factory=dict)
    longer: Mapping[str, int] = field(default_factory=lambda: COARSE_CLOCK)
    """Hosts whose batches are longer, and fewer, by this factor."""
    slow: tuple[str, ...] = ()
    """Hosts that get one batch in one round, because a batch takes them many seconds."""

    def run(self, host: str) -> dict[str, Any]:
        """What the page is told to run."""
        if self.program == "bench_calls":
            call, *rest = self.args
            batches = 1 if host in self.slow else -(-self.batches // self.longer.get(host, 1))
            return {"args": [call, str(self.calls_of(host)), str(batches), *rest], **self.setting}
        return {"args": [*self.args], **self.setting}

    def calls_of(self, host: str) -> int:
        """Calls in a batch."""
        return self.calls * self.longer.get(host, 1)


MEGABYTE = 1_000_000
ROWS = (
    Row("fd_write 64 B", 50_000, ("fd_write", "64"), goals={"plain": 150, "controllable": 250}),
    Row("clock_time_get", 100_000, ("clock_time_get",), goals={"plain": 100}),
    Row("random_get 16 B", 20_000, ("random_get", "16"), goals={"plain": 100}),
    Row("path_filestat_get", 20_000, ("path_filestat_get",), hosts=FILES, goals={"plain": 600}),
    Row("path_open + fd_close", 2_000, ("path_open",), hosts=FILES),
    Row("fd_read 64 B", 50_000, ("fd_read", "64"), hosts=FILES, setting={"fileBytes": 1 << 20}),
    Row("fd_read 4 KiB", 10_000, ("fd_read", "4096"), hosts=FILES, setting={"fileBytes": 1 << 20}),
    Row(
        "fd_readdir, a list of 1 000 names", 5, ("fd_readdir", "4096"), hosts=FILES, unit="us", scale=1e-3,
        setting={"names": 1000},
    ),
    Row(
        "fd_readdir, a list of 100 000 names", 1, ("fd_readdir", "4096"), 3, OURS, unit="ms", scale=1e-6, rounds=1,
        setting={"names": 100_000},
    ),
    Row("10 000 appends of 16 B", 10_000, ("append", "16"), 6, FILES, unit="ms", scale=0.01, slow=("bjorn3",)),
    Row(
        # Not by bjorn3, whose appends are quadratic: a batch takes it a minute.
        "100 000 appends of 16 B", 100_000, ("append", "16"), 6, OURS, {"plain": 50, "controllable": 50},
        unit="ms", scale=0.1,
    ),
    Row(
        "512 appends of 64 KiB", 512, ("append", "65536"), 6, FILES, {"plain": 60, "controllable": 60},
        unit="ms", scale=512e-6, slow=("bjorn3",),
    ),
)  # fmt: skip
"""The rows that are a table of calls."""

STREAM_BYTES = 256 << 20
STREAM_BATCHES = 8
STREAMS = tuple(
    Row(
        name, STREAM_BYTES // STREAM_BATCHES // size, ("fd_write", str(size)), STREAM_BATCHES, rounds=1,
        longer={},
    )
    for name, size in (("64 B", 64), ("4 KiB", 4096), ("64 KiB", 65536), ("1 MiB", 1 << 20))
)  # fmt: skip
"""256 MiB of standard output in writes of one size, in eight parts: the last must not be slower than the first."""

GROWTH = (
    Row("1 GiB of appends of 4 KiB to one file", 32_768, ("grow", "4096"), 8, ("plain",), rounds=1),
    Row("10 MB of stdin, byte by byte", 1_250_000, ("stdin", "1"), 8, ("plain",), rounds=1,
        setting={"stdinBytes": 10 * MEGABYTE}),
    Row("100 000 names made in one directory", 12_500, ("create",), 8, ("plain",), rounds=1),
)  # fmt: skip
"""Work that grows: a call must cost at the end what it cost at the beginning."""

SLEEPS = tuple(
    Row(f"sleep {milliseconds} ms", 1, ("sleep", str(milliseconds * 1000)), 20, OURS, unit="ms", scale=1e-6, rounds=1)
    for milliseconds in (1, 10, 100)
)
"""How long a sleep really lasts."""

WAIT_SECONDS = 4.0
WAITS = (
    Row("asleep", 1, ("sleep", "4000000"), 1, ("controllable", "plain", "bjorn3")),
    Row("blocked on stdin", 1, ("drain", "100"), 1, OURS, setting={"stdinOpenMilliseconds": 4000}),
)
"""What a program that waits costs: the processor time of the whole page in relation to the time that passes."""

COMPUTE = Row(
    "compute", 1, ("300", "60"), hosts=(*OURS, BARE), unit="ms", scale=1e-6, rounds=6, program="bench_compute"
)
"""Lists, matrices, a state machine and CRCs; the speed under our host in relation to no host at all."""
COMPUTE_GOAL = 0.98

START_PROGRAM = "empty"
START_HOSTS = (*OURS, BARE, *PEERS)
START_ROUNDS = 4
START_TIMES = 8
"""An empty program from the module's bytes to its exit, seen from the page: the first in a worker whose script stands,
and those after it in the same worker."""
START_GOAL_MILLISECONDS = 5.0
