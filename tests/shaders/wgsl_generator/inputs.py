"""What a generated kernel is given, and how two results of it are held against each other.

This module runs in the page's interpreter too: it takes NumPy and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

COUNTERS: Final = 8
TOLERANCE: Final = 4e-3
"""Of unit floats. WGSL lets `sin` and `cos` be wrong by 2**-11 (section 15.7.4), and a few of them may add up."""

_EDGES_I: Final = (0, -1, 1, 2**31 - 1, -(2**31), 31, 32, -7)
_EDGES_U: Final = (0, 1, 2, 31, 32, 2**31, 2**32 - 1, 0xFF00FF00)


def bindings(invocations: int, record: list[Any], seed: int) -> dict[str, Any]:
    """Return arrays and numbers for all of a kernel's bindings; ``record`` is the dtype of its records."""
    random = np.random.default_rng(seed)
    unsigned = random.integers(0, 2**32, invocations, np.uint32) >> random.integers(0, 32, invocations, np.uint32)
    signed = random.integers(-(2**31), 2**31, invocations, np.int32) >> random.integers(0, 32, invocations, np.int32)
    places = random.integers(0, len(_EDGES_U), invocations)
    unsigned = np.where(random.random(invocations) < 0.3, np.array(_EDGES_U, np.uint32)[places], unsigned)
    signed = np.where(random.random(invocations) < 0.3, np.array(_EDGES_I, np.int32)[places], signed)
    params = {
        "a": int(unsigned[0]),
        "b": int(signed[-1]),
        "c": 0.75,
        "d": tuple(int(number) for number in random.integers(0, 2**32, 3)),
        "e": float(random.integers(-800, 800)) / 8,
    }
    records = np.zeros(invocations, np.dtype(record))
    _fill(records, random)
    return {
        "params": params,
        "in_u": unsigned.astype(np.uint32),
        "in_i": signed.astype(np.int32),
        "in_f": random.uniform(-1, 1, invocations).astype(np.float32),
        "out_u": np.zeros(4 * invocations, np.uint32),
        "out_i": np.zeros(4 * invocations, np.int32),
        "out_f": np.zeros(4 * invocations, np.float32),
        "counts": np.arange(COUNTERS, dtype=np.uint32),
        "records": records,
    }


def _fill(array: Any, random: np.random.Generator) -> None:
    """Give all numbers of an array values; floats are exact ones, and unit ones."""
    if array.dtype.names is not None:
        for name in array.dtype.names:
            _fill(array[name], random)
    elif array.dtype.kind == "f":
        array[...] = random.integers(-8, 9, array.shape) / 8
    else:
        array[...] = random.integers(0, 2**32, array.shape, np.uint32).view(array.dtype)


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return in words what two results do not agree about; nothing where they do."""
    found = []
    for name in ("out_u", "out_i", "counts"):
        found += _told(name, one[name], other[name], one[name] != other[name])
    a, b = one["out_f"].reshape(-1, 4), other["out_f"].reshape(-1, 4)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= TOLERANCE
    close[:, :2] = False
    found += _told("out_f", a.ravel(), b.ravel(), ~(same | close).ravel())
    return [*found, *_of_records("records", one["records"], other["records"])]


def _of_records(name: str, one: Any, other: Any) -> list[str]:
    if one.dtype.names is not None:
        return [line for part in one.dtype.names for line in _of_records(f"{name}.{part}", one[part], other[part])]
    one, other = np.ascontiguousarray(one).ravel(), np.ascontiguousarray(other).ravel()
    wrong = one != other
    if one.dtype.kind == "f":
        wrong &= ~(np.abs(one - other) <= TOLERANCE) & ~(np.isnan(one) & np.isnan(other))
    return _told(name, one, other, wrong)


def _told(name: str, one: Any, other: Any, wrong: Any) -> list[str]:
    at = np.flatnonzero(wrong)
    if not at.size:
        return []
    first = int(at[0])
    return [f"{name}[{first}] is {one[first]} and {other[first]}; {at.size} of {one.size} differ"]
