"""The values that functions are asked about."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MOST: Final = float(np.finfo(np.float32).max)
FLOATS: Final = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 3.0, -7.25, 100.0, 2.0**23, 2.0**23 + 1, -(2.0**31), 2.0**31,
    2.0**32, 1e-10, -1e10, np.pi, _MOST, -_MOST, 2.0**-126, -(2.0**-126), 2.0**-149, -1e-40, np.inf, -np.inf, np.nan,
    65504.0, 65520.0, 1e-5, 6e-8, 1 - 2.0**-24, 1 + 2.0**-23,
)  # fmt: skip
FEW_FLOATS: Final = (0.0, -0.0, 1.0, -1.5, 0.25, 3e38, -1e-20, 1e-40, np.inf, -np.inf, np.nan, 7.0)
SIGNED: Final = (
    0,
    1,
    -1,
    2,
    -7,
    31,
    32,
    33,
    255,
    -128,
    65536,
    2**31 - 1,
    -(2**31),
    -(2**31) + 1,
    0x12345678,
    -0x01020305,
)
UNSIGNED: Final = (
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    255,
    256,
    65535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    0x12345678,
    0xDEADBEEF,
    0x00FF00FF,
)
BOOLS: Final = (0, 1)

_DTYPES: Final = {"f": np.float32, "i": np.int32, "u": np.uint32, "b": np.uint32}
_RANDOM: Final = 64


def crossed(kinds: str) -> list[NDArray[Any]]:
    """Return an array for each kind: all combinations of edges, and random values behind; a multiple of 4 elements."""
    edges = [_edges(kind, few=len(kinds) > 2) for kind in kinds]
    grids = [grid.ravel() for grid in np.meshgrid(*edges, indexing="ij")]
    arrays = [
        np.concatenate([grid, _random(kind, at)]) for at, (grid, kind) in enumerate(zip(grids, kinds, strict=True))
    ]
    rest = -len(arrays[0]) % 4
    return [np.concatenate([array, array[:rest]]) for array in arrays]


def vectors(kind: str, count: int, numbers: int, seed: int) -> NDArray[Any]:
    """Return ``count`` vectors (or matrices, flat) of so many numbers: random ones, and some with edges."""
    array = np.concatenate([_random(kind, seed + at) for at in range(-(-count * numbers // _RANDOM))])[
        : count * numbers
    ]
    random = np.random.default_rng(seed)
    edges = _edges(kind, few=True)
    strange = random.random(array.size) < 0.15
    strange[: array.size // 2] = False
    return np.where(strange, edges[random.integers(0, len(edges), array.size)], array).astype(array.dtype)


def _edges(kind: str, *, few: bool) -> NDArray[Any]:
    values: Any = {"f": FEW_FLOATS if few else FLOATS, "i": SIGNED, "u": UNSIGNED, "b": BOOLS}[kind]
    return np.array(values, np.float64 if kind == "f" else np.int64).astype(_DTYPES[kind])


def _random(kind: str, seed: int) -> NDArray[Any]:
    random = np.random.default_rng(seed + 100)
    if kind == "f":
        magnitudes = np.exp2(random.uniform(-6, 6, _RANDOM))
        return (magnitudes * random.choice([-1, 1], _RANDOM)).astype(np.float32)
    if kind == "b":
        return random.integers(0, 2, _RANDOM, np.uint32)
    return random.integers(0, 2**32, _RANDOM, np.uint32).view(_DTYPES[kind])
