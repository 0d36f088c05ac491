"""The contestants in the kernel's interpreter: a provider's dispatch, on the CPU and on SwiftShader, and NumPy.

The text of this module runs there, with those of its neighbours `shaders` and `rows`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .rows import Row
from .shaders import ADD, MANDELBROT, MATMUL, SUM, text

GROUP, BLOCK, TILE, SQUARE = 64, 256, 16, 8
LIMIT = 100


def vector(size: int, period: int) -> Any:
    return (np.arange(size) % period / period).astype(np.float32)


def given(row: Row, size: int) -> tuple[str, dict[str, Any], tuple[int, ...]]:
    """Return a task's shader, its arrays, and its workgroups."""
    if row.task == "add":
        return (
            text(ADD, size),
            {"a": vector(size, 1000), "b": vector(size, 777), "out": np.zeros(size, np.float32)},
            (size // GROUP,),
        )
    if row.task == "sum":
        return text(SUM, size), {"a": vector(size, 1000), "out": np.zeros(size // BLOCK, np.float32)}, (size // BLOCK,)
    if row.task == "matmul":
        arrays = {"a": vector(size**2, 1000), "b": vector(size**2, 777), "out": np.zeros(size**2, np.float32)}
        return text(MATMUL, size), arrays, (size // TILE,) * 2
    return text(MANDELBROT, size), {"out": np.zeros(size**2, np.uint32)}, (size // SQUARE,) * 2


def by_hand(row: Row, arrays: dict[str, Any]) -> Callable[[], Any]:
    """Return what does the task with NumPy, into the same array."""
    out = arrays["out"]
    if row.task == "add":
        return lambda: np.add(arrays["a"], arrays["b"], out=out)
    if row.task == "sum":
        blocks = arrays["a"].reshape(-1, BLOCK)
        return lambda: np.sum(blocks, axis=1, out=out)
    if row.task == "matmul":
        a, b, product = (arrays[name].reshape(row.size, row.size) for name in ("a", "b", "out"))
        return lambda: np.matmul(a, b, out=product)
    return lambda: np.copyto(out, mandelbrot(row.size).ravel())


def mandelbrot(side: int) -> Any:
    """Count the rounds until a point is far away, as one writes that: points that are gone are left out."""
    cx, cy = np.meshgrid(
        np.float32(-2) + np.float32(2.5) * np.arange(side, dtype=np.float32) / np.float32(side),
        np.float32(-1.25) + np.float32(2.5) * np.arange(side, dtype=np.float32) / np.float32(side),
    )
    counts = np.zeros(side * side, np.uint32)
    at, cx, cy = np.arange(side * side), cx.ravel(), cy.ravel()
    x, y = np.zeros_like(cx), np.zeros_like(cy)
    for _ in range(LIMIT):
        near = x * x + y * y <= 4
        at, x, y, cx, cy = at[near], x[near], y[near], cx[near], cy[near]
        counts[at] += 1
        x, y = x * x - y * y + cx, 2 * x * y + cy
    return counts.reshape(side, side)


class Dispatched:
    """A task on a provider, whose arrays stay where it has them."""

    def __init__(self, gpu: Any, row: Row) -> None:
        self._gpu, self._row = gpu, row

    async def prepare(self) -> None:
        wgsl, arrays, self._groups = given(self._row, self._row.size)
        self._kernel = await self._gpu.compile(wgsl)
        self._arrays = {name: await self._gpu.to_device(array) for name, array in arrays.items()}

    async def act(self) -> None:
        await self._gpu.dispatch(self._kernel, self._arrays, workgroups=self._groups, keep=True)
        await self._gpu.synchronize()

    async def result(self) -> Any:
        return await self._arrays["out"].read()


class ByHand:
    """A task with NumPy."""

    def __init__(self, row: Row) -> None:
        self._row = row

    async def prepare(self) -> None:
        _, self._arrays, _ = given(self._row, self._row.size)
        self._act = by_hand(self._row, self._arrays)

    async def act(self) -> None:
        self._act()

    async def result(self) -> Any:
        return self._arrays["out"]


async def seconds(contestant: Any, acts: int) -> float:
    """Return the seconds that one act takes."""
    start = time.perf_counter()
    for _ in range(acts):
        await contestant.act()
    return (time.perf_counter() - start) / acts


async def check(contestants: dict[str, Any], row: Row) -> str:
    """Return in words who has computed something else than NumPy; nothing where all agree."""
    expected = await contestants["NumPy"].result()
    wrong = []
    for name, contestant in contestants.items():
        result = (await contestant.result()).ravel()
        if row.task == "mandelbrot":
            # A last bit decides near the rim of the set.
            fine = np.mean(result != expected) < 0.01
        else:
            fine = np.allclose(result, expected, rtol=1e-4)
        if not fine:
            wrong.append(name)
    return ", ".join(wrong)
