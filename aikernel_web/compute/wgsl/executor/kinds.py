"""The scalars of WGSL as NumPy has them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from ..types import BOOL, F16, F32, I32, U32, Scalar, Type
from ..values import component_of

Kind: TypeAlias = type[np.generic]

KINDS: Mapping[Scalar, Any] = MappingProxyType(
    {BOOL: np.bool_, I32: np.int32, U32: np.uint32, F32: np.float32, F16: np.float16}
)
"""By scalar the type of a NumPy scalar; `numpy.dtype` of it is that of arrays."""


def component(kind: Type | None) -> Scalar:
    """Return the scalar that a scalar, a vector or a matrix is made of."""
    found = component_of(kind)
    if found is None:
        raise TypeError(f"{kind} has no components")
    return found
