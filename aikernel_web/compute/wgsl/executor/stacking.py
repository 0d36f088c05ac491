"""Values of array types while they are made: arrays whose leading dimensions are those of WGSL's, the lanes behind."""

from __future__ import annotations

from typing import Any

import numpy as np

from .affine import whole


def stacked(*elements: Any) -> Any:
    """Return one array of the leaves of an array's elements, in their order.

    Elements are scalars of all lanes, or arrays of (..., r, c) where the element type is an array itself.
    """
    parts = [np.atleast_2d(whole(element)) for element in elements]
    extent = np.broadcast_shapes(*(part.shape for part in parts))
    made = np.empty((len(parts), *extent), parts[0].dtype)
    for at, part in enumerate(parts):
        made[at] = part
    return made
