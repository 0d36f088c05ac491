"""The tasks with NumPy, in the kernel's interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np

from .in_kernel import BATCH, SIDE, SIZES, SOURCES, STEPS, TARGETS, Contestant, X, Y


async def with_numpy() -> Contestant:
    here, there = np.zeros(STEPS, np.uint32), np.zeros(STEPS, np.uint32)
    one = np.uint32(1)
    a, b = X.reshape(SIDE, SIDE), Y.reshape(SIDE, SIDE)
    kept: dict[str, Any] = {}

    def dispatch() -> None:
        np.add(here, one, out=there)

    def batch() -> None:
        for _ in range(BATCH // 2):
            np.add(here, one, out=there)
            np.add(there, one, out=here)

    def add() -> None:
        kept["add"] = X + Y

    def matmul() -> None:
        kept["matmul"] = a @ b

    def total() -> None:
        kept["sum"] = X.sum()

    tasks = {
        "dispatch": dispatch,
        "dispatchRun": dispatch,
        "batch": batch,
        "batchRun": batch,
        "addHost": add,
        "addDevice": add,
        "matmul": matmul,
        "sum": total,
    }
    for size in SIZES:
        tasks[f"upload{size}"] = tasks[f"read{size}"] = lambda size=size: np.copyto(TARGETS[size], SOURCES[size])

    async def added() -> Any:
        return kept["add"][1000:1004]

    async def product() -> Any:
        return kept["matmul"][0, :4]

    async def summed() -> Any:
        return [kept["sum"]]

    results = {"addHost": added, "matmul": product, "sum": summed}
    return Contestant(tasks, results)
