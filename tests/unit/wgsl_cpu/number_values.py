"""Numbers that operations on the CPU are tried with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from wgsl_intervals import F16 as HALF
from wgsl_intervals import F32 as SINGLE
from wgsl_intervals import Format

from aikernel_web.compute.wgsl.types import F16, F32

FORMATS = ((F32, SINGLE), (F16, HALF))
EDGES = [
    0.0, 1.0, 1.5, 2.5, 0.5, 0.1, 3.0, 10.0, 88.7, 127.5, 1e5, 1e20, 1e-20, 0.99999994, 1.0000001, 3.1415927, 1.5707964,
    65504.0, 3.4028235e38, 1.1754944e-38, 6.1e-5, 1e-40, 1e-45, 6e-8, np.inf, np.nan,
]  # fmt: skip
INTEGERS = [0, 1, 2, 3, 7, 31, 32, 33, 255, 65535, 0x12345678, 1000003, (1 << 31) - 1]


def floats(form: Format, count: int = 400) -> NDArray[Any]:
    """Edge values of both signs, any bits, and ordinary numbers."""
    random = np.random.default_rng(count)
    bits = random.integers(0, 1 << 16, count * 2, dtype=np.uint16).view(form.kind)[:count]
    with np.errstate(all="ignore"):
        edges = np.array(EDGES + [-edge for edge in EDGES]).astype(form.kind)
    usual = random.normal(0, 3, count), random.uniform(0, 1, count)
    return np.concatenate([edges, bits, *(part.astype(form.kind) for part in usual)])


def integers(kind: type[np.generic]) -> NDArray[Any]:
    both = np.array(INTEGERS + [-number for number in INTEGERS] + [-(1 << 31)], np.int64)
    return both.astype(np.int32).view(kind)


def crossed(*values: NDArray[Any]) -> list[NDArray[Any]]:
    """Every combination, as lanes of one row."""
    return [mesh.reshape(1, -1) for mesh in np.meshgrid(*values, indexing="ij")]


def vector(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(map(np.float32, numbers))
