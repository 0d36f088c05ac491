"""What is measured, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NO_SLOWER: Final = 1.05
"""Of JavaScript's time: what runs by turns on a machine of two cores differs by as much from itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task of the contestants."""

    name: str
    task: str
    count: int
    """Acts in a sample."""
    rounds: int = 15
    warm: int = 0
    """Acts before each sample, which are not measured."""
    each: int = 1
    """Things that one act does; figures are of one."""
    microseconds: float | None = None
    """The goal for ours."""
    ratio: float | None = None
    """The goal for ours, of JavaScript's."""
    ours: str | None = None
    """The task of ours, where it is another."""
    settled: bool = False
    """Whether the time ends when all acts of the sample have run, and not when the last one returns."""


ROWS: Final = (
    Row("one dispatch, until the call returns", "dispatch", 20, warm=5, microseconds=60),
    Row("one dispatch, its event told to the page", "dispatch", 20, warm=5, ours="dispatchWatched"),
    Row("one dispatch, until it has run", "dispatchRun", 10),
    # One at a time: a GPU in software runs on the cores that encode the next one.
    Row("one of 100 in a batch, until it returns", "batch", 1, rounds=31, warm=2, each=100, microseconds=5),
    Row("one of 100 in a batch, until they have run", "batchRun", 3, each=100),
    Row("upload of 4 B, 20 in a row", "upload4", 20, settled=True),
    Row("upload of 4 KiB, 20 in a row", "upload4096", 20, settled=True),
    Row("upload of 4 MiB, 5 in a row", "upload4194304", 5, settled=True, ratio=1.15),
    Row("upload of 64 MiB", "upload67108864", 1, settled=True, ratio=1.15),
    Row("read of 4 B", "read4", 20),
    Row("read of 4 KiB", "read4096", 20),
    Row("read of 4 MiB", "read4194304", 5, ratio=1.15),
    Row("read of 64 MiB", "read67108864", 1, ratio=1.15),
    Row("vector add of 1 M, arrays of the host", "addHost", 3),
    Row("vector add of 1 M, on the device", "addDevice", 5),
    Row("matmul of 1024 x 1024, on the device", "matmul", 1, rounds=5, ratio=NO_SLOWER),
    Row("sum of 1 M on the device, read", "sum", 5, ratio=NO_SLOWER),
)
