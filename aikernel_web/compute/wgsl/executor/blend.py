"""Values chosen lane by lane."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from .affine import whole

_BITS: Mapping[type[np.generic], type[np.signedinteger[Any]]] = MappingProxyType(
    {np.int32: np.int32, np.uint32: np.int32, np.float32: np.int32, np.float16: np.int16}
)
_CHOOSES: Final = sys.platform == "emscripten"
"""Whether `numpy.where` takes no branch for each lane: WebAssembly has an instruction that selects."""


def blend(condition: Any, new: Any, old: Any) -> Any:
    """Return ``new`` in lanes where the condition holds and ``old`` elsewhere: two leaves of one kind.

    On processors the bits are mixed by a mask instead of `numpy.where`, which takes a branch for each lane there:
    several times as long where neighbours differ.
    """
    if isinstance(condition, np.bool_):
        return new if condition else old
    if new is old:
        return new
    new, old = whole(new), whole(old)
    kind = new.dtype.type
    if kind is np.bool_:
        return (new & condition) | (old & ~condition)
    if _CHOOSES:
        return np.where(condition, new, old)
    bits = _BITS[kind]
    mask = (-condition.view(np.int8)).astype(bits)
    under = old.view(bits)
    return (((new.view(bits) ^ under) & mask) ^ under).view(kind)
