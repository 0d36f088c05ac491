"""Running a ready shader's twin over the memory that the shader would be bound to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .shader import ReadyShader

_DTYPES: Mapping[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "i32": np.dtype(np.int32),
    "u32": np.dtype(np.uint32),
}
_PARAMS = "params"


def run_twin(
    shader: ReadyShader, size: int, memory: Mapping[str, NDArray[np.uint8]], groups: tuple[int, int, int]
) -> bool:
    """Do what the shader does with the bytes bound to its variables; ``size`` are a workgroup's invocations along x.

    Returns whether it did: not where the arrays are smaller than ``params`` tell, which only the shader itself is for.
    """
    values: dict[str, Any] = {}
    for name, element in shader.arrays.items():
        dtype, raw = _DTYPES[element], memory[name]
        values[name] = raw[: raw.size - raw.size % dtype.itemsize].view(dtype)
    if shader.params:
        members = np.dtype([(name, _DTYPES[element]) for name, element in shader.params.items()])
        record = memory[_PARAMS][: members.itemsize].view(members)[0]
        values[_PARAMS] = {name: record[name] for name in shader.params}
    if not shader.fits(values):
        return False
    x, y, z = groups
    reach = x * size if shader.elementwise else x
    if reach and y and z:
        # As on a GPU, overflow and invalid operations give infinities and NaN, and no warnings.
        with np.errstate(all="ignore"):
            shader.run(values, reach, y * z)
    return True
