"""Masks: which lanes of a chunk are active.

A mask is True (all), False (none), or an array of bools that broadcasts to the shape of the lanes. Identity is meaning:
an operation that loses no lane returns the very object it was given, so that ``is`` tells whether any lane left.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = bool | NDArray[np.bool_]
Condition: TypeAlias = np.bool_ | NDArray[np.bool_]

_ONE = np.bool_
_count = np.count_nonzero


def both(mask: Mask, condition: Condition) -> Mask:
    """Return the lanes of ``mask`` for which the condition holds."""
    if isinstance(condition, _ONE):
        return mask if condition else False
    if mask is True:
        count = _count(condition)
        return condition if 0 < count < condition.size else bool(count)
    if mask is False:
        return False
    kept = mask & condition
    count = _count(kept)
    if not count:
        return False
    # The shapes differ where the one varies along rows and the other along columns.
    return mask if count * mask.size == _count(mask) * kept.size else kept


def without(mask: Mask, condition: Condition) -> Mask:
    """Return the lanes of ``mask`` for which the condition does not hold."""
    return both(mask, ~condition)


def split(mask: Mask, condition: Condition) -> tuple[Mask, Mask]:
    """Return `both` and `without`."""
    if isinstance(condition, _ONE):
        return (mask, False) if condition else (False, mask)
    chosen = both(mask, condition)
    if chosen is mask:
        return mask, False
    if chosen is False:
        return False, mask
    if mask is True:
        return chosen, ~condition
    return chosen, mask & ~condition


def either(left: Mask, right: Mask) -> Mask:
    """Return the lanes of two masks."""
    if left is False:
        return right
    if right is False or left is right:
        return left
    if left is True or right is True:
        return True
    return left | right


def rejoin(mask: Mask, left: Mask, right: Mask) -> Mask:
    """Return the lanes of two masks that have lanes of ``mask`` only: ``mask`` itself where they have all of them."""
    if left is mask or right is mask:
        return mask
    joined = either(left, right)
    if isinstance(joined, bool):
        return joined
    count = _count(joined)
    if mask is True:
        return True if count == joined.size else joined
    whole: Any = mask
    return mask if count * whole.size == _count(whole) * joined.size else joined


def minus(mask: Mask, gone: Mask) -> Mask:
    """Return the lanes of ``mask`` that are not in ``gone``."""
    if gone is False:
        return mask
    if gone is True or gone is mask:
        return False
    return both(mask, ~gone)
