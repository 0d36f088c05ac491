"""What is measured, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """A task. ``size`` is a side, or a number of elements; the interpreter has a smaller one, and is told by unit."""

    name: str
    task: str
    size: int
    interpreted: int
    unit: str
    power: int
    """Units of work are ``size`` to this power."""
    acts: int = 1
    """Acts in a sample of ours."""
    numpy: float | None = None
    """The goal: at most so many times as long as NumPy."""
    swiftshader: float | None = None
    """The goal: at most so many times as long as SwiftShader."""
    interpreter: float | None = None
    """The goal: at least so many times as fast as the interpreter."""

    def work(self, size: int) -> int:
        return int(size**self.power)


ROWS: Final = (
    Row("vector add, 1 M", "add", 2**20, 4096, "elements", 1, acts=5, numpy=3, interpreter=50),
    Row("matmul, 256 x 256, tiled", "matmul", 256, 32, "products", 3, swiftshader=20, interpreter=50),
    Row("reduction, 1 M", "sum", 2**20, 4096, "elements", 1, acts=3, interpreter=50),
    Row("Mandelbrot, 512 x 512", "mandelbrot", 512, 32, "pixels", 2, interpreter=50),
)
